import Arrays
import Execution
import Geometry
import Glibc
import TestSupport
import Testing

private typealias E = ArrayExpression

/// The same array cut in many ways and reduced by one, two and three threads.
private func everyCut(_ array: NDArray) throws -> [(E, ExecutionContext)] {
  let chunkings = [[1, 1, 4], [2, 3, 5], [7, 7, 7], [64, 64, 64]].map { chunks in E(ChunkedSource(array, chunks: Array(chunks.suffix(array.rank)))) }
  let contexts = (1...3).map { ExecutionContext(pool: ThreadPool(threads: $0)) }
  return ([E(array)] + chunkings).flatMap { e in contexts.map { (e, $0) } }
}

@Suite struct ReductionTests {
  @Test(arguments: DType.allCases) func momentsEqualANaiveLoop(_ dtype: DType) throws {
    for count in edgeLengths(1024) where count > 0 {
      let a = try randomArray(dtype, [count], seed: 1), values = try (0..<count).map { try a.exact($0) }
      let sum = try E(a).sum(serial)
      if dtype.isFloat {
        expectClose(sum.double, values.reduce(0) { $0 + $1.double }, absolute: 1e-9)
      } else {
        #expect(sum == .int(values.reduce(0) { $0 + ($1.integer ?? 0) }))
      }
      let mean = values.reduce(0) { $0 + $1.double } / Double(count)
      let variance = values.reduce(0) { $0 + ($1.double - mean) * ($1.double - mean) } / Double(count)
      expectClose(try E(a).mean(serial), mean, relative: 1e-12)
      expectClose(try E(a).std(serial), variance.squareRoot(), relative: 1e-11)
      let (low, high) = try E(a).minMax(serial)
      #expect(low.double == values.map(\.double).min() && high.double == values.map(\.double).max())
    }
  }

  /// Values that lose their low bits in any plain sum: the result is the same to the last bit however the array is cut.
  @Test(arguments: [DType.float32, .float64, .float16]) func sumsDoNotDependOnTheCut(_ dtype: DType) throws {
    var generator = KeyedGenerator(seed: 3, purpose: "cut")
    let shape = [5, 17, 61]
    let range: ClosedRange<Int32> = dtype == .float16 ? -10...4 : dtype == .float32 ? -60...60 : -500...500
    let values = (0..<shape.reduce(1, *)).map { _ in scalbn(generator.normal(), Int32.random(in: range, using: &generator)) }
    let a = try NDArray(values, shape).cast(to: dtype)
    let expected = (try E(a).sum(serial), try E(a).mean(serial), try E(a).std(serial), try E(a).minMax(serial))
    for (e, context) in try everyCut(a) {
      #expect(try e.sum(context) == expected.0 && e.mean(context) == expected.1 && e.std(context) == expected.2)
      let (low, high) = try e.minMax(context)
      #expect(low == expected.3.min && high == expected.3.max)
    }
    var exact = ExactSum()
    for value in try a.cast(to: .float64).elements(Double.self) { exact.add(value) }
    #expect(expected.0 == .float(exact.value))
  }

  @Test func nothingCancels() throws {
    func std(_ values: [Double]) throws -> Double { try E(NDArray(values, [values.count])).std(serial) }
    #expect(try std([1e9, 1e9 + 1, 1e9 + 2]) == (2.0 / 3).squareRoot())
    #expect(try std([1e15, 1e15 + 2]) == 1)
    #expect(try std([5, 5, 5, 5]) == 0)
    #expect(try std([1e200, -1e200]) == .infinity)
    #expect(try E(NDArray([1e16, 1, -1e16], [3])).sum(serial) == .float(1))
    #expect(try E(NDArray([Int64.max, Int64.max, 1], [3])).sum(serial) == .int(2 * Int128(Int64.max) + 1))
    #expect(try E(NDArray([UInt64.max, .max - 2], [2])).std(serial) == 1)
    #expect(try E(NDArray([Int64.max, .max - 2], [2])).std(serial) == 1)
    #expect(try E(NDArray([UInt32.max, .max - 2], [2])).std(serial) == 1)
  }

  @Test func whatIsNotFinitePropagates() throws {
    func check(_ values: [Float], sum: Double, low: Double, high: Double) throws {
      let e = E(try NDArray(values, [values.count])), range = try e.minMax(serial)
      expectClose(try e.sum(serial).double, sum)
      expectClose(range.min.double, low)
      expectClose(range.max.double, high)
    }
    try check([1, .nan, 3], sum: .nan, low: .nan, high: .nan)
    try check([1, .infinity, 3], sum: .infinity, low: 1, high: .infinity)
    try check([1, -.infinity, 3], sum: -.infinity, low: -.infinity, high: 3)
    try check([.infinity, -.infinity], sum: .nan, low: -.infinity, high: .infinity)
    try check([.infinity], sum: .infinity, low: .infinity, high: .infinity)
    #expect(try E(NDArray([Float.infinity, 1], [2])).std(serial).isNaN)
    #expect(try E(NDArray([0, -0.0, 0] as [Float], [3])).minMax(serial).min == .float(-0.0))
  }

  /// What fills the sums of long strips to the brim, and an odd one behind.
  @Test(arguments: [DType.bool, .uint8, .int8, .uint16, .int16, .uint32, .uint64]) func longStripsDoNotOverflow(_ dtype: DType) throws {
    let count = 100_003, bounds = try #require(dtype.bounds)
    for value in [bounds.lowerBound, bounds.upperBound] {
      let a = E(try NDArray.filled(dtype == .bool ? .bool(value != 0) : .int(value), dtype, [count]))
      #expect(try a.sum(serial) == .int(value * Int128(count)) && a.std(serial) == 0)
    }
  }

  @Test(arguments: [DType.float16, .float32, .float64]) func endsOfLongStripsWithSpecialValues(_ dtype: DType) throws {
    var values = (0..<70_001).map { Double(($0 * 7919) % 2001) / 8 - 100 }
    func range() throws -> (min: Scalar, max: Scalar) { try E(NDArray(values, [values.count]).cast(to: dtype)).minMax(serial) }
    #expect(try range() == (.float(-100), .float(150)))
    values[50_000] = -.infinity
    #expect(try range() == (.float(-.infinity), .float(150)))
    values[3] = .infinity
    let finite = try #require(try E(NDArray(values, [values.count]).cast(to: dtype)).finiteRange(serial))
    #expect(finite == (-100, 150))
    values[69_999] = -.nan
    #expect(try range().min.double.isNaN && range().max.double.isNaN)
  }

  /// A thread that met nothing finite adds nothing to the range.
  @Test func partsWithoutFiniteValues() throws {
    var values = [Float](repeating: .nan, count: 1 << 20)
    for i in 1 << 19..<1 << 20 { values[i] = i % 2 == 0 ? .infinity : Float(i % 5) }
    let a = E(try NDArray(values, [1 << 20]))
    for threads in 1...4 { #expect(try #require(try a.finiteRange(ExecutionContext(pool: ThreadPool(threads: threads)))) == (0, 4)) }
  }

  @Test func uniqueIsStopped() throws {
    let cancellation = Cancellation(), a = E(try NDArray((0..<300_000).map { UInt32($0) }, [300_000])), context = ExecutionContext(pool: ThreadPool(threads: 2), cancellation: cancellation)
    #expect(try a.unique(context).values.count == 300_000)
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try a.unique(context) }
  }

  @Test func emptyArrays() throws {
    let empty = E(try NDArray(.float32, [0, 3]))
    #expect(try empty.sum(serial) == .float(0))
    #expect(throws: ArrayError.empty("mean")) { try empty.mean(serial) }
    #expect(throws: ArrayError.empty("min and max")) { try empty.minMax(serial) }
    #expect(throws: ArrayError.empty("percentile")) { try empty.percentile(50, serial) }
    #expect(throws: ArrayError.empty("histogram")) { try empty.histogram(serial) }
    #expect(try empty.unique(serial).values.count == 0)
    #expect(try empty.stats(serial).count == 0 && empty.stats(serial).median.isNaN && empty.stats(serial).min == nil)
    let none = E(try NDArray(.bool, [0]))
    #expect(try !none.any(serial) && none.all(serial))
  }

  @Test func truthsAreCounted() throws {
    for count in edgeLengths(1024) {
      let a = try randomArray(.bool, [count], seed: 8), expected = try a.elements(Bool.self).count { $0 }
      #expect(try E(a).count(serial) == expected)
      #expect(try E(a).any(serial) == (expected > 0) && E(a).all(serial) == (expected == count))
    }
    #expect(throws: ArrayError.dtype(expected: "bool", found: .uint8)) { try E(NDArray(.uint8, [3])).any(serial) }
  }

  @Test(arguments: DType.allCases) func percentilesEqualSorting(_ dtype: DType) throws {
    for count in [1, 2, 3, 5, 100, 1025] {
      let a = try randomArray(dtype, [count], seed: 5), sorted = try (0..<count).map { try a.exact($0).double }.sorted()
      let percents = [0, 1, 10, 37.5, 50, 99, 100]
      let expected = percents.map { percent in
        let spot = Double(count - 1) * (percent / 100), low = sorted[Int(spot)], high = sorted[min(count - 1, Int(spot.rounded(.up)))]
        return low == high ? low : low + (high - low) * (spot - spot.rounded(.down))
      }
      #expect(try E(a).percentiles(percents, serial) == expected, "\(dtype) \(count)")
    }
    #expect(throws: ArrayError.parameter("percentile", expected: "0 to 100", found: "101.0")) { try E(NDArray(dtype, [3])).percentile(101, serial) }
  }

  @Test(arguments: DType.allCases) func uniqueEqualsADictionary(_ dtype: DType) throws {
    let a = dtype == .bool ? try randomArray(.bool, [3, 40, 30], seed: 7) : try randomIntegers(dtype.isUnsigned ? 0...40 : -20...20, dtype, [3, 40, 30], seed: 7)
    var expected: [Double: Int64] = [:]
    for value in try a.cast(to: .float64).elements(Double.self) { expected[value, default: 0] += 1 }
    for (e, context) in try everyCut(a).prefix(6) {
      let (values, counts) = try e.unique(context)
      #expect(values.dtype == dtype)
      #expect(try values.cast(to: .float64).elements(Double.self) == expected.keys.sorted())
      #expect(try counts.elements(Int64.self) == expected.sorted { $0.key < $1.key }.map(\.value))
    }
  }

  @Test func uniqueAtTheEdges() throws {
    let (values, counts) = try E(NDArray([.nan, -0.0, 0, 1, -.nan, .infinity] as [Double], [6])).unique(serial)
    let found = try values.elements(Double.self)
    #expect(found[..<3] == [0, 1, .infinity] && found[3].isNaN)
    #expect(try counts.elements(Int64.self) == [2, 1, 1, 2])
    #expect(try E(NDArray([UInt64.max, 0, .max], [3])).unique(serial).values.elements(UInt64.self) == [0, .max])
    #expect(throws: ArrayError.overBudget(bytes: 1200, budget: 1000)) {
      try E(NDArray.arange(1000)).unique(ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 1000))
    }
  }

  @Test func histogramsEqualANaiveLoop() throws {
    for (bins, range) in [(1, (0.0, 1.0)), (10, (-1, 1)), (7, (-3, 0.3)), (100, (0.1, 0.2))] {
      let a = try NDArray((0..<3000).map { Double($0) * 0.001 - 1.5 } + [.nan, .infinity, -.infinity, range.0, range.1], [3005])
      let found = try E(a).histogram(bins: bins, range: range, serial)
      var counts = [Int](repeating: 0, count: bins), below = 0, above = 0
      for value in try a.elements(Double.self) where !value.isNaN {
        if value < range.0 { below += 1 } else if value > range.1 { above += 1 } else {
          counts[max(0, min(bins - 1, (found.edges.firstIndex { $0 > value } ?? bins + 1) - 1))] += 1
        }
      }
      #expect(found.counts == counts && found.below == below && found.above == above && found.nan == 1)
      #expect(found.edges.first == range.0 && found.edges.last == range.1 && found.edges.count == bins + 1)
    }
    #expect(try E(NDArray([3, 3, 3] as [UInt8], [3])).histogram(bins: 2, serial) == Histogram(edges: [2.5, 3, 3.5], counts: [0, 3], below: 0, above: 0, nan: 0))
    #expect(throws: ArrayError.parameter("bins", expected: "1 to 1,048,576", found: "0")) { try E(NDArray(.uint8, [3])).histogram(bins: 0, serial) }
    #expect(throws: ArrayError.parameter("range", expected: "a low and a high end", found: "1.0, nan")) { try E(NDArray(.uint8, [3])).histogram(range: (1, .nan), serial) }
  }

  @Test(arguments: [DType.uint8, .int16, .float32, .int64]) func statsReadEachChunkOnce(_ dtype: DType) throws {
    let a = try randomIntegers(0...120, dtype, [20, 40, 50], seed: 9), source = ChunkedSource(a, chunks: [8, 16, 16])
    let expected = try E(a).stats(serial)
    for threads in 1...3 {
      source.forget()
      #expect(try E(source).stats(ExecutionContext(pool: ThreadPool(threads: threads))) == expected)
      #expect(source.reads.count == source.chunkCount && source.reads.values.allSatisfy { $0 == 1 })
    }
    #expect(expected.count == 40_000 && expected.sampled == 40_000 && expected.histogram.reduce(0, +) == 40_000)
    let exact = try E(a).percentiles([1, 50, 99], serial)
    #expect([expected.p1, expected.median, expected.p99] == exact)
    let whole = (try E(a).min(serial), try E(a).mean(serial), try E(a).std(serial))
    #expect(expected.min == whole.0 && expected.mean == whole.1 && expected.std == whole.2)
  }

  @Test func statsLeaveOutWhatIsNotFinite() throws {
    let s = try E(NDArray([1, .nan, 3, .infinity, -.infinity, .nan] as [Float], [6])).stats(bins: 2, serial)
    #expect(s.nan == 2 && s.infinite == 2 && s.count == 6 && s.mean == 2 && s.std == 1 && s.min == .float(1) && s.max == .float(3) && s.median == 2)
    #expect(s.histogram == [1, 1])
    let none = try E(NDArray([Float.nan, .infinity], [2])).stats(serial)
    #expect(none.mean.isNaN && none.min == nil && none.histogram.isEmpty)
  }

  /// Above 65,536 values percentiles rest on a sample: the same for any cut, and near the truth.
  @Test func samplesDoNotDependOnTheCut() throws {
    let field = try RandomField(.normal(mean: 0, deviation: 1), seed: 1, purpose: "stats", shape: [9, 170, 200]).array()
    let expected = try E(field).stats(serial)
    #expect((1 << 15...1 << 16).contains(expected.sampled))
    for chunks in [[9, 170, 200], [4, 33, 64]] {
      #expect(try E(ChunkedSource(field, chunks: chunks)).stats(ExecutionContext(pool: ThreadPool(threads: 2))) == expected)
    }
    expectClose(expected.median, 0, absolute: 0.03)
    expectClose(expected.p1, -2.326, absolute: 0.1)
    expectClose(expected.p99, 2.326, absolute: 0.1)
  }

  @Test func reductionsOfExpressionsFuse() throws {
    let source = ChunkedSource(try randomIntegers(0...255, .uint8, [30, 40, 50], seed: 2), chunks: [16, 16, 16])
    let fraction = try E.compare(.greater, E.combine(.divide, E(source), E(.int(255))), E(.float(0.5))).mean(serial)
    let expected = try source.array.elements(UInt8.self).count { Float($0) / 255 > 0.5 }
    #expect(fraction == Double(expected) / 60_000)
    #expect(source.reads.values.allSatisfy { $0 == 1 })
    // Faults surface from reductions as they would from computing at once.
    #expect(throws: ArrayError.self) { try E(source).cast(to: .int8).sum(serial) }
  }
}
