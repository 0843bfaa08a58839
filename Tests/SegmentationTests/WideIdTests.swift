import Arrays
import Execution
import Segmentation
import Testing

@Suite struct WideIdTests {
  /// Ordinary ids, and the same with an offset that carries those above `kept` past 2⁶⁴.
  private func wide(_ ids: [UInt64], _ shape: [Int], kept: UInt64) throws -> NDArray {
    let words = ids.map { id -> (UInt64, UInt64) in
      let (low, passed) = id.addingReportingOverflow(.max - kept)
      return id == 0 ? (0, 0) : (passed ? 1 : 0, low)
    }
    return try NDArray(words.map(\.0) + words.map(\.1), [2] + shape)
  }

  /// Numbers are those that the same ids get without the offset, whatever the volume and the number of threads.
  @Test func numbersAreThoseOfOrdinaryIds() throws {
    for seed: UInt64 in 0..<60 {
      var generator = KeyedGenerator(seed: seed, purpose: "wide")
      let shape = (0..<1 + generator.index(below: 3)).map { _ in 1 + generator.index(below: 30) }, count = shape.reduce(1, *), different = 1 + generator.index(below: 400)
      var last: UInt64 = 0
      let ids = (0..<count).map { _ -> UInt64 in
        if generator.index(below: 3) == 0 { last = UInt64(generator.index(below: different)) }
        return last
      }
      let array = try wide(ids, shape, kept: UInt64(different / 2)), plain = try compact(try NDArray(ids, shape), dtype: .uint32, context(1))
      let found = try wideIds(array, for: "relabel", context(1))
      #expect(found == found.sorted() && found.count == plain.ids.count)
      for threads in [1, 2] {
        let numbers = try WideNumbers(found, dtype: .uint32, for: "relabel", context(threads)).apply(to: array, context(threads))
        #expect(numbers.shape == shape)
        #expect(try numbers.elements(UInt32.self) == plain.labels.elements(UInt32.self), "seed \(seed)")
      }
    }
  }

  @Test func whatIsRefused() throws {
    let array = try wide((0..<300).map { UInt64($0) }, [300], kept: 100), ids = try wideIds(array, for: "relabel", context(1))
    #expect(throws: SegmentationError.tooManyObjects(found: 299, limit: 255, dtype: .uint8)) { try WideNumbers(ids, dtype: .uint8, for: "relabel", context(1)) }
    #expect(throws: SegmentationError.self) { try WideNumbers(Array(ids.dropLast()), dtype: .uint32, for: "relabel", context(1)).apply(to: array, context(1)) }
    for wrong in [try NDArray(.uint64, [3, 5]), try NDArray(.uint32, [2, 5]), try NDArray(.uint64, [])] {
      #expect(throws: SegmentationError.self) { try wideIds(wrong, for: "relabel", context(1)) }
    }
    #expect(try wideIds(try NDArray(.uint64, [2, 0, 5]), for: "relabel", context(1)).isEmpty)
  }

  private func context(_ threads: Int) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads)) }
}
