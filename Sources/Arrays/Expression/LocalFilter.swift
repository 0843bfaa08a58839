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
  /// What stands outside the array; nil for a filter that minds the faces of what it is given, as if they were those of the array.
  var edge: EdgeRule? { get }
  /// - Parameter block: contiguous: with an `edge`, the block with its halo on every side; without one, with as much of its halo as the array has.
  /// - Returns: contiguous, of the type it has declared: with an `edge`, the block; without one, all that it was given.
  func apply(_ block: NDArray, _ grid: Grid) throws -> NDArray
  /// What it does, with all its parameters: equal only for filters that give equal values; nil where that cannot be said.
  var recipe: String? { get }
}

extension LocalFilter {
  package var recipe: String? { nil }
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
  package var inputs: [any ArraySource] { [source] }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    let wanted = try roi.grown(before: Coordinate(halo.before), after: Coordinate(halo.after))
    guard let edge = filter.edge else { return try readWithin(wanted, roi, context) }
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
    let padded = try source.read(inside, context).padded(before: before, after: after, edge).slice(offset: corner, shape: wanted.shape.values).contiguous()
    return try checked(try filter.apply(padded, try grid.shifted(to: roi.offset.values)), roi.shape.values)
  }

  /// The filter sees the part of its halo that the array has. Where that ends inside the array, what it makes of the cut lies in the halo, which is dropped.
  private func readWithin(_ wanted: VoxelRoi, _ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let begin = shape.indices.map { max(0, wanted.offset[$0]) }, end = shape.indices.map { min(shape[$0], wanted.end[$0]) }
    let inside = try VoxelRoi(from: Coordinate(begin), to: Coordinate(end))
    let result = try checked(try filter.apply(try source.read(inside, context).contiguous(), try grid.shifted(to: begin)), inside.shape.values)
    return inside == roi ? result : try result.slice(offset: zip(roi.offset.values, begin).map { $0 - $1 }, shape: roi.shape.values).contiguous()
  }

  private func checked(_ result: NDArray, _ shape: [Int]) throws(ArrayError) -> NDArray {
    guard result.shape == shape else { throw .shapes(shape, result.shape) }
    guard result.dtype == dtype else { throw .dtypes(dtype, result.dtype) }
    return result
  }
}

extension ArrayExpression {
  /// This expression seen through a filter.
  package func filtered(_ filter: any LocalFilter) throws -> ArrayExpression { ArrayExpression(try FilteredSource(self, filter)) }
}
