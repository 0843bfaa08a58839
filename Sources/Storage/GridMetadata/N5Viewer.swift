// `pixelResolution` and `downsamplingFactors`: N5 viewer, BigDataViewer, Paintera, in N5 or in Zarr.
//
// Sources: n5-universe N5SingleScaleMetadataParser.buildTransform, Paintera N5Helpers.getTransform and considerDownsampling.
// Sample, on a level: {"pixelResolution": {"dimensions": [4, 4, 40], "unit": "nm"}, "downsamplingFactors": [2, 2, 1]}: the resolution is that of
// s0. A list without unit is nm. The *centre* of voxel 0 of s0 lies at `offset` (0 if none is said), and level s_k is moved by (f − 1)/2 voxels
// of s0, so all levels share one corner: offset − voxel(s0)/2.
// On a group with `multiScale`, `scales` or `painteraData` (Paintera: group/data/s0): `resolution` or `pixelResolution`, `offset`, `units`, and
// a factor a level in the group's `scales` or `downsamplingFactors` where the level has none.
// BigDataViewer's setup0/timepoint0/s0 has a `resolution` without unit, most often 1, 1, 1: sizes and places are in its XML, which is not
// read, so the voxel size stays unknown; the levels are found.

import Arrays
import Geometry

extension GridReader {
  func pixelResolution() throws(StorageError) -> GridReading? {
    let record = metadata.attributes["pixelResolution"]
    guard let sizes = rationals(record?["dimensions"] ?? record) else { return nil }
    let factors = rationals(metadata.attributes["downsamplingFactors"])
    return try viewed(sizes, record?["unit"].map { .string($0.string ?? "") }, rationals(metadata.attributes["offset"]), factors, "pixelResolution")
  }

  /// From a group above that is marked as multiscale.
  func groupResolution(_ groups: GroupDocuments) throws(StorageError) -> GridReading? {
    let level = Files.name(location.key)
    let number = level.first == "s" ? Int(level.dropFirst()) : nil
    for (depth, ancestor) in groups.keys.prefix(3).enumerated() {
      guard let group = try groups.attributes(ancestor) else { continue }
      let isMarked = group["multiScale"]?.bool == true || group["scales"] != nil || group["painteraData"] != nil
      guard isMarked, !(Files.name(ancestor).hasPrefix("timepoint")) else { continue }
      let record = group["pixelResolution"], field = group["resolution"] != nil ? "resolution" : "pixelResolution"
      guard let sizes = rationals(group["resolution"]) ?? rationals(record?["dimensions"] ?? record) else { continue }
      var factors = rationals(metadata.attributes["downsamplingFactors"])
      if factors == nil, let number {
        let all = (group["scales"] ?? group["downsamplingFactors"])?.array ?? []
        factors = all.indices.contains(number) ? rationals(all[number]) : nil
        if factors == nil, number > 0, depth == 0 { throw bad("downsamplingFactors", "missing on level \(level) of a group with one \(field) for all levels") }
      }
      let unit = field == "resolution" ? group["units"] : record?["unit"].map { JSON.string($0.string ?? "") }
      return try viewed(sizes, unit, rationals(group["offset"]), factors, "\(field) of the group")
    }
    return nil
  }

  /// - Parameter sizes: of a voxel of s0. `offset`: the centre of its voxel 0. All lists as they stand on disk.
  private func viewed(_ sizes: [Rational], _ unit: JSON?, _ offset: [Rational]?, _ factors: [Rational]?, _ field: String) throws(StorageError) -> GridReading {
    let axes = try ownAxes()
    guard let units = try units(unit, axes) else { return GridReading(grid: Grid(unknown: axes), source: nil) }
    var voxelSize = try spatial(sizes, axes, field)
    let steps = try factors.map { factors throws(StorageError) in try spatial(factors, axes, "downsamplingFactors") }
    var places = try offset.map { offset throws(StorageError) in try spatial(offset, axes, "offset") } ?? voxelSize.map { _ in .zero }
    for axis in voxelSize.indices {
      let base = try product(voxelSize[axis], units[axis], field)
      places[axis] = try corner(try product(places[axis], units[axis], "offset"), voxel: base, "offset")
      voxelSize[axis] = try product(base, steps?[axis] ?? .one, "downsamplingFactors")
    }
    return GridReading(grid: try grid(axes, voxelSize, places, field), source: source(field))
  }
}
