// Sources made of sources: any box of them equals the same box of the whole made at once.

import Arrays
import Execution
import Geometry
import TestSupport
import Testing

@Suite struct MadeSourceTests {
  private func everyBox(_ source: any ArraySource, _ whole: NDArray, _ what: String) throws {
    #expect(source.shape == whole.shape && source.dtype == whole.dtype, "\(what): \(source.shape) \(source.dtype)")
    var generator = KeyedGenerator(seed: 3, purpose: what)
    for _ in 0..<60 {
      var offset: [Int] = [], box: [Int] = []
      for length in whole.shape {
        let begin = Int.random(in: 0...length, using: &generator)
        offset.append(begin)
        box.append(Int.random(in: 0...length - begin, using: &generator))
      }
      let found = try source.read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), ReadContext())
      #expect(try found.isIdentical(to: try whole.slice(offset: offset, shape: box)), "\(what) at \(offset) \(box)")
    }
  }

  @Test func joinedPartsLieOneAfterTheOther() throws {
    let parts = try [3, 1, 0, 4].map { try randomIntegers(0...200, .uint8, [$0, 5], seed: UInt64($0)) }
    let sources = parts.map { ChunkedSource($0, chunks: [2, 2]) }
    try everyBox(try JoinedSource(sources, along: 0, isStack: false, grid: Grid(unknownOfRank: 2)), try NDArray.concat(parts, axis: 0), "concat")
    let equal = try (0..<3).map { try randomIntegers(0...200, .uint8, [4, 5], seed: UInt64($0)) }
    let stacked = try JoinedSource(equal.map { ChunkedSource($0, chunks: [3, 3]) }, along: 0, isStack: true, grid: Grid(unknownOfRank: 3))
    try everyBox(stacked, try NDArray.stack(equal), "stack")
    #expect(stacked.chunking == Chunking(shape: [1, 3, 3]))
    #expect(throws: ArrayError.self) { try JoinedSource([Volume(parts[0]), Volume(try NDArray(.uint8, [3, 6]))], along: 0, isStack: false, grid: Grid(unknownOfRank: 2)) }
    #expect(throws: ArrayError.self) { try JoinedSource([Volume(parts[0]), Volume(try NDArray(.int8, [3, 5]))], along: 0, isStack: false, grid: Grid(unknownOfRank: 2)) }
    #expect(throws: ArrayError.self) { try JoinedSource([], along: 0, isStack: false, grid: Grid(unknownOfRank: 2)) }
  }

  @Test(arguments: [EdgeRule.constant(.int(7)), .edge, .reflect, .symmetric]) func marginsEqualAPaddedCopy(_ edge: EdgeRule) throws {
    for (before, after) in [([0, 0], [0, 0]), ([1, 2], [3, 0]), ([9, 0], [0, 11])] {
      let array = try randomIntegers(0...200, .uint8, [3, 4], seed: 8)
      let source = try PaddedSource(ChunkedSource(array, chunks: [2, 2]), before: before, after: after, edge)
      try everyBox(source, try array.padded(before: before, after: after, edge), "pad \(before) \(after)")
    }
  }

  /// Only what the box shows is read.
  @Test func aBoxFarOutsideReadsNothing() throws {
    let source = ChunkedSource(try NDArray(.uint8, [8, 8]), chunks: [2, 2])
    let padded = try PaddedSource(source, before: [1000, 0], after: [0, 0], .constant(.int(1)))
    _ = try padded.read(try VoxelRoi(offset: Coordinate([10, 0]), shape: Coordinate([5, 5])), ReadContext())
    #expect(source.reads.isEmpty)
    #expect(throws: ArrayError.self) { try PaddedSource(source, before: [1], after: [0, 0], .edge) }
    #expect(throws: ArrayError.self) { try PaddedSource(source, before: [0, 0], after: [.max, 0], .edge) }
    #expect(throws: ArrayError.self) { try PaddedSource(source, before: [0, 0], after: [0, 0], .constant(.int(300))) }
  }

  @Test func castsAreViewsThatNameTheVoxelOfTheWhole() throws {
    let array = try randomIntegers(0...200, .int16, [6, 7], seed: 4), source = ChunkedSource(array, chunks: [4, 4])
    let cast = CastSource(source, to: .uint8, .checked)
    #expect(source.reads.isEmpty)
    try everyBox(cast, try array.cast(to: .uint8), "cast")
    var wide = array
    try wide.assign(try NDArray.filled(.int(300), .int16, [1, 1]), at: [4, 3])
    #expect(throws: ArrayError.doesNotFit(.uint8, count: 1, total: 42, first: "300", index: [4, 3])) {
      try CastSource(Volume(wide), to: .uint8, .checked).read(try VoxelRoi(offset: Coordinate([2, 2]), shape: Coordinate([4, 4])), ReadContext())
    }
  }

  /// A filter that minds the faces of what it is given: the least of three neighbours along x.
  struct Least: LocalFilter {
    var edge: EdgeRule? { nil }
    func dtype(for input: DType) -> DType { .int32 }
    func halo(for grid: Grid) -> (before: [Int], after: [Int]) { ([0, 1], [0, 1]) }
    func apply(_ block: NDArray, _ grid: Grid) throws -> NDArray {
      let values = try block.cast(to: .int32).elements(Int32.self), width = block.shape[1]
      return try NDArray(values.indices.map { i in (max(0, i % width - 1)...min(width - 1, i % width + 1)).map { values[i - i % width + $0] }.min() ?? 0 }, block.shape)
    }
  }

  @Test func filtersThatMindFacesStream() throws {
    for width in [1, 2, 7] {
      let array = try randomIntegers(0...99, .uint8, [5, width], seed: 6)
      let filtered = try FilteredSource(ChunkedSource(array, chunks: [2, 2]), Least())
      try everyBox(filtered, try Least().apply(array, Grid(unknownOfRank: 2)), "least \(width)")
    }
  }
}
