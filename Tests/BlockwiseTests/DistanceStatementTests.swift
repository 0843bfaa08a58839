import Arrays
import Execution
import Geometry
import Segmentation
import Storage
import Testing

import Blockwise

@Suite struct DistanceStatementTests {
  private func labels(_ shape: [Int], density: Double, ids: Int, _ seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "distances")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt8(generator.uniform() < density ? 1 + generator.index(below: ids) : 0) }, shape)
  }

  private func grid(_ rank: Int) throws -> Grid {
    try Grid(axes: Axis.defaults(rank: rank), voxelSize: try Coordinate(["7.3", "4.1", "3.7"].suffix(rank).map { try #require(Rational(decimal: $0)) }), offset: Coordinate(repeating: .zero, count: rank))
  }

  private func bits(_ source: any ArraySource) throws -> [UInt32] { try source.read(try VoxelRoi(shape: source.shape), ReadContext()).elements(Float.self).map(\.bitPattern) }

  private func whole(_ array: NDArray, _ kind: DistanceKind, _ sizes: [Double]) throws -> [UInt32] {
    let result = kind == .signed ? try signedDistance(array, voxelSize: sizes, context()) : try distanceTransform(array, voxelSize: sizes, each: kind == .otherLabel, context())
    return try result.elements(Float.self).map(\.bitPattern)
  }

  /// Voxel sizes whose squares are no floats, so that any other order of operations would show.
  @Test(arguments: [[23], [17, 19], [11, 13, 17], [1, 9, 8], [6, 1, 1]], [DistanceKind.background, .otherLabel, .signed]) func equalsTheWholeToTheLastBit(shape: [Int], kind: DistanceKind) throws {
    let folder = try TemporaryFolder(), grid = try grid(shape.count), sizes = grid.voxelSize.values.map(\.double)
    var number = 0
    for density in [0, 0.02, 0.5, 0.97, 1] {
      let array = try labels(shape, density: density, ids: 3, UInt64(density * 100)), expected = try whole(array, kind, sizes)
      for (block, budget) in [([1, 1, 1], 1 << 30), ([4, 5, 6], 1 << 30), ([4, 5, 6], 9000), ([64, 64, 64], 1 << 16)] {
        number += 1
        let statement = try DistanceStatement(
          Volume(array, grid), kind, options: BlockwiseOptions(name: "d", block: Array(block.suffix(shape.count))), to: OutputSpec(path: "\(folder.path)/a.zarr/\(number)"))
        let result = try statement.execute(ExecutionContext(pool: ThreadPool(threads: 2), memoryBudget: budget))
        #expect(try bits(result.output) == expected, "density \(density), block \(block), budget \(budget)")
        #expect(Files.kind("\(folder.path)/a.zarr/\(number)/.dcs/squares") == nil)
      }
    }
  }

  /// Stopped in either stage, and continued with another budget, whose slabs are thinner.
  @Test(arguments: [DistanceKind.background, .otherLabel, .signed]) func resumes(kind: DistanceKind) throws {
    let array = try labels([20, 12, 14], density: 0.9, ids: 2, 7), grid = try grid(3), expected = try whole(array, kind, grid.voxelSize.values.map(\.double))
    for failAt in [1, 3, 25, 40] {
      let folder = try TemporaryFolder(), spec = OutputSpec(path: folder.path + "/a.zarr/d")
      func statement(_ failAt: Int) throws -> DistanceStatement {
        var options = BlockwiseOptions(name: "d", block: [4, 4, 4])
        options.retries = 0
        return try DistanceStatement(FailingSource(base: Volume(array, grid), failAt: failAt), kind, options: options, to: spec)
      }
      _ = try? statement(failAt).execute(ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 12_000))
      let result = try statement(.max).execute(ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 7_000))
      #expect(try bits(result.output) == expected, "failed at read \(failAt)")
      let again = try statement(1).execute(context())   // would fail if anything were read
      #expect(again.report.done == 0 && again.report.skipped == 12)
    }
  }

  /// Squares that were removed with a finished result, or written only in part, are never taken for what they were.
  @Test func lostChunksAreMadeFromNewSquares() throws {
    let array = try labels([20, 12, 14], density: 0.9, ids: 2, 7), grid = try grid(3), expected = try whole(array, .background, grid.voxelSize.values.map(\.double))
    let folder = try TemporaryFolder(), path = folder.path + "/a.zarr/d"
    func execute(_ failAt: Int, budget: Int) throws -> BlockwiseResult {
      var options = BlockwiseOptions(name: "d", block: [4, 4, 4])
      options.retries = 0
      return try DistanceStatement(FailingSource(base: Volume(array, grid), failAt: failAt), .background, options: options, to: OutputSpec(path: path))
        .execute(ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: budget))
    }
    _ = try execute(.max, budget: 12_000)
    func loseColumns() throws {   // every chunk above y = 0: a block is missed where none of its chunks is there
      for layer in try Files.list(path) where layer.name.first?.isNumber == true { try Files.removeTree("\(path)/\(layer.name)/0") }
    }
    try loseColumns()
    #expect(throws: (any Error).self) { try execute(3, budget: 12_000) }   // stopped in the middle of new squares
    #expect(try bits(try execute(.max, budget: 12_000).output) == expected)
    try loseColumns()
    #expect(throws: (any Error).self) { try execute(3, budget: 7_000) }
    #expect(try bits(try execute(.max, budget: 12_000).output) == expected)   // slabs of another thickness
  }

  @Test func refusesBeforeAnyWork() throws {
    let folder = try TemporaryFolder()
    let array = try labels([3, 100, 100], density: 0.5, ids: 1, 1)
    let source = FailingSource(base: Volume(array), failAt: 1)
    #expect(throws: BlockwiseError.self) {
      try DistanceStatement(source, .background, options: BlockwiseOptions(name: "d", block: [3, 10, 10]), to: OutputSpec(path: folder.path + "/a.zarr/d")).execute(
        ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 40_000))
    }
    #expect(source.reads.value == 0 && Files.kind(folder.path + "/a.zarr") == nil)
  }
}

/// Fails at one of its reads.
struct FailingSource: IdentifiedSource {
  struct Broken: Error {}
  let base: Volume, failAt: Int, reads = Counter()
  var dtype: DType { base.dtype }
  var shape: [Int] { base.shape }
  var grid: Grid { base.grid }
  var name: String { "failing" }
  var identity: String { "the same" }

  init(base: Volume, failAt: Int) { (self.base, self.failAt) = (base, failAt) }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    reads.add()
    if reads.value >= failAt { throw Broken() }
    return try base.read(roi, context)
  }
}
