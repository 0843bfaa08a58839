/// What an axis of an array means.
package struct Axis: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable { case channel, time, space }
  package var name: String
  package var kind: Kind

  package init(_ name: String, _ kind: Kind = .space) { (self.name, self.kind) = (name, kind) }

  package static let z = Axis("z"), y = Axis("y"), x = Axis("x"), c = Axis("c", .channel), t = Axis("t", .time)

  /// The last `rank` of (z, y, x) for up to three axes; a channel axis before them for four, channel and time for five.
  package static func defaults(rank: Int) -> [Axis] {
    let known: [Axis] = [.t, .c, .z, .y, .x]
    return rank <= 5 ? Array(known.suffix(rank)) : (0..<(rank - 5)).map { Axis("d\($0)", .channel) } + known
  }

  package var description: String { name }
}

/// Where the voxels of an array lie in the world: axis names, and for each *spatial* axis a voxel size and the corner of voxel 0, in nanometres.
package struct Grid: Hashable, Sendable {
  /// All axes of the array, slowest first; spatial ones in the order of `voxelSize`.
  package let axes: [Axis]
  /// nm, one a spatial axis, above 0.
  package let voxelSize: WorldCoordinate
  /// nm, the *corner* of voxel 0, one a spatial axis.
  package let offset: WorldCoordinate
  /// False where nothing on disk gave a voxel size: lengths in nm then mean nothing to this array.
  package let isKnown: Bool

  /// - Throws: `GeometryError.ranks`, `.emptyVoxelSize`.
  package init(axes: [Axis], voxelSize: WorldCoordinate, offset: WorldCoordinate, isKnown: Bool = true) throws(GeometryError) {
    let spatial = axes.filter { $0.kind == .space }
    guard voxelSize.rank == spatial.count else { throw .ranks(spatial.count, voxelSize.rank) }
    guard offset.rank == spatial.count else { throw .ranks(spatial.count, offset.rank) }
    for (axis, size) in zip(spatial, voxelSize.values) where size <= .zero { throw .emptyVoxelSize(axis: axis.name) }
    (self.axes, self.voxelSize, self.offset, self.isKnown) = (axes, voxelSize, offset, isKnown)
  }

  private init(_ other: Grid, offset: WorldCoordinate) { (axes, voxelSize, self.offset, isKnown) = (other.axes, other.voxelSize, offset, other.isKnown) }

  /// Voxels of 1 at offset 0, as unknown.
  package init(unknownOfRank rank: Int) { self.init(unknown: Axis.defaults(rank: rank)) }

  package init(unknown axes: [Axis]) {
    let count = axes.count { $0.kind == .space }
    self.axes = axes
    (voxelSize, offset, isKnown) = (Coordinate(repeating: .one, count: count), Coordinate(repeating: .zero, count: count), false)
  }

  package var rank: Int { axes.count }
  /// Indices of the spatial axes in `axes`.
  package var spatialAxes: [Int] { axes.indices.filter { axes[$0].kind == .space } }
  package var spatialRank: Int { voxelSize.rank }

  /// The world box of a box of voxels (spatial axes only, or all axes: channel entries are dropped).
  package func world(_ roi: VoxelRoi) throws(GeometryError) -> WorldRoi {
    let spatial = try spatial(roi)
    var begin = offset, end = offset
    for axis in 0..<spatialRank {
      begin[axis] = try offset[axis] + (try voxelSize[axis] * Rational(spatial.offset[axis]))
      end[axis] = try offset[axis] + (try voxelSize[axis] * Rational(spatial.end[axis]))
    }
    return try Roi(from: begin, to: end)
  }

  package enum Snap: Sendable { case outward, inward, nearest, exact }

  /// The voxels (spatial axes) of a world box: the one place where a ROI becomes integers.
  ///
  /// - Throws: `GeometryError.offGrid` for `.exact` if a face lies more than 10⁻³ voxel off the grid.
  package func voxels(_ roi: WorldRoi, _ snap: Snap) throws(GeometryError) -> VoxelRoi {
    guard roi.rank == spatialRank else { throw .ranks(spatialRank, roi.rank) }
    var begin = VoxelCoordinate(repeating: 0, count: spatialRank), end = begin
    let names = axes.filter { $0.kind == .space }
    for axis in 0..<spatialRank {
      let low = try (try roi.offset[axis] - offset[axis]) / voxelSize[axis]
      let high = try (try roi.end[axis] - offset[axis]) / voxelSize[axis]
      switch snap {
      case .outward: (begin[axis], end[axis]) = (try low.rounded(.down), try high.rounded(.up))
      case .inward: (begin[axis], end[axis]) = (try low.rounded(.up), try high.rounded(.down))
      case .nearest: (begin[axis], end[axis]) = (try low.rounded(.nearest), try high.rounded(.nearest))
      case .exact: (begin[axis], end[axis]) = (try exact(low, roi.offset[axis], axis, names[axis].name), try exact(high, roi.end[axis], axis, names[axis].name))
      }
    }
    return try Roi(from: begin, to: end)
  }

  private func exact(_ voxel: Rational, _ value: Rational, _ axis: Int, _ name: String) throws(GeometryError) -> Int {
    let nearest = try voxel.rounded(.nearest)
    let distance = try voxel - Rational(nearest)
    let tolerance = try Rational(1, over: 1000)
    if distance <= tolerance && -distance <= tolerance { return nearest }
    let below = try voxel.rounded(.down)
    throw .offGrid(
      axis: name, value: value,
      below: try offset[axis] + (try voxelSize[axis] * Rational(below)),
      above: try offset[axis] + (try voxelSize[axis] * Rational(try Voxel.add(below, 1))))
  }

  /// The same grid seen from voxel `begin` (full rank or spatial rank): the grid of a view.
  package func shifted(to begin: [Int]) throws(GeometryError) -> Grid {
    let spatialBegin = begin.count == spatialRank ? begin : spatialAxes.map { begin[$0] }
    var corner = offset
    for axis in 0..<spatialRank where spatialBegin[axis] != 0 { corner.values[axis] = try offset.values[axis] + (try voxelSize.values[axis] * Rational(spatialBegin[axis])) }
    return Grid(self, offset: corner)
  }

  /// The same place with other axes in front: channels added or dropped.
  package func with(axes: [Axis]) throws(GeometryError) -> Grid { try Grid(axes: axes, voxelSize: voxelSize, offset: offset, isKnown: isKnown) }

  private func spatial(_ roi: VoxelRoi) throws(GeometryError) -> VoxelRoi {
    if roi.rank == spatialRank { return roi }
    guard roi.rank == rank else { throw .ranks(rank, roi.rank) }
    return try Roi(offset: Coordinate(spatialAxes.map { roi.offset[$0] }), shape: Coordinate(spatialAxes.map { roi.shape[$0] }))
  }
}
