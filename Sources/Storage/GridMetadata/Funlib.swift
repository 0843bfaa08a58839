// Attributes of funlib.persistence and DaCapo on the array itself: `voxel_size` (or the older `resolution`), `offset`, `axis_names`,
// `units`, `types`. Written by this program too.
//
// Sample (.zattrs): {"offset": [0, 320, 1280], "voxel_size": [5, 5, 5], "axis_names": ["c^", "z", "y", "x"], "units": ["nm", "nm", "nm"]}
// `offset` is the corner of voxel 0, in the units of `voxel_size` and never in voxels. Lists have one entry an axis of space, or one an
// axis (entries of other axes are dropped). A name that ends in ^ is a channel. No units mean nm. funlib wants integers: fractional sizes
// are written as decimals all the same. In N5 every list goes x, y, z.

import Arrays
import Geometry

extension GridReader {
  func funlib() throws(StorageError) -> GridReading? {
    let attributes = metadata.attributes
    let field = rationals(attributes["voxel_size"]) != nil ? "voxel_size" : "resolution"
    guard let sizes = rationals(attributes[field]) else { return nil }
    let axes = try ownAxes()
    let units = try units(metadata.attributes["units"], axes)
    var voxelSize = try spatial(sizes, axes, field)
    var offset = Array(repeating: Rational.zero, count: voxelSize.count)
    if let given = rationals(attributes["offset"]) { offset = try spatial(given, axes, "offset") }
    guard let factors = units else { return GridReading(grid: Grid(unknown: axes), source: nil) }
    for axis in voxelSize.indices {
      voxelSize[axis] = try product(voxelSize[axis], factors[axis], field)
      offset[axis] = try product(offset[axis], factors[axis], "offset")
    }
    return GridReading(grid: try grid(axes, voxelSize, offset, field), source: source(metadata.format == .n5 ? "N5 attributes" : "attributes"))
  }

  /// nm per unit for each axis of space; nil if they are voxels.
  func units(_ json: JSON?, _ axes: [Axis]) throws(StorageError) -> [Rational]? {
    let spatial = axes.indices.filter { axes[$0].kind == .space }
    var names = json?.strings ?? json?.string.map { Array(repeating: $0, count: spatial.count) } ?? []
    if names.isEmpty { return spatial.map { _ in .one } }
    if isReversed { names.reverse() }
    if names.count == axes.count && names.count != spatial.count { names = spatial.map { names[$0] } }
    guard names.count == spatial.count else { throw bad("units", "\(names.count) units, the array has \(spatial.count) axes in space") }
    var factors: [Rational] = []
    for name in names {
      guard let factor = try nanometres(name, "units") else { return nil }
      factors.append(factor)
    }
    return factors
  }
}

/// What this program writes for a grid: funlib's names, `resolution` for older readers, and for N5 what its Java readers look for:
/// COSEM's `transform`, which places centres, and `pixelResolution`.
func gridAttributes(_ grid: Grid, _ format: Format) -> JSON {
  func list(_ values: [JSON]) -> JSON { .array(format == .n5 ? values.reversed() : values) }
  let names = list(grid.axes.map { .string($0.kind == .channel ? $0.name + "^" : $0.name) })
  guard grid.isKnown else { return ["axis_names": names] }
  let voxelSize = list(grid.voxelSize.values.map { JSON($0) })
  var attributes: JSON = [
    "offset": list(grid.offset.values.map { JSON($0) }), "voxel_size": voxelSize, "resolution": voxelSize, "axis_names": names,
    "units": .array(grid.voxelSize.values.map { _ in "nm" }),
  ]
  if format == .n5 {
    attributes["pixelResolution"] = ["dimensions": voxelSize, "unit": "nm"]
    if grid.spatialRank == grid.rank, let transform = cosemTransform(grid) { attributes["transform"] = transform }
  }
  return attributes
}

extension StoredArray {
  /// Attributes by which it lies where `grid` says, for `setAttributes`.
  package func placing(_ grid: Grid) -> JSON { gridAttributes(grid, format) }
}
