// A source with a margin on every side: what pad makes, and what read gives outside an array. Nothing is read until a box of it is.

import Geometry

package struct PaddedSource: ArraySource {
  private let source: any ArraySource
  private let before: [Int]
  private let edge: EdgeRule
  package let shape: [Int]
  package let grid: Grid
  package var dtype: DType { source.dtype }
  package var inputs: [any ArraySource] { [source] }

  /// - Parameter before: voxels added in front of each axis; negative ones take voxels away, as do those of `after`.
  /// - Throws: `ArrayError.rank`, `.tooLarge`, `.doesNotFit` for a constant that the type cannot hold, `.empty` where there is nothing to repeat;
  ///   `GeometryError`.
  package init(_ source: any ArraySource, before: [Int], after: [Int], _ edge: EdgeRule) throws {
    let rank = source.shape.count
    guard before.count == rank, after.count == rank else { throw ArrayError.rank(expected: rank, found: before.count == rank ? after : before) }
    var shape = source.shape
    for axis in 0..<rank {
      let (first, overflow) = shape[axis].addingReportingOverflow(before[axis])
      let (length, overflow2) = first.addingReportingOverflow(after[axis])
      guard !overflow, !overflow2, length >= 0 else { throw ArrayError.tooLarge(shape: zip(before, after).map { $0 &+ $1 }) }
      shape[axis] = length
    }
    if case .constant(let value) = edge {
      guard value.bits(as: source.dtype) != nil else { throw ArrayError.doesNotFit(source.dtype, count: 1, total: 1, first: value.description, index: []) }
    } else if source.shape.contains(0) { throw ArrayError.empty("padding") }
    (self.source, self.before, self.edge, self.shape) = (source, before, edge, shape)
    grid = try source.grid.shifted(to: before.map { -$0 })
  }

  package var chunking: Chunking? {
    guard let chunks = source.chunking else { return nil }
    return Chunking(shape: chunks.shape, origin: zip(chunks.origin, before).map { $0 &+ $1 })
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    let wanted = shape.indices.map { roi.offset[$0] - before[$0]..<roi.end[$0] - before[$0] }
    guard case .constant(let value) = edge else { return try repeating(wanted, context) }
    let inside = wanted.indices.map { wanted[$0].clamped(to: 0..<source.shape[$0]) }
    if inside == wanted { return try source.read(try box(inside), context) }
    var result = try NDArray.filled(value, dtype, roi.shape.values)
    if inside.contains(where: \.isEmpty) { return result }
    try result.assign(try source.read(try box(inside), context), at: zip(inside, wanted).map { $0.lowerBound - $1.lowerBound }, context)
    return result
  }

  /// Voxels outside stand for voxels inside, axis by axis.
  private func repeating(_ wanted: [Range<Int>], _ context: borrowing ReadContext) throws -> NDArray {
    let sources = wanted.indices.map { axis in wanted[axis].map { edge.source(of: $0, length: source.shape[axis]) ?? 0 } }
    let bounds = sources.map { ($0.min() ?? 0)..<($0.max() ?? 0) + 1 }
    var block = try source.read(try box(bounds), context)
    for axis in wanted.indices where bounds[axis] != wanted[axis] { block = try block.taking(axis: axis, sources[axis].map { $0 - bounds[axis].lowerBound }) }
    return block
  }

  private func box(_ ranges: [Range<Int>]) throws -> VoxelRoi {
    try VoxelRoi(offset: Coordinate(ranges.map(\.lowerBound)), shape: Coordinate(ranges.map(\.count)))
  }
}

extension NDArray {
  /// A packed copy with the elements at `indices` along one axis, in that order.
  func taking(axis: Int, _ indices: [Int]) throws(ArrayError) -> NDArray {
    var box = shape
    box[axis] = indices.count
    var result = try NDArray(dtype, box, zeroed: false)
    var slab = shape, target = [Int](repeating: 0, count: rank)
    slab[axis] = 1
    for (place, index) in indices.enumerated() {
      var offset = [Int](repeating: 0, count: rank)
      (offset[axis], target[axis]) = (index, place)
      try result.assign(try slice(offset: offset, shape: slab), at: target)
    }
    return result
  }
}
