import Geometry

/// A function of a neighbourhood, such as a Gaussian: each voxel of the result depends on voxels at most a halo away.
///
/// Declared here so that expressions stream through it; written where filters live.
package protocol LocalFilter: Sendable {
  /// The element type it gives for one it is given.
  ///
  /// - Throws: for a type it does not take.
  func dtype(for input: DType) throws -> DType
  /// Voxels that it looks at before and after each voxel, one an axis of the grid (0 for channels).
  func halo(for grid: Grid) throws -> (before: [Int], after: [Int])
  /// What stands outside the array.
  var edge: EdgeRule { get }
  /// - Parameter padded: the block with its halo on every side, contiguous.
  /// - Returns: the block, contiguous, of the type it has declared.
  func apply(_ padded: NDArray, _ grid: Grid) throws -> NDArray
}

/// A filter over a source: a source itself, so blocks of it are read with their halo and the edge of the whole is padded as the filter says.
package struct FilteredSource: ArraySource {
  package let source: any ArraySource
  package let filter: any LocalFilter
  package let dtype: DType
  private let halo: (before: [Int], after: [Int])

  package init(_ source: any ArraySource, _ filter: any LocalFilter) throws {
    (self.source, self.filter, dtype, halo) = (source, filter, try filter.dtype(for: source.dtype), try filter.halo(for: source.grid))
    let rank = source.shape.count
    guard halo.before.count == rank, halo.after.count == rank, (halo.before + halo.after).allSatisfy({ $0 >= 0 }) else {
      throw ArrayError.rank(expected: rank, found: halo.before + halo.after)
    }
  }

  package var shape: [Int] { source.shape }
  package var grid: Grid { source.grid }
  package var chunking: Chunking? { source.chunking }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    let wanted = try roi.grown(before: Coordinate(halo.before), after: Coordinate(halo.after))
    var begin: [Int] = [], end: [Int] = [], before: [Int] = [], after: [Int] = []
    for axis in shape.indices {
      let length = shape[axis]
      // What lies `n` voxels outside an edge mirrors what lies up to `n` inside it, which a lopsided halo may not have covered.
      let under = max(0, -wanted.offset[axis]), over = max(0, wanted.end[axis] - length)
      begin.append(max(0, min(wanted.offset[axis], over > 0 ? length - 1 - over : length)))
      end.append(min(length, max(wanted.end[axis], under > 0 ? under + 1 : 0)))
      before.append(under)
      after.append(over)
    }
    let inside = try VoxelRoi(from: Coordinate(begin), to: Coordinate(end))
    let corner = shape.indices.map { wanted.offset[$0] - begin[$0] + before[$0] }
    let padded = try source.read(inside, context).padded(before: before, after: after, filter.edge).slice(offset: corner, shape: wanted.shape.values).contiguous()
    let result = try filter.apply(padded, try grid.shifted(to: roi.offset.values))
    guard result.shape == roi.shape.values else { throw ArrayError.shapes(roi.shape.values, result.shape) }
    guard result.dtype == dtype else { throw ArrayError.dtypes(dtype, result.dtype) }
    return result
  }
}

extension ArrayExpression {
  /// This expression seen through a filter.
  package func filtered(_ filter: any LocalFilter) throws -> ArrayExpression { ArrayExpression(try FilteredSource(self, filter)) }
}
