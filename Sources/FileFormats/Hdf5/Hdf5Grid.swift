// Where a dataset of HDF5 lies in the world, by the attributes that programs of the field give it.
//
// voxel_size or resolution, with offset     nm, z y x, or units="um"; one entry an axis of space, or one an axis     funlib, DaCapo, CREMI
// element_size_um                           µm, the last axes z y x                                                  Fiji's HDF5 plugin, ilastik, elf
// axes, axis_names, DIMENSION_LABELS        "zyx", ["z", "y", "x"]                                                   names of axes
// axistags                                  {"axes": [{"key": "z", …}]}                                              ilastik (vigra): names of axes
// Else axes are named by their number, as everywhere, and the voxel size is unknown. BigDataViewer's .h5 keeps sizes in its .xml: they are not read.

import Arrays
import Geometry
import Storage

struct Hdf5Grid {
  let attributes: JSON
  let rank: Int
  let path: String

  private func bad(_ field: String, _ reason: String) -> StorageError { .badMetadata(path: path, field: field, reason: reason) }

  func read() throws -> (Grid, String?) {
    let axes = axes(), spatial = axes.indices.filter { axes[$0].kind == .space }
    func values(_ field: String, _ factor: Rational) throws -> [Rational]? {
      guard let json = attributes[field] else { return nil }
      guard let numbers = json.doubles ?? json.double.map({ value in spatial.map { _ in value } }), !numbers.isEmpty else { return nil }
      let exact = try numbers.map { value in
        guard let rational = Rational(value) else { throw bad(field, "\(value) is no length") }
        return try rational * factor
      }
      if exact.count == spatial.count { return exact }
      if exact.count == axes.count { return spatial.map { exact[$0] } }
      if field == "element_size_um", exact.count == 3, spatial.count < 3 { return Array(exact.suffix(spatial.count)) }
      throw bad(field, "\(exact.count) numbers, the dataset has \(axes.count) axes, \(spatial.count) of them in space")
    }
    guard !spatial.isEmpty else { return (Grid(unknown: axes), nil) }
    let unit = attributes["units"]?.string ?? attributes["units"]?.strings?.last ?? attributes["unit"]?.string
    guard let factor = unit.map({ Lengths.nanometres($0) }) ?? Rational.one else { return (Grid(unknown: axes), nil) }
    for field in ["voxel_size", "resolution"] {
      guard let size = try values(field, factor) else { continue }
      let offset = try values("offset", factor)
      return (try grid(axes, size, offset, field), field)
    }
    if let size = try values("element_size_um", Rational(1000)) { return (try grid(axes, size, nil, "element_size_um"), "element_size_um") }
    return (Grid(unknown: axes), nil)
  }

  private func grid(_ axes: [Axis], _ size: [Rational], _ offset: [Rational]?, _ field: String) throws -> Grid {
    do { return try Grid(axes: axes, voxelSize: Coordinate(size), offset: Coordinate(offset ?? size.map { _ in .zero })) } catch { throw bad(field, "\(error)") }
  }

  private func axes() -> [Axis] {
    var names = attributes["axis_names"]?.strings ?? attributes["axes"]?.strings ?? attributes["DIMENSION_LABELS"]?.strings
    if names == nil, let text = attributes["axes"]?.string { names = text.contains(",") ? text.split(separator: ",").map { $0.trimming(" ") } : text.map(String.init) }
    if names == nil, let text = attributes["axistags"]?.string, let tags = try? JSON(parsing: text) { names = tags["axes"]?.array?.compactMap { $0["key"]?.string } }
    guard let names, names.count == rank, names.allSatisfy({ !$0.isEmpty }), Set(names).count == rank else { return Axis.defaults(rank: rank) }
    return names.map { Axis.meaning($0) }
  }
}

extension Axis {
  /// An axis by its name: c is of channels, t of time, a name that ends in ^ of channels, all others of space.
  package static func meaning(_ name: String) -> Axis {
    if name.hasSuffix("^") { return Axis(String(name.dropLast()), .channel) }
    return switch name.lowercased() {
    case "c", "ch", "channel", "channels", "s": Axis(name.lowercased() == "s" ? "s" : "c", .channel)
    case "t", "time": .t
    default: Axis(name.count == 1 ? name.lowercased() : name)
    }
  }
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> String { String(drop { $0 == character }.reversed().drop { $0 == character }.reversed()) }
}
