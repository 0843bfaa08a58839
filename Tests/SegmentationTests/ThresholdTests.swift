import Arrays
import Execution
import Testing
import Segmentation

@Suite struct ThresholdTests {
  private func plain(_ values: NDArray, _ limit: Double) throws -> [Bool] {
    func go<T: Element>(_: T.Type) throws -> [Bool] { try values.elements(T.self).map { $0.double > limit } }
    return try go(values.dtype.type)
  }

  @Test func everyType() throws {
    for dtype in DType.allCases {
      let values = try randomLabels(dtype, [7, 11], values: dtype == .bool ? 2 : 100, seed: 1)
      for limit in [-Double.infinity, -1e30, -1, -0.5, 0, 0.1, 0.5, 1, 2.5, 50, 126, 127, 254.9, 1e19, 1e30, .infinity] {
        #expect(try threshold(values, above: limit, alone).elements(Bool.self) == plain(values, limit), "\(dtype) \(limit)")
        #expect(try threshold(values, above: limit, crowd).elements(Bool.self) == plain(values, limit), "\(dtype) \(limit)")
      }
    }
  }

  @Test func edgesOfTypes() throws {
    #expect(try threshold(NDArray([UInt64.max, UInt64.max - 1], [2]), above: 18446744073709549568, alone).elements(Bool.self) == [true, true])
    #expect(try threshold(NDArray([Int64.min, Int64.max], [2]), above: -0x1p63, alone).elements(Bool.self) == [false, true])
    // the threshold lies between two neighbours of float32
    let low: Float = 0.1, high = low.nextUp
    #expect(try threshold(NDArray([low, high, .nan], [3]), above: (Double(low) + Double(high)) / 2, alone).elements(Bool.self) == [false, true, false])
    #expect(try threshold(NDArray([low], [1]), above: Double(low), alone).elements(Bool.self) == [false])
    #expect(try threshold(NDArray([low], [1]), above: Double(low).nextDown, alone).elements(Bool.self) == [true])
  }

  @Test func sweepIsThresholdThenConfusion() throws {
    var random = KeyedGenerator(seed: 8, purpose: "sweep")
    for round in 0..<200 {
      let shape = randomShape(&random, upTo: 30, rank: 2)
      let scores = round % 3 == 0 ? try randomLabels(.uint8, shape, values: 50, seed: UInt64(round)) : try randomFloats(shape, seed: UInt64(round))
      let truth = try randomLabels(.bool, shape, seed: UInt64(round + 100)), mask = round % 2 == 0 ? nil : try randomLabels(.uint8, shape, seed: UInt64(round + 200))
      let limits = (0..<random.index(below: 6)).map { _ in random.uniform(-3, 10) }
      let expected = try limits.map { try plainConfusion(threshold(scores, above: $0, alone), truth, mask: mask) }
      #expect(try confusionSweep(scores, truth, thresholds: limits, mask: mask, alone) == expected)
      #expect(try confusionSweep(scores, truth, thresholds: limits, mask: mask, crowd) == expected)
    }
  }

  @Test func argmaxTakesTheFirstOfEquals() throws {
    var random = KeyedGenerator(seed: 9, purpose: "argmax")
    for round in 0..<200 {
      let channels = [1, 2, 3, 256, 300][random.index(below: 5)], shape = [channels] + randomShape(&random, upTo: 9, rank: 2)
      let scores = round % 2 == 0 ? try randomFloats(shape, seed: UInt64(round)) : try randomLabels(.uint8, shape, values: 3, seed: UInt64(round))
      let count = shape[1] * shape[2], values = try scores.asFloats().elements(Float.self)
      let expected = (0..<count).map { i in (0..<channels).reduce(0) { values[$1 * count + i] > values[$0 * count + i] ? $1 : $0 } }
      let found = try argmax(scores, round % 3 == 0 ? crowd : alone)
      #expect(found.dtype == (channels <= 256 ? .uint8 : .uint16) && found.shape == Array(shape.dropFirst()))
      #expect(try plainIds(found).map(Int.init) == expected)
    }
  }

  @Test(arguments: [DType.uint32, .int32, .uint64, .int64, .float64]) func argmaxTellsApartWhatFloat32CannotHold(_ dtype: DType) throws {
    let scores = try NDArray([16_777_216, 16_777_217, 16_777_217, 16_777_217, 16_777_216, 16_777_218] as [Double], [3, 2]).cast(to: dtype)
    #expect(try argmax(scores, alone).elements(UInt8.self) == [1, 2])
    #expect(try argmax(NDArray([.nan, -.infinity, 1, .nan] as [Double], [2, 2]), alone).elements(UInt8.self) == [1, 0])
  }

  @Test func refusals() throws {
    #expect(throws: SegmentationError.self) { try threshold(NDArray(.float32, [2]), above: .nan, alone) }
    #expect(throws: SegmentationError.self) { try argmax(NDArray(.float32, [2]), alone) }
    #expect(throws: SegmentationError.self) { try argmax(NDArray(.float32, [0, 2]), alone) }
    #expect(throws: SegmentationError.self) { try confusionSweep(NDArray(.float32, [2]), NDArray(.float32, [2]), thresholds: [0], alone) }
  }
}
