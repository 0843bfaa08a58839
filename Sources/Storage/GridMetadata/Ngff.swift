// OME-NGFF 0.4 (`multiscales` in the attributes of a group) and 0.5 (the same below `ome`), and COSEM's `transform` record.
//
// Specification: https://ngff.openmicroscopy.org/0.4/index.html#multiscale-md
// Sample: {"multiscales": [{"version": "0.4", "axes": [{"name": "z", "type": "space", "unit": "nanometer"}, …],
//   "datasets": [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": [5.24, 4, 4]}, {"type": "translation", "translation": [0, 0, 0]}]}]}]}
// World = scale · index + translation at the *centre* of a voxel, so corner = translation − scale/2. Transforms of the whole pyramid
// come after those of a dataset. `transform` {"axes": ["z", "y", "x"], "units": […], "scale": […], "translate": […]} is read alike.

import Arrays
import Geometry

extension GridReader {
  /// From the nearest group above that lists this array.
  func ngff(_ store: some ByteStore) throws(StorageError) -> GridReading? {
    for ancestor in location.ancestors {
      let relative = ancestor.isEmpty ? location.key : String(location.key.dropFirst(ancestor.count + 1))
      guard let attributes = try? groupAttributes(store, ancestor), let pyramid = Pyramid(attributes), let dataset = pyramid.dataset(relative) else { continue }
      if let placed = try placed(pyramid, dataset) { return placed }
      return try transform(dataset["transform"], source: "transform of the group")
    }
    return nil
  }

  private func placed(_ pyramid: Pyramid, _ dataset: JSON) throws(StorageError) -> GridReading? {
    let own = dataset["coordinateTransformations"]?.array ?? []
    guard !own.isEmpty else { return nil }
    var scale = Array(repeating: Rational.one, count: rank), translation = Array(repeating: Rational.zero, count: rank)
    for step in own + (pyramid.record["coordinateTransformations"]?.array ?? []) {
      switch step["type"]?.string {
      case "scale":
        let factors = try fullRank(step["scale"], "scale")
        for axis in 0..<rank {
          scale[axis] = try product(scale[axis], factors[axis], "scale")
          translation[axis] = try product(translation[axis], factors[axis], "scale")
        }
      case "translation":
        let delta = try fullRank(step["translation"], "translation")
        for axis in 0..<rank { translation[axis] = try sum(translation[axis], delta[axis], "translation") }
      case "identity": break
      case let other: throw .unsupported(path: path, feature: "the NGFF transformation \(other ?? step.compact)")
      }
    }
    let names = pyramid.axes.map { $0["name"]?.string ?? $0.string ?? "" }
    guard names.isEmpty || names.count == rank else { throw bad("multiscales", "\(names.count) axes, the array has \(rank)") }
    let axes = axes(names: names.isEmpty ? nil : names, types: pyramid.axes.map { $0["type"]?.string ?? "" })
    let units = pyramid.axes.map { $0["unit"]?.string }
    return try reading(axes, units.isEmpty ? Array(repeating: nil, count: rank) : units, scale, translation, source: pyramid.text)
  }

  /// COSEM's record, which names its axes in C order.
  func transform(_ record: JSON?, source: String) throws(StorageError) -> GridReading? {
    guard let record, var scale = rationals(record["scale"]), var translation = rationals(record["translate"] ?? record["translation"]) else { return nil }
    var names = record["axes"]?.strings, units: [String?] = record["units"]?.strings ?? Array(repeating: nil, count: rank)
    guard scale.count == rank, translation.count == rank, units.count == rank, names == nil || names?.count == rank else {
      throw bad("transform", "its lists must have \(rank) entries, one an axis")
    }
    let fastestFirst = names.flatMap { names in names.firstIndex(of: "x").flatMap { x in names.firstIndex(of: "z").map { x < $0 } } } ?? (record["ordering"] == "F")
    if fastestFirst {
      scale.reverse()
      translation.reverse()
      units.reverse()
      names?.reverse()
    }
    return try reading(axes(names: names), units, scale, translation, source: source)
  }

  /// Drops axes that are not in space, applies units, and goes from centre to corner.
  private func reading(_ axes: [Axis], _ units: [String?], _ scale: [Rational], _ translation: [Rational], source: String) throws(StorageError) -> GridReading {
    var voxelSize: [Rational] = [], offset: [Rational] = []
    for axis in axes.indices where axes[axis].kind == .space {
      guard let factor = try nanometres(units[axis], "unit") else { return GridReading(grid: Grid(unknown: axes), source: nil) }
      let size = try product(scale[axis], factor, "scale"), place = try product(translation[axis], factor, "translation")
      guard let half = try? Rational(-1, over: 2) else { continue }
      voxelSize.append(size)
      offset.append(origin == .corner ? place : try sum(place, try product(size, half, "scale"), "translation"))
    }
    return GridReading(grid: try grid(axes, voxelSize, offset, isKnown: true, "scale"), source: source)
  }

  private func fullRank(_ json: JSON?, _ field: String) throws(StorageError) -> [Rational] {
    guard let values = rationals(json), values.count == rank else { throw bad(field, "expected \(rank) numbers, found \(json?.compact ?? "none")") }
    return values
  }
}

/// The first `multiscales` record of a group.
struct Pyramid {
  let record: JSON
  private let version: String?

  init?(_ attributes: JSON) {
    let holder = attributes["ome"] ?? attributes
    guard let record = (holder["multiscales"] ?? attributes["multiscales"])?.array?.first, record["datasets"]?.array != nil else { return nil }
    self.record = record
    version = record["version"]?.string ?? holder["version"]?.string
  }

  var axes: [JSON] { record["axes"]?.array ?? [] }
  var text: String { "OME-NGFF" + (version.map { " \($0)" } ?? "") }
  var paths: [String] { (record["datasets"]?.array ?? []).compactMap { $0["path"]?.string } }

  func dataset(_ path: String) -> JSON? { record["datasets"]?.array?.first { $0["path"]?.string == path } }
}
