import Execution
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
  /// How it is cut into pieces that are read whole, and a voxel (inside the array or not) where a piece begins; nil where any box costs the same.
  var chunking: Chunking? { get }
  /// Equal for two values that are the same stored array seen the same way, so that an expression reads it once; nil where unknown.
  var identity: [Int]? { get }
  /// What it reads from, where it is made of others.
  var inputs: [any ArraySource] { get }
  /// Voxels of a box that lies inside `shape` (all axes).
  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray
}

/// The pieces in which a source is stored.
package struct Chunking: Sendable, Equatable {
  /// Voxels of a whole chunk, all axes.
  package let shape: [Int]
  /// A voxel at which some chunk begins: 0 but for views.
  package let origin: [Int]
  package init(shape: [Int], origin: [Int]? = nil) { (self.shape, self.origin) = (shape, origin ?? shape.map { _ in 0 }) }
}

extension ArraySource {
  package var chunking: Chunking? { nil }
  package var identity: [Int]? { nil }
  package var inputs: [any ArraySource] { [] }
}

extension ArraySource where Self: AnyObject {
  package var identity: [Int]? { [Int(bitPattern: ObjectIdentifier(self))] }
}

/// What a read may use. `pool` nil reads on the calling thread alone (inside a block that runs beside others).
package struct ReadContext: Sendable {
  package let pool: ThreadPool?
  package let cancellation: Cancellation?
  package init(pool: ThreadPool? = nil, cancellation: Cancellation? = nil) { (self.pool, self.cancellation) = (pool, cancellation) }
}

extension Volume: ArraySource {
  package var identity: [Int]? { [Int(bitPattern: array.buffer.bytes), array.start, Int(array.dtype.code)] + array.shape + array.strides }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    try array.slice(offset: roi.offset.values, shape: roi.shape.values).contiguous(context)
  }
}
