import Arrays
import TestSupport
import Testing

private func counting(_ shape: [Int]) throws -> NDArray { try NDArray.arange(shape.reduce(1, *)).reshaped(shape) }

@Suite struct LayoutTests {
  @Test func padOneAxisByEveryRule() throws {
    let a = try NDArray([1, 2, 3, 4] as [UInt8], [4])
    func pad(_ rule: EdgeRule) throws -> [UInt8] { try a.padded(before: [3], after: [5], rule).elements() }
    #expect(try pad(.constant(.int(9))) == [9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9, 9])
    #expect(try pad(.edge) == [1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 4])
    #expect(try pad(.reflect) == [4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3])
    #expect(try pad(.symmetric) == [3, 2, 1, 1, 2, 3, 4, 4, 3, 2, 1, 1])
  }

  @Test(arguments: [EdgeRule.edge, .reflect, .symmetric, .constant(.int(7))]) func padEveryVoxelByItsSource(_ rule: EdgeRule) throws {
    for shape in [[1, 1, 1], [2, 1, 3], [3, 2, 5], [1, 4, 2]] {
      for (before, after) in [([0, 0, 0], [0, 0, 0]), ([1, 2, 3], [4, 0, 1]), ([7, 5, 6], [6, 7, 8])] {
        let a = try counting(shape), padded = try a.padded(before: before, after: after, rule)
        let box: [Int] = (0..<3).map { axis in shape[axis] + before[axis] + after[axis] }
        #expect(padded.shape == box)
        let values = try padded.elements(Int64.self)
        var at = 0
        for z in 0..<padded.shape[0] {
          for y in 0..<padded.shape[1] {
            for x in 0..<padded.shape[2] {
              let source = zip([z, y, x], 0..<3).map { rule.source(of: $0 - before[$1], length: shape[$1]) }
              let expected = source.contains(nil) ? 7 : (source[0]! * shape[1] + source[1]!) * shape[2] + source[2]!
              #expect(values[at] == Int64(expected), "\(shape) \(before) \(after) at \(z) \(y) \(x)")
              at += 1
            }
          }
        }
      }
    }
  }

  @Test func padRefusesWhatHasNoMeaning() throws {
    let a = try counting([2, 0])
    #expect(throws: ArrayError.empty("padding")) { try a.padded(before: [0, 1], after: [0, 0], .reflect) }
    #expect(throws: ArrayError.rank(expected: 2, found: [1])) { try a.padded(before: [1], after: [0, 0], .edge) }
    #expect(throws: ArrayError.tooLarge(shape: [0, -1, 0, 0])) { try a.padded(before: [0, -1], after: [0, 0], .edge) }
    #expect(throws: ArrayError.tooLarge(shape: [.max, 0, 0, 0])) { try a.padded(before: [.max, 0], after: [0, 0], .edge) }
    #expect(try a.padded(before: [0, 1], after: [0, 0], .constant(.int(3))).elements(Int64.self) == [3, 3])
  }

  @Test func flipAndTransposeAreViews() throws {
    let a = try counting([2, 3])
    #expect(try a.flipped([0]).elements(Int64.self) == [3, 4, 5, 0, 1, 2])
    #expect(try a.flipped([1]).elements(Int64.self) == [2, 1, 0, 5, 4, 3])
    #expect(try a.flipped([0, 1]).flipped([1, 0]).isIdentical(to: a))
    #expect(try a.flipped([1]).transposed([1, 0]).elements(Int64.self) == [2, 5, 1, 4, 0, 3])
    #expect(throws: ArrayError.rank(expected: 3, found: [2, 3])) { try a.flipped([2]) }
    #expect(try counting([0, 3]).flipped([0]).count == 0)
  }

  @Test func concatAndStack() throws {
    let a = try counting([2, 2]), b = try a.flipped([1]), empty = try NDArray(.int64, [2, 0])
    #expect(try NDArray.concat([a, b], axis: 0).elements(Int64.self) == [0, 1, 2, 3, 1, 0, 3, 2])
    #expect(try NDArray.concat([a, empty, b], axis: 1).elements(Int64.self) == [0, 1, 1, 0, 2, 3, 3, 2])
    #expect(try NDArray.stack([a, b], axis: 2).elements(Int64.self) == [0, 1, 1, 0, 2, 3, 3, 2])
    #expect(try NDArray.stack([a, b]).shape == [2, 2, 2])
    #expect(throws: ArrayError.shapes([2, 2], [2, 0])) { try NDArray.concat([a, empty], axis: 0) }
    #expect(throws: ArrayError.dtypes(.int64, .uint8)) { try NDArray.concat([a, NDArray(.uint8, [2, 2])], axis: 0) }
    #expect(throws: ArrayError.empty("concat")) { try NDArray.concat([], axis: 0) }
  }

  @Test(arguments: DType.allCases) func makingFillsEveryElement(_ dtype: DType) throws {
    for count in edgeLengths(64) {
      let ones = try NDArray.ones(dtype, [count])
      #expect(ones.count == count)
      #expect(try ones.cast(to: .float64).elements(Double.self) == Array(repeating: 1, count: count))
    }
  }

  @Test func fillingRefusesWhatDoesNotFit() throws {
    #expect(throws: ArrayError.doesNotFit(.uint8, count: 1, total: 1, first: "256", index: [])) { try NDArray.filled(.int(256), .uint8, [3]) }
    #expect(throws: ArrayError.doesNotFit(.int64, count: 1, total: 1, first: "nan", index: [])) { try NDArray.filled(.float(.nan), .int64, [3]) }
    #expect(try NDArray.full(UInt64.max, [2]).elements(UInt64.self) == [.max, .max])
  }

  @Test func linspaceEndsExactly() throws {
    #expect(try NDArray.linspace(-0.4, 0.4, 17).elements(Double.self).last == 0.4)
    #expect(try NDArray.linspace(2, 3, 1).elements(Double.self) == [2])
    #expect(try NDArray.linspace(0, 1, 5).elements(Double.self) == [0, 0.25, 0.5, 0.75, 1])
    #expect(try NDArray.linspace(0, 1, 0).count == 0)
  }
}
