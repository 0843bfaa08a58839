// A view of a source: slices, strides, dropped and reordered axes, without reading anything.
//
// Each axis of the view walks one axis of the base; axes of the base that the view dropped stay at one index. Views of views collapse
// into one step. Reading a box reads the bounding box of the base once.

import Geometry

package struct SourceView: ArraySource {
  package let base: any ArraySource
  /// One entry an axis of the view.
  package let walks: [Walk]
  /// For each axis of the base that no walk visits, its index.
  package let fixed: [Int: Int]
  package let grid: Grid

  package struct Walk: Sendable, Equatable {
    package var baseAxis: Int
    package var begin: Int
    /// Not 0; negative walks backwards.
    package var step: Int
    package var count: Int
  }

  package var dtype: DType { base.dtype }

  /// The same view of another source, which has the same shape and grid.
  package func showing(_ other: any ArraySource) -> SourceView { SourceView(other, walks, fixed, grid) }

  package var chunking: Chunking? {
    guard let chunks = base.chunking else { return nil }
    let lengths = walks.map { max(1, chunks.shape[$0.baseAxis] / abs($0.step)) }
    // The first voxel of the view that lies at or after a chunk's begin; exact for steps that divide the chunk.
    let origin = walks.map { walk in
      let distance = chunks.origin[walk.baseAxis] &- walk.begin
      return (walk.step > 0 ? distance : distance &- 1) / walk.step
    }
    return Chunking(shape: lengths, origin: origin)
  }

  package var identity: [Int]? {
    guard let whole = base.identity else { return nil }
    return isWhole ? whole : whole + walks.flatMap { [$0.baseAxis, $0.begin, $0.step, $0.count] } + fixed.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
  }

  package var shape: [Int] { walks.map(\.count) }
  package var inputs: [any ArraySource] { [base] }

  /// All of a source.
  package init(_ source: any ArraySource) {
    if let view = source as? SourceView { self = view; return }
    base = source
    walks = source.shape.enumerated().map { Walk(baseAxis: $0, begin: 0, step: 1, count: $1) }
    (fixed, grid) = ([:], source.grid)
  }

  private init(_ base: any ArraySource, _ walks: [Walk], _ fixed: [Int: Int], _ grid: Grid) {
    (self.base, self.walks, self.fixed, self.grid) = (base, walks, fixed, grid)
  }

  /// Elements `begin, begin + step, …` (`count` of them) along an axis. The grid moves with `begin` and coarsens with `step`.
  ///
  /// - Throws: `ArrayError.outside`, `.rank`, `GeometryError`.
  package func walking(axis: Int, begin: Int, step: Int, count: Int) throws -> SourceView {
    guard axis >= 0, axis < walks.count, step != 0, count >= 0 else { throw ArrayError.rank(expected: axis + 1, found: shape) }
    let (span, overflow) = step.multipliedReportingOverflow(by: max(0, count - 1))
    let last = begin &+ span, length = walks[axis].count
    guard !overflow, count == 0 ? (0...length).contains(begin) : (0..<length).contains(begin) && (0..<length).contains(last) else {
      throw ArrayError.outside(axis: axis, begin: begin, end: last, length: length)
    }
    var walks = walks
    walks[axis].begin += begin * walks[axis].step
    if count > 1 { walks[axis].step *= step }   // fewer voxels have no step: a huge one must not overflow
    walks[axis].count = count
    // The corner of the view is that of its lowest voxel; a coarser step makes larger voxels.
    let lowest = step > 0 || count == 0 ? begin : last
    return SourceView(base, walks, fixed, try grid.walked(axis: axis, to: lowest, step: abs(step)))
  }

  /// Without an axis, at one index of it.
  package func dropping(axis: Int, at index: Int) throws -> SourceView {
    let one = try walking(axis: axis, begin: index, step: 1, count: 1)
    var walks = one.walks, fixed = one.fixed
    let gone = walks.remove(at: axis)
    fixed[gone.baseAxis] = gone.begin
    return SourceView(base, walks, fixed, try one.grid.dropping(axis: axis))
  }

  package func transposed(_ order: [Int]) throws -> SourceView {
    guard order.sorted() == Array(walks.indices) else { throw ArrayError.rank(expected: walks.count, found: order) }
    return SourceView(base, order.map { walks[$0] }, fixed, try grid.reordered(order))
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let context = copy context
    return try strided(roi) { try base.read($0, context) }.contiguous(context).reshaped(roi.shape.values)
  }

  /// All of a view of a volume, in the volume's own memory; nil for views of anything else, and for those that drop axes.
  package func inPlace() throws -> Volume? {
    guard let base = base as? Volume, fixed.isEmpty else { return nil }
    return try Volume(try strided(try VoxelRoi(shape: shape)) { try base.array.slice(offset: $0.offset.values, shape: $0.shape.values) }, grid)
  }

  /// A box of the view as the base has it, dropped axes in front.
  private func strided(_ roi: VoxelRoi, read: (VoxelRoi) throws -> NDArray) throws -> NDArray {
    guard roi.rank == walks.count else { throw ArrayError.rank(expected: walks.count, found: roi.shape.values) }
    if roi.isEmpty { return try NDArray(dtype, roi.shape.values) }
    var offset = (0..<base.shape.count).map { fixed[$0] ?? 0 }, box = [Int](repeating: 1, count: base.shape.count)
    for (axis, walk) in walks.enumerated() {
      guard roi.offset[axis] >= 0, roi.end[axis] <= walk.count else {
        throw ArrayError.outside(axis: axis, begin: roi.offset[axis], end: roi.end[axis], length: walk.count)
      }
      let first = walk.begin + roi.offset[axis] * walk.step, last = walk.begin + (roi.end[axis] - 1) * walk.step
      (offset[walk.baseAxis], box[walk.baseAxis]) = (min(first, last), abs(last - first) + 1)
    }
    var block = try (base as? Volume)?.array.slice(offset: offset, shape: box) ?? read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)))
    for (axis, walk) in walks.enumerated() where walk.step != 1 {
      block = try block.strided(axis: walk.baseAxis, begin: walk.step > 0 ? 0 : box[walk.baseAxis] - 1, step: walk.step, count: roi.shape[axis])
    }
    // Dropped axes have length 1: move them to the front and reshape them away.
    return try block.transposed(fixed.keys.sorted() + walks.map(\.baseAxis))
  }

  /// Whether it shows all of its base, in order.
  package var isWhole: Bool {
    fixed.isEmpty && walks.enumerated().allSatisfy { $1 == Walk(baseAxis: $0, begin: 0, step: 1, count: base.shape[$0]) }
  }
}

extension Grid {
  /// The grid after walking one axis (of all axes): corner moved, voxels `step` times as large.
  func walked(axis: Int, to begin: Int, step: Int) throws(GeometryError) -> Grid {
    guard let position = spatialAxes.firstIndex(of: axis) else { return self }
    var corner = offset, size = voxelSize
    corner[position] = try offset[position] + (try voxelSize[position] * Rational(begin))
    size[position] = try voxelSize[position] * Rational(step)
    return try Grid(axes: axes, voxelSize: size, offset: corner, isKnown: isKnown)
  }

  package func dropping(axis: Int) throws(GeometryError) -> Grid {
    var left = axes, size = voxelSize.values, corner = offset.values
    if let position = spatialAxes.firstIndex(of: axis) {
      size.remove(at: position)
      corner.remove(at: position)
    }
    left.remove(at: axis)
    return try Grid(axes: left, voxelSize: Coordinate(size), offset: Coordinate(corner), isKnown: isKnown)
  }

  package func reordered(_ order: [Int]) throws(GeometryError) -> Grid {
    let spatial = order.compactMap { spatialAxes.firstIndex(of: $0) }
    return try Grid(
      axes: order.map { axes[$0] }, voxelSize: Coordinate(spatial.map { voxelSize[$0] }), offset: Coordinate(spatial.map { offset[$0] }), isKnown: isKnown)
  }
}
