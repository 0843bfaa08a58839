import Arrays
import Geometry

/// What a user says of an array that does not say it itself, or says it wrongly: what is declared wins.
package struct Declared: Sendable, Equatable {
  /// All axes, slowest first.
  package var axes: [Axis]?
  /// nm, one an axis of space.
  package var voxelSize: WorldCoordinate?
  /// nm, the corner of voxel 0, one an axis of space.
  package var offset: WorldCoordinate?

  package init(axes: [Axis]? = nil, voxelSize: WorldCoordinate? = nil, offset: WorldCoordinate? = nil) { (self.axes, self.voxelSize, self.offset) = (axes, voxelSize, offset) }

  package var isEmpty: Bool { self == Declared() }

  /// A grid with what is declared in place of what was read, and where it comes from, for the summary.
  ///
  /// - Parameter source: what the voxel size was read from; nil if nothing said it.
  /// - Throws: `ArrayError.rank` unless as many axes are named as there are, `GeometryError`; `StorageError.badMetadata` for an offset without a voxel size.
  package func place(_ grid: Grid, _ source: String?, path: String) throws -> (Grid, String?) {
    let axes = axes ?? grid.axes
    guard axes.count == grid.rank else { throw ArrayError.rank(expected: grid.rank, found: axes.map { _ in 0 }) }
    let spatial = axes.count { $0.kind == .space }, isKnown = grid.isKnown && grid.spatialRank == spatial
    guard let size = voxelSize ?? (isKnown ? grid.voxelSize : nil) else {
      if offset != nil { throw StorageError.badMetadata(path: path, field: "offset", reason: "it needs a voxel size, and none is known") }
      return (Grid(unknown: axes), source)
    }
    let placed = try Grid(axes: axes, voxelSize: size, offset: offset ?? (isKnown ? grid.offset : Coordinate(repeating: .zero, count: spatial)))
    if voxelSize == nil && offset == nil { return (placed, source) }
    let differs = placed.voxelSize != grid.voxelSize ? "voxel \(grid.voxelSize)" : placed.offset != grid.offset ? "offset \(grid.offset)" : nil
    guard let source, isKnown, let differs else { return (placed, "the call") }
    return (placed, "the call (\(source) says \(differs))")
  }
}
