// Attributes of funlib.persistence and DaCapo on the array itself: `voxel_size` (or the older `resolution`), `offset`, `axis_names`,
// `units`, `types`. Written by this program too.
//
// Sample (.zattrs): {"offset": [0, 320, 1280], "voxel_size": [5, 5, 5], "axis_names": ["c^", "z", "y", "x"], "units": ["nm", "nm", "nm"]}
// `offset` is the corner of voxel 0. Lists have one entry an axis of space, or one an axis (entries of other axes are dropped).
// A name that ends in ^ is a channel. No units mean nm. funlib wants integers: fractional sizes are written as decimals all the same.
// Paintera and BigDataViewer: `pixelResolution` {"dimensions": [4, 4, 40], "unit": "nm"} or a list, times `downsamplingFactors`.
// In N5 every list goes x, y, z.

import Arrays
import Geometry

extension GridReader {
  func funlib() throws(StorageError) -> GridReading? {
    let attributes = metadata.attributes
    let field = rationals(attributes["voxel_size"]) != nil ? "voxel_size" : "resolution"
    guard let sizes = rationals(attributes[field]) else { return nil }
    let types = attributes["types"]?.strings.map { isReversed ? $0.reversed() : $0 }
    let axes = axes(names: try names(), types: types)
    let units = try units(axes)
    var voxelSize = try spatial(sizes, axes, field)
    var offset = Array(repeating: Rational.zero, count: voxelSize.count)
    if let given = rationals(attributes["offset"]) { offset = try spatial(given, axes, "offset") }
    guard let factors = units else { return GridReading(grid: Grid(unknown: axes), source: nil) }
    for axis in voxelSize.indices {
      voxelSize[axis] = try product(voxelSize[axis], factors[axis], field)
      offset[axis] = try product(offset[axis], factors[axis], "offset")
    }
    return GridReading(grid: try grid(axes, voxelSize, offset, isKnown: true, field), source: reversedText)
  }

  func pixelResolution() throws(StorageError) -> GridReading? {
    let record = metadata.attributes["pixelResolution"]
    guard let sizes = rationals(record?["dimensions"] ?? record) else { return nil }
    let axes = axes(names: try names())
    guard let factor = try nanometres(record?["unit"]?.string, "pixelResolution") else { return nil }
    var voxelSize = try spatial(sizes, axes, "pixelResolution")
    let downsampling = rationals(metadata.attributes["downsamplingFactors"])
    let steps = downsampling == nil ? nil : try spatial(downsampling ?? [], axes, "downsamplingFactors")
    for axis in voxelSize.indices {
      voxelSize[axis] = try product(voxelSize[axis], factor, "pixelResolution")
      if let steps { voxelSize[axis] = try product(voxelSize[axis], steps[axis], "downsamplingFactors") }
    }
    let offset = voxelSize.map { _ in Rational.zero }
    return GridReading(grid: try grid(axes, voxelSize, offset, isKnown: true, "pixelResolution"), source: "pixelResolution" + (isReversed ? " (reversed)" : ""))
  }

  /// The entries of the axes of space, slowest first.
  private func spatial(_ values: [Rational], _ axes: [Axis], _ field: String) throws(StorageError) -> [Rational] {
    let values = isReversed ? values.reversed() : values
    let spatial = axes.indices.filter { axes[$0].kind == .space }
    if values.count == spatial.count { return values }
    guard values.count == axes.count else { throw bad(field, "\(values.count) numbers, the array has \(axes.count) axes, \(spatial.count) of them in space") }
    return spatial.map { values[$0] }
  }

  /// nm per unit for each axis of space; nil if they are voxels.
  private func units(_ axes: [Axis]) throws(StorageError) -> [Rational]? {
    let spatial = axes.indices.filter { axes[$0].kind == .space }
    let json = metadata.attributes["units"]
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

/// What this program writes for a grid: funlib's names, `resolution` for older readers, and for N5 `pixelResolution`.
func gridAttributes(_ grid: Grid, _ format: Format) -> JSON {
  func list(_ values: [JSON]) -> JSON { .array(format == .n5 ? values.reversed() : values) }
  let names = list(grid.axes.map { .string($0.kind == .channel ? $0.name + "^" : $0.name) })
  guard grid.isKnown else { return ["axis_names": names] }
  let voxelSize = list(grid.voxelSize.values.map { JSON($0) })
  var attributes: JSON = [
    "offset": list(grid.offset.values.map { JSON($0) }), "voxel_size": voxelSize, "resolution": voxelSize, "axis_names": names,
    "units": .array(grid.voxelSize.values.map { _ in "nm" }),
  ]
  if format == .n5 { attributes["pixelResolution"] = ["dimensions": voxelSize, "unit": "nm"] }
  return attributes
}
