// What attributes say that does not depend on the format: what a copy in another format takes along.
//
// Attributes that place an array or the levels of a group stay behind: lists of N5 go x, y, z, NGFF has a home of its own in each version of Zarr,
// and a copy says anew where it lies. Others are kept as they stand; those of OME that place nothing move between the group (Zarr v2) and `ome` (v3).

/// Attributes by which `GridReader` and viewers find out where something lies.
private let placingNames: Set = [
  "voxel_size", "resolution", "offset", "axis_names", "units", "types", "axes", "_ARRAY_DIMENSIONS", "transform", "pixelResolution", "downsamplingFactors", "multiscales", "multiScale", "scales",
]
private let omeNames: Set = ["omero", "labels", "image-label", "plate", "well", "series", "bioformats2raw.layout"]

extension StoredArray {
  package var portableAttributes: JSON { attributes.without { placingNames.contains($0) } }
}

extension StoredGroup {
  package func portableAttributes(_ format: Format) -> JSON {
    let plain = attributes.without { placingNames.contains($0) || $0 == "ome" || omeNames.contains($0) }
    let images = attributes.without { !omeNames.contains($0) }.merging((attributes["ome"] ?? .emptyObject).without { $0 == "version" || placingNames.contains($0) })
    guard format == .zarr3, images != .emptyObject else { return plain.merging(images) }
    return plain.merging(["ome": (["version": "0.5"] as JSON).merging(images)])
  }
}

extension JSON {
  fileprivate func without(_ isLeftOut: (String) -> Bool) -> JSON { .object((members ?? []).filter { !isLeftOut($0.key) }) }
}
