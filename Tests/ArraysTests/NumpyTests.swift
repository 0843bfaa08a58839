import Arrays
import Execution
import TestSupport
import Testing

/// What NumPy says of small arrays of every type: Tests/Fixtures/arrays/generate.py. Thousands of random ones: Tests/Interop/arrays_parity.py.
@Suite struct NumpyTests {
  struct Case: CustomTestStringConvertible {
    let dtype: DType
    let values: [Double], percentiles: [Double], counts: [Int], distinct: [Double], occurrences: [Int], deviation: Double
    var testDescription: String { "\(values.count) of \(dtype)" }

    init?(_ line: Substring) {
      let fields = line.split(separator: "\t")
      guard fields.count == 7, let dtype = DType(rawValue: String(fields[0])) else { return nil }
      func reals(_ field: Substring) -> [Double] { field.split(separator: " ").compactMap { UInt64($0, radix: 16).map(Double.init(bitPattern:)) } }
      func whole(_ field: Substring) -> [Int] { field.split(separator: " ").compactMap { Int($0) } }
      guard let deviation = reals(fields[6]).first else { return nil }
      (self.dtype, values, percentiles, counts) = (dtype, reals(fields[1]), reals(fields[2]), whole(fields[3]))
      (distinct, occurrences, self.deviation) = (reals(fields[4]), whole(fields[5]), deviation)
    }
  }

  static let cases = Repository.text("Tests/Fixtures/arrays/numpy.txt").split(separator: "\n").compactMap(Case.init)

  @Test func allAreThere() { #expect(Self.cases.count == 60) }

  @Test(arguments: cases) func agree(_ c: Case) throws {
    let context = ExecutionContext(pool: ThreadPool(threads: 2))
    let e = ArrayExpression(try NDArray(c.values, [c.values.count]).cast(to: c.dtype))
    for (found, expected) in zip(try e.percentiles([0, 1, 37.5, 50, 99, 100], context), c.percentiles) { expectClose(found, expected, absolute: 1e-13, relative: 1e-14) }
    #expect(try e.histogram(bins: c.counts.count, range: (-4, 9), context).counts == c.counts)
    let (values, counts) = try e.unique(context)
    #expect(try values.cast(to: .float64).elements(Double.self) == c.distinct)
    #expect(try counts.elements(Int64.self).map { Int($0) } == c.occurrences)
    expectClose(try e.std(context), c.deviation, absolute: 1e-15, relative: 4e-16)
  }

  /// Copies of transposed, flipped and strided boxes, larger than a tile and than a piece of a thread, are what an element by element walk gives.
  @Test(arguments: [DType.uint8, .uint16, .float32, .int64]) func copiesOfViewsEqualAWalk(_ dtype: DType) throws {
    let a = try NDArray((0..<66 * 67 * 259).map { Int64($0 % 251) }, [66, 67, 259]).cast(to: dtype), plain = try a.cast(to: .int64).elements(Int64.self)
    for order in [[2, 1, 0], [0, 2, 1]] {
      for view in [try a.transposed(order), try a.transposed(order).flipped([1]), try a.strided(axis: 2, begin: 3, step: 2, count: 120).transposed(order)] {
        let expected = (0..<view.count).map { linear in
          var rest = linear, place = view.start
          for axis in [2, 1, 0] { (place, rest) = (place + rest % view.shape[axis] * view.strides[axis], rest / view.shape[axis]) }
          return plain[place]
        }
        for threads in 1...2 {
          let copy = try view.copied(ReadContext(pool: ThreadPool(threads: threads)))
          #expect(try copy.cast(to: .int64).elements(Int64.self) == expected)
        }
        // and as part of an expression, strip by strip
        let sum = try ArrayExpression.combine(.add, ArrayExpression(view), ArrayExpression(.int(1)))
        #expect(try sum.evaluate(ExecutionContext(pool: ThreadPool(threads: 2))).array.cast(to: .int64).elements(Int64.self) == expected.map { $0 + 1 })
      }
    }
  }
}
