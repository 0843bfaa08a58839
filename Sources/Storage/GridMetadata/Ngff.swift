// OME-NGFF: where a dataset of `multiscales` lies (Multiscale.swift finds the record).
//
// Specification: https://ngff.openmicroscopy.org/0.4/index.html#multiscale-md, …/0.5/index.html#multiscale-md
// World = scale · index + translation at the *centre* of a voxel, so corner = translation − scale/2. Transforms of the whole pyramid come
// after those of a dataset. Read: scale, translation, identity, in any order; every other kind is refused by its name, and so is 0.6 and
// later, whose coordinate systems are another model. 0.1 to 0.3 name axes at most: their voxel size is unknown.

import Arrays
import Geometry

extension GridReader {
  /// From the nearest group above that lists this array.
  func ngff(_ groups: GroupDocuments) throws(StorageError) -> GridReading? {
    for ancestor in groups.keys {
      let relative = ancestor.isEmpty ? location.key : String(location.key.dropFirst(ancestor.count + 1))
      guard let attributes = try groups.attributes(ancestor) else { continue }
      for multiscale in Multiscale.all(attributes) {
        guard let dataset = multiscale.dataset(relative) else { continue }
        if dataset["coordinateTransformations"] == nil, let cosem = try transform(dataset["transform"], source: "transform of the group") { return cosem }
        return try placed(multiscale, dataset)
      }
    }
    return nil
  }

  private func placed(_ multiscale: Multiscale, _ dataset: JSON) throws(StorageError) -> GridReading? {
    if multiscale.record["coordinateSystems"] != nil { throw .unsupported(path: path, feature: "\(multiscale.text) with coordinateSystems") }
    let names = multiscale.axes.map { $0["name"]?.string ?? $0.string ?? "" }
    guard names.isEmpty || names.count == rank else { throw bad("multiscales", "\(names.count) axes, the array has \(rank)") }
    guard !names.contains("") else { throw bad("multiscales", "an axis has no name") }
    let axes = names.isEmpty ? try ownAxes() : try axes(names: names, types: multiscale.axes.map { $0["type"]?.string ?? "" }, "multiscales")
    let own = try steps(dataset), whole = try steps(multiscale.record)
    if own.isEmpty && whole.isEmpty { return try ownPlace() ?? GridReading(grid: Grid(unknown: axes), source: "\(multiscale.text), axes only") }
    guard !own.isEmpty || multiscale.paths.count == 1 else { throw bad("multiscales", "the dataset has no coordinateTransformations, which tell its level from the others") }
    var scale = Array(repeating: Rational.one, count: rank), translation = Array(repeating: Rational.zero, count: rank)
    for step in own + whole {
      switch step["type"]?.string {
      case "scale":
        let factors = try fullRank(step, "scale")
        for axis in 0..<rank {
          scale[axis] = try product(scale[axis], factors[axis], "scale")
          translation[axis] = try product(translation[axis], factors[axis], "scale")
        }
      case "translation":
        let delta = try fullRank(step, "translation")
        for axis in 0..<rank { translation[axis] = try sum(translation[axis], delta[axis], "translation") }
      case "identity": break
      case let other: throw .unsupported(path: path, feature: "the NGFF transformation \(other ?? step.compact)")
      }
    }
    let units = multiscale.axes.map { $0["unit"]?.string }
    return try reading(axes, units.isEmpty ? Array(repeating: nil, count: rank) : units, scale, translation, source: multiscale.text)
  }

  /// What the array says of itself where the multiscale that lists it has no transformations.
  private func ownPlace() throws(StorageError) -> GridReading? {
    if let own = try transform(metadata.attributes["transform"], source: "transform") { return own }
    return try pixelResolution()
  }

  private func steps(_ holder: JSON) throws(StorageError) -> [JSON] {
    guard let value = holder["coordinateTransformations"], !value.isNull else { return [] }
    guard let steps = value.array else { throw bad("coordinateTransformations", "expected a list, found \(value.kind)") }
    return steps
  }

  private func fullRank(_ step: JSON, _ field: String) throws(StorageError) -> [Rational] {
    if step[field] == nil, step["path"] != nil { throw .unsupported(path: path, feature: "the NGFF transformation \(field) from a file") }
    guard let values = rationals(step[field]), values.count == rank else { throw bad(field, "expected \(rank) numbers, found \(step[field]?.compact ?? "none")") }
    return values
  }
}
