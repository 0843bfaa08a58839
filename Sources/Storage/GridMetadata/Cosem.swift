// COSEM's and CellMap's `transform`, on an array or on the datasets of `multiscales`: scale and place of the *centre* of voxel 0.
//
// Specification: https://github.com/janelia-cosem/schemas/blob/master/multiscale.md
// Sample: {"transform": {"axes": ["z", "y", "x"], "ordering": "C", "scale": [5.24, 4, 4], "translate": [0, 0, 0], "units": ["nm", "nm", "nm"]}}
// It names its axes, slowest first also in N5; where x stands before z, or `ordering` is F without names, the lists are turned.

import Arrays
import Geometry

extension GridReader {
  func transform(_ record: JSON?, source: String) throws(StorageError) -> GridReading? {
    guard let record, var scale = rationals(record["scale"]), var translation = rationals(record["translate"] ?? record["translation"]) else { return nil }
    var names = record["axes"]?.strings, units: [String?] = record["units"]?.strings ?? Array(repeating: nil, count: scale.count)
    // lists of the axes of space alone, beside channels that the array itself names
    let own = try ownAxes(), spatial = own.filter { $0.kind == .space }
    let isSpatial = scale.count != rank && scale.count == spatial.count
    let count = isSpatial ? spatial.count : rank
    guard scale.count == count, translation.count == count, units.count == count, names == nil || names?.count == count else {
      throw bad("transform", "its lists must have \(rank) entries, one an axis")
    }
    let fastestFirst = names.flatMap { names in names.firstIndex(of: "x").flatMap { x in names.firstIndex(of: "z").map { x < $0 } } } ?? (record["ordering"] == "F")
    if fastestFirst {
      scale.reverse()
      translation.reverse()
      units.reverse()
      names?.reverse()
    }
    if isSpatial {
      var next = 0
      func spread<T>(_ values: [T], _ other: T) -> [T] {
        next = 0
        return own.map { axis in
          if axis.kind != .space { return other }
          next += 1
          return values[next - 1]
        }
      }
      return try reading(own, spread(units, nil), spread(scale, .one), spread(translation, .zero), source: source)
    }
    return try reading(try axes(names: names, "transform"), units, scale, translation, source: source)
  }

  /// Drops axes that are not in space, applies units, and goes from centre to corner. One entry an axis.
  func reading(_ axes: [Axis], _ units: [String?], _ scale: [Rational], _ translation: [Rational], source: String) throws(StorageError) -> GridReading {
    var voxelSize: [Rational] = [], offset: [Rational] = []
    for axis in axes.indices where axes[axis].kind == .space {
      guard let factor = try nanometres(units[axis], "unit") else { return GridReading(grid: Grid(unknown: axes), source: nil) }
      let size = try product(scale[axis], factor, "scale"), place = try product(translation[axis], factor, "translation")
      voxelSize.append(size)
      offset.append(try corner(place, voxel: size, "translation"))
    }
    return GridReading(grid: try grid(axes, voxelSize, offset, "scale"), source: source)
  }
}

/// The record for a grid; nil where the numbers leave their range.
func cosemTransform(_ grid: Grid) -> JSON? {
  guard let centres = grid.centre else { return nil }
  let axes = grid.axes.filter { $0.kind == .space }
  return [
    "axes": JSON(axes.map(\.name)), "ordering": "C", "scale": .array(grid.voxelSize.values.map { JSON($0) }), "translate": .array(centres.map { JSON($0) }),
    "units": JSON(axes.map { _ in "nm" }),
  ]
}

extension Grid {
  /// nm, where the centre of voxel 0 lies; nil where the numbers leave their range.
  var centre: [Rational]? {
    try? zip(offset.values, voxelSize.values).map { offset, voxel throws(GeometryError) in try offset + voxel / Rational(2) }
  }
}
