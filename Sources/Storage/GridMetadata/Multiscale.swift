// `multiscales` of a group: OME-NGFF 0.1 to 0.4 in the attributes of a Zarr v2 group, 0.5 the same below `ome` in zarr.json, and COSEM's
// older form, whose datasets have a `transform` each.
//
// Sample: {"multiscales": [{"version": "0.4", "name": "em", "axes": [{"name": "z", "type": "space", "unit": "nanometer"}, …],
//   "datasets": [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": [5.24, 4, 4]}, {"type": "translation", "translation": [0, 0, 0]}]}]}]}
// In 0.3 axes are plain names, in 0.1 and 0.2 there are none: t, c, z, y, x. A group may hold several; the first is the default one.

package struct Multiscale: Equatable, Sendable {
  package let record: JSON
  /// "0.4"; nil where none is said.
  package let version: String?
  package var name: String? { record["name"]?.string }

  /// All multiscales in the attributes of a group that list datasets.
  package static func all(_ attributes: JSON) -> [Multiscale] {
    let holder = attributes["ome"]?["multiscales"] != nil ? attributes["ome"] ?? attributes : attributes
    return (holder["multiscales"]?.array ?? []).compactMap { record in
      record["datasets"]?.array == nil ? nil : Multiscale(record: record, version: record["version"]?.string ?? holder["version"]?.string)
    }
  }

  var axes: [JSON] { record["axes"]?.array ?? [] }
  private var datasets: [JSON] { record["datasets"]?.array ?? [] }
  /// Where the levels lie, below the group, finest first.
  package var paths: [String] { datasets.compactMap { $0["path"]?.string } }

  /// "OME-NGFF 0.4", "COSEM multiscales".
  package var text: String {
    if version == nil, datasets.first?["transform"] != nil { return "COSEM multiscales" }
    return "OME-NGFF" + (version.map { " \($0)" } ?? "")
  }

  func dataset(_ path: String) -> JSON? { datasets.first { $0["path"]?.string.map { $0.split(separator: "/") == path.split(separator: "/") } ?? false } }
}
