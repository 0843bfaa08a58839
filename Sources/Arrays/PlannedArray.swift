// An array that is known but for its values: what a dry run has of results that would be made, in memory or on disk.

import Geometry

package struct PlannedArray: ArraySource {
  /// Where it would lie; nil in memory.
  package let path: String?
  package let dtype: DType
  package let shape: [Int]
  package let grid: Grid
  /// Equal for arrays that would be made by the same plan; nil where that is not known.
  package let origin: String?
  /// Voxels of a chunk, all axes; nil in memory.
  package let chunks: [Int]?

  /// - Throws: `ArrayError.rank` unless grid and shape have the same number of axes.
  package init(path: String? = nil, _ dtype: DType, _ shape: [Int], _ grid: Grid, chunks: [Int]? = nil, origin: String? = nil) throws(ArrayError) {
    guard grid.rank == shape.count else { throw .rank(expected: grid.rank, found: shape) }
    (self.path, self.dtype, self.shape, self.grid, self.chunks, self.origin) = (path, dtype, shape, grid, chunks, origin)
  }

  package var chunking: Chunking? { chunks.map { Chunking(shape: $0) } }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { throw NotRead(path: path, dtype: dtype, shape: roi.shape.values) }
}

/// Values that are not to be read, or not there yet, were asked for.
package struct NotRead: Error, Equatable {
  /// nil: something in memory.
  package var path: String?
  package var dtype: DType
  package var shape: [Int]
  package init(path: String?, dtype: DType, shape: [Int]) { (self.path, self.dtype, self.shape) = (path, dtype, shape) }
}

extension ArrayExpression {
  /// All that it reads.
  package var sources: [any ArraySource] { StripProgram(node).sources }

  /// What it does with `sources`, in their order: equal only for expressions that give equal values from equal sources.
  package var recipe: String {
    let program = StripProgram(node)
    let axes = program.sources.map { $0.grid.axes.map(\.name).joined(separator: " ") }.joined(separator: ", ")
    let constants = program.constants.map { "\($0.register) \($0.dtype) \($0.bits)" }.joined(separator: ", ")
    let steps = program.instructions.map { "\($0.call) \($0.from) \($0.with) \($0.to) \($0.a) \($0.b) \($0.c) \($0.out)" }.joined(separator: ", ")
    return "[\(axes)] [\(constants)] [\(steps)] \(program.result)"
  }
}
