// Several arrays seen in one world, in blocks that are cut in one kind of voxel: the first input's, or one that is asked for.
//
// Inputs may have other axes (channels) and other corners; corners must lie on one grid, regions are boxes of spatial voxels, channels are always read
// whole. Where voxel sizes may differ (`mixed`), blocks are whole cells (InputPlace.swift), the last ones along an axis are read up to a whole cell, and
// each input has a context of whole voxels of its own. An input without a known voxel size lies on the grid of the first one if it has as many voxels.

import Arrays
import Execution
import Geometry

package struct Inputs: Sendable {
  package let sources: [any ArraySource]
  /// Spatial axes of the first input, with the voxels that blocks are cut in.
  package let grid: Grid
  /// What the statement works on, in voxels of `grid`.
  package let total: VoxelRoi
  /// Blocks are multiples of so many voxels, or reach from end to end.
  package let cell: [Int]
  private let places: [InputPlace]
  /// Add to a voxel of `grid` for that of an input with voxels of the same size; nil where that is nothing.
  private let shifts: [VoxelCoordinate?]
  private let grids: [Grid]
  private let hasChannels: [Bool]
  private let isScaled: Bool

  /// Voxels along an axis.
  private static let largestCell = 1024

  /// - Parameter roi: part of the world to work on, snapped outward to voxels; nil for all, if all inputs cover the same.
  /// - Parameter voxel: what blocks are cut in; nil: voxels of the first input. - Parameter mixed: whether voxel sizes may differ.
  /// - Throws: `BlockwiseError.noInputs`, `.voxelSizesDiffer`, `.offGrid`, `.roisDiffer`, `.outside`, `.unknownVoxel`.
  package init(_ sources: [any ArraySource], roi: WorldRoi?, voxel: WorldCoordinate? = nil, mixed: Bool = false) throws {
    guard let first = sources.first else { throw BlockwiseError.noInputs }
    let own = try first.grid.with(axes: first.grid.axes.filter { $0.kind == .space }), extent = try Self.extent(first)
    if voxel != nil, !own.isKnown { throw BlockwiseError.unknownVoxel(input: 0) }
    let grid = try voxel.map { try Grid(axes: own.axes, voxelSize: $0, offset: own.offset) } ?? own
    let whole = grid == own ? extent : try grid.voxels(try own.world(extent), .outward)
    let total = try roi.map { try grid.voxels($0, .outward) } ?? whole
    var places: [InputPlace] = []
    for (number, source) in sources.enumerated() {
      let other = source.grid, isAlike = try !(grid.isKnown && other.isKnown) && other.spatialRank == grid.rank && Self.extent(source) == whole
      if !isAlike, !(mixed && grid.isKnown && other.isKnown), other.spatialRank == grid.rank, other.voxelSize != grid.voxelSize {
        throw BlockwiseError.voxelSizesDiffer(first: "\(grid.voxelSize)", other: "\(other.voxelSize)", input: number)
      }
      let place: InputPlace
      do { place = try InputPlace(of: source, number, beside: grid, from: total.offset, isAlike: isAlike) } catch GeometryError.overflow {
        throw BlockwiseError.voxelSizesDiffer(first: "\(grid.voxelSize)", other: "\(other.voxelSize)", input: number)
      }
      if !place.covers(total.shape.values, source, exactly: roi == nil) {
        let there = Self.text(try Self.extent(source), isAlike ? grid : try other.with(axes: other.axes.filter { $0.kind == .space }))
        throw roi == nil ? BlockwiseError.roisDiffer(first: Self.text(whole, grid), other: there, input: number) : .outside(roi: Self.text(total, grid), of: there)
      }
      places.append(place)
    }
    cell = try grid.axes.indices.map { axis in
      try places.enumerated().reduce(1) { cell, place in
        // a cell beyond the region and beyond reason is two spellings of one size, 4 and 4.0000001, not two sizes
        guard let next = Self.multiple(cell, place.element.coarse[axis]), next <= max(Self.largestCell, total.shape[axis]) else {
          throw BlockwiseError.voxelSizesDiffer(first: "\(grid.voxelSize)", other: "\(sources[place.offset].grid.voxelSize)", input: place.offset)
        }
        return next
      }
    }
    isScaled = places.contains(where: \.isScaled)
    shifts = try places.map { $0.begin == total.offset.values ? nil : try VoxelCoordinate($0.begin) - total.offset }
    (self.sources, self.grid, self.total, self.places, grids) = (sources, grid, total, places, sources.map(\.grid))
    hasChannels = sources.map { $0.grid.rank != $0.grid.spatialRank }
  }

  /// Each input at a block and its context, padded where that sticks out.
  package func read(_ block: Block, pad: Pad, _ context: borrowing ReadContext) throws -> [Volume] {
    if !isScaled { return try read(block.readRoi, pad: pad, context) }
    let roi = try cells(block.writeRoi), before = (try block.writeRoi.offset - block.readRoi.offset).values, after = (try block.readRoi.end - block.writeRoi.end).values
    var volumes: [Volume] = []
    for number in sources.indices { volumes.append(try read(number, try places[number].voxels(roi, before: before, after: after), pad, context)) }
    return volumes
  }

  /// Each input at a box of `grid`'s voxels, padded where it sticks out.
  ///
  /// - Precondition: all voxel sizes are equal.
  package func read(_ roi: VoxelRoi, pad: Pad, _ context: borrowing ReadContext) throws -> [Volume] {
    var volumes: [Volume] = []
    volumes.reserveCapacity(sources.count)
    for number in sources.indices {
      if let shift = shifts[number] { volumes.append(try read(number, try roi.shifted(by: shift), pad, context)) } else { volumes.append(try read(number, roi, pad, context)) }
    }
    return volumes
  }

  package func read(_ roi: VoxelRoi, pad: Pad, _ context: ExecutionContext) throws -> [Volume] { try read(roi, pad: pad, context.reading) }

  // Copies are counted, and what all blocks have in common by all threads in one place: so nothing is held here that need not be.
  private func read(_ number: Int, _ place: VoxelRoi, _ pad: Pad, _ context: borrowing ReadContext) throws -> Volume {
    if !hasChannels[number] { return try Volume(try readPadded(sources[number], place, pad: pad, context), try grids[number].shifted(to: place.offset.values)) }
    var full = try VoxelRoi(shape: sources[number].shape)   // channels, read whole
    for (axis, sourceAxis) in grids[number].spatialAxes.enumerated() { (full.offset[sourceAxis], full.shape[sourceAxis]) = (place.offset[axis], place.shape[axis]) }
    return try Volume(try readPadded(sources[number], full, pad: pad, context), try grids[number].shifted(to: full.offset.values))
  }

  /// Shapes in which a function gets the inputs at a block.
  func shapes(_ block: Block) throws -> [[Int]] {
    let roi = try cells(block.writeRoi), before = (try block.writeRoi.offset - block.readRoi.offset).values, after = (try block.readRoi.end - block.writeRoi.end).values
    return try zip(sources, places).map { source, place in
      let own = try place.voxels(roi, before: before, after: after).shape
      var shape = source.shape
      for (axis, sourceAxis) in source.grid.spatialAxes.enumerated() { shape[sourceAxis] = own[axis] }
      return shape
    }
  }

  /// A block with what it reads up to whole cells: what a function may return, before it is cut to the block.
  func whole(_ block: Block) throws -> VoxelRoi {
    if !isScaled { return block.readRoi }
    return try cells(block.writeRoi).shifted(by: total.offset).grown(before: try block.writeRoi.offset - block.readRoi.offset, after: try block.readRoi.end - block.writeRoi.end)
  }

  /// Voxels of a block up to whole cells, counted from the region's begin.
  private func cells(_ roi: VoxelRoi) throws -> VoxelRoi {
    var roi = try roi.shifted(by: Coordinate(total.offset.values.map { -$0 }))
    for axis in cell.indices where cell[axis] > 1 { roi.shape[axis] = try upward(roi.shape[axis], cell[axis]) }
    return roi
  }

  /// A block that is no smaller, of whole cells.
  ///
  /// - Throws: `.voxelsCut` where one that was asked for has to be larger; `.voxelSizesDiffer` where none but the whole would do.
  func blocks(_ block: [Int], isGiven: Bool) throws -> [Int] {
    guard isScaled, block.count == cell.count else { return block }
    let extent = total.shape.values
    let larger = try block.indices.map { axis in block[axis] < 1 || block[axis] >= extent[axis] ? block[axis] : try upward(block[axis], cell[axis]) }
    if !isGiven || larger == block { return larger }
    let number = places.indices.first { place in block.indices.contains { larger[$0] != block[$0] && block[$0] % places[place].coarse[$0] != 0 } } ?? 0
    throw BlockwiseError.voxelsCut(block: block, larger: larger, voxel: "\(sources[number].grid.voxelSize)", own: "\(grid.voxelSize)", input: number)
  }

  /// Bytes of all inputs at a region of `count` voxels.
  package func bytes(voxels count: Int) -> Int {
    zip(sources, places).reduce(0) { sum, input in
      let (source, place) = input
      let channels = source.shape.indices.filter { !source.grid.spatialAxes.contains($0) }.reduce(1) { $0 &* source.shape[$1] }
      return saturatedSum(sum, saturated(place.voxels(count), channels &* source.dtype.size))
    }
  }

  private func upward(_ length: Int, _ part: Int) throws -> Int {
    let rest = length % part
    return rest == 0 ? length : try Voxel.add(length, part - rest)
  }

  private static func multiple(_ a: Int, _ b: Int) -> Int? {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    let (product, overflow) = (a / max(1, x)).multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }

  private static func extent(_ source: any ArraySource) throws -> VoxelRoi { try VoxelRoi(shape: source.grid.spatialAxes.map { source.shape[$0] }) }

  private static func text(_ roi: VoxelRoi, _ grid: Grid) -> String {
    guard grid.isKnown, let world = try? grid.world(roi) else { return "\(roi)" }
    return "\(world) nm"
  }
}
