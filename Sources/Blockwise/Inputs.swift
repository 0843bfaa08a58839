// Several arrays seen on one voxel grid: that of the first.
//
// Inputs may have other axes (channels) and other corners, but one voxel size; corners must lie on the first one's grid. Regions are boxes
// of the first input's spatial voxels; channels are always read whole. An input without a known voxel size lies on the first one's
// grid if it has as many voxels.

import Arrays
import Execution
import Geometry

package struct Inputs: Sendable {
  package let sources: [any ArraySource]
  /// Spatial axes of the first input.
  package let grid: Grid
  /// What the statement works on, in spatial voxels of the first input.
  package let total: VoxelRoi
  /// Add to a voxel of the first input for the same place in input i.
  private let shifts: [[Int]]
  private let grids: [Grid]

  /// - Parameter roi: part of the world to work on, snapped outward to voxels; nil for all, if all inputs cover the same.
  /// - Throws: `BlockwiseError.noInputs`, `.voxelSizesDiffer`, `.offGrid`, `.roisDiffer`, `.outside`.
  package init(_ sources: [any ArraySource], roi: WorldRoi?) throws {
    guard let first = sources.first else { throw BlockwiseError.noInputs }
    let spatial = first.grid.axes.filter { $0.kind == .space }
    let grid = try first.grid.with(axes: spatial)
    let whole = try Self.extent(first)
    var shifts: [[Int]] = [], extents: [VoxelRoi] = []
    for (number, source) in sources.enumerated() {
      let shift = try Self.shift(from: grid, whole, to: source, number)
      let extent = try Self.extent(source).shifted(by: Coordinate(shift.map { -$0 }))
      if roi == nil && extent != whole { throw BlockwiseError.roisDiffer(first: Self.text(whole, grid), other: Self.text(extent, grid), input: number) }
      shifts.append(shift)
      extents.append(extent)
    }
    var total = whole
    if let roi {
      total = try grid.voxels(roi, .outward)
      for extent in extents where !extent.contains(total) { throw BlockwiseError.outside(roi: Self.text(total, grid), of: Self.text(extent, grid)) }
    }
    (self.sources, self.grid, self.total, self.shifts, grids) = (sources, grid, total, shifts, sources.map(\.grid))
  }

  /// Each input at `roi` (spatial voxels of the first), padded where it sticks out.
  package func read(_ roi: VoxelRoi, pad: Pad, _ context: ExecutionContext) throws -> [Volume] {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    return try sources.indices.map { number in
      let source = sources[number], grid = grids[number], shift = shifts[number]
      let place = shift.contains { $0 != 0 } ? try roi.shifted(by: Coordinate(shift)) : roi
      var full = place
      if grid.rank != grid.spatialRank {   // channels, read whole
        full = try VoxelRoi(shape: source.shape)
        for (axis, sourceAxis) in grid.spatialAxes.enumerated() { (full.offset[sourceAxis], full.shape[sourceAxis]) = (place.offset[axis], place.shape[axis]) }
      }
      return try Volume(try readPadded(source, full, pad: pad, reading), try grid.shifted(to: full.offset.values))
    }
  }

  /// Bytes of all inputs at a region of `count` spatial voxels.
  package func bytes(voxels count: Int) -> Int {
    sources.reduce(0) { sum, source in
      let channels = source.shape.indices.filter { !source.grid.spatialAxes.contains($0) }.reduce(1) { $0 &* source.shape[$1] }
      let (total, overflow) = sum.addingReportingOverflow(saturated(count, channels &* source.dtype.size))
      return overflow ? .max : total
    }
  }

  private static func extent(_ source: any ArraySource) throws -> VoxelRoi { try VoxelRoi(shape: source.grid.spatialAxes.map { source.shape[$0] }) }

  private static func shift(from grid: Grid, _ whole: VoxelRoi, to source: any ArraySource, _ number: Int) throws -> [Int] {
    let other = source.grid
    guard other.spatialRank == grid.spatialRank else { throw BlockwiseError.blockRank("input \(number + 1)", expected: grid.spatialRank, found: source.shape) }
    if !(grid.isKnown && other.isKnown), try extent(source) == whole { return [Int](repeating: 0, count: grid.spatialRank) }
    guard other.voxelSize == grid.voxelSize else { throw BlockwiseError.voxelSizesDiffer(first: "\(grid.voxelSize)", other: "\(other.voxelSize)", input: number) }
    return try (0..<grid.spatialRank).map { axis in
      let distance = try (try grid.offset[axis] - other.offset[axis]) / grid.voxelSize[axis]
      let nearest = try distance.rounded(.nearest), rest = (try distance - Rational(nearest)).double
      if abs(rest) > 1e-3 { throw BlockwiseError.offGrid(axis: grid.axes[axis].name, fraction: rest, input: number) }
      return nearest
    }
  }

  private static func text(_ roi: VoxelRoi, _ grid: Grid) -> String {
    guard grid.isKnown, let world = try? grid.world(roi) else { return "\(roi)" }
    return "\(world) nm"
  }
}
