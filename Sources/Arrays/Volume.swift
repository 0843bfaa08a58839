import Geometry

/// An array that knows its axes and its place in the world.
package struct Volume: Sendable {
  package var array: NDArray
  package let grid: Grid

  /// - Throws: `ArrayError.rank` unless grid and array have the same number of axes.
  package init(_ array: NDArray, _ grid: Grid) throws(ArrayError) {
    guard grid.rank == array.rank else { throw .rank(expected: grid.rank, found: array.shape) }
    (self.array, self.grid) = (array, grid)
  }

  package init(_ array: NDArray) { (self.array, grid) = (array, Grid(unknownOfRank: array.rank)) }

  package var shape: [Int] { array.shape }
  package var dtype: DType { array.dtype }

  /// The world box it covers.
  package var roi: WorldRoi {
    get throws { try grid.world(try VoxelRoi(shape: array.shape)) }
  }
}

/// Something on disk or in memory that hands out boxes of voxels: what predictors, metrics and blockwise functions read.
package protocol ArraySource: Sendable {
  var dtype: DType { get }
  var shape: [Int] { get }
  var grid: Grid { get }
  /// Voxels of a box that lies inside `shape` (all axes).
  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray
}

import Execution

/// What a read may use. `pool` nil reads on the calling thread alone (inside a block that runs beside others).
package struct ReadContext: Sendable {
  package let pool: ThreadPool?
  package let cancellation: Cancellation?
  package init(pool: ThreadPool? = nil, cancellation: Cancellation? = nil) { (self.pool, self.cancellation) = (pool, cancellation) }
}

extension Volume: ArraySource {
  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    try array.slice(offset: roi.offset.values, shape: roi.shape.values).contiguous()
  }
}
