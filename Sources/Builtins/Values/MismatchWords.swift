// What is said where two arrays do not fit each other: their names as written in the script, both shapes, and where they lie.

import Arrays
import Geometry
import Language

extension ArrayError {
  /// "shapes do not match: pred (z 256, y 256, x 256) and truth (z 256, y 256, x 250)"
  static func shapesDoNotMatch(_ axis: String, _ left: NamedShape, _ right: NamedShape, _ extents: AxisExtents?) -> Failure {
    let lengths = [left, right].map { shape in shape.names.firstIndex(of: axis).map { "\(shape.shape[$0])" } ?? "none" }
    @Sendable func failure(_ a: String?, _ b: String?) -> Failure {
      let places = extents.map { " (\($0.phrase(a ?? "the left", b ?? "the right")))" } ?? ""
      return Failure(
        .shape, "shapes do not match: \(phrase(a, left)) and \(phrase(b, right))", label: "\(axis): \(lengths[0]) against \(lengths[1])\(places)",
        hint: extents?.areOnOneGrid == true ? common(a, b) : nil)
    }
    var unnamed = failure(nil, nil)
    unnamed.naming = failure
    return unnamed
  }

  static func gridsDoNotMatch(_ axis: String, _ left: AxisPlace, _ right: AxisPlace) -> Failure {
    let isHalf = left.size == right.size && left.isHalfAVoxel(from: right)
    @Sendable func failure(_ a: String?, _ b: String?) -> Failure {
      if isHalf {
        return Failure(
          .grid, "grids do not match: \(a ?? "left") and \(b ?? "right") lie half a voxel apart along \(axis), from \(lengthText(left.corner)) nm and from \(lengthText(right.corner)) nm",
          hint: "where corners were written for centres: open(path, origin=\"corner\")")
      }
      return Failure(
        .grid, "grids do not match along \(axis): \(a.map { "\($0) has " } ?? "")\(left) and \(b.map { "\($0) has " } ?? "")\(right)",
        hint: left.size == right.size ? common(a, b) : a.flatMap { a in b.map { "resample(\(a), like=\($0))" } })
    }
    var unnamed = failure(nil, nil)
    unnamed.naming = failure
    return unnamed
  }

  private static func phrase(_ name: String?, _ shape: NamedShape) -> String { (name.map { "\($0) " } ?? "") + shape.description }

  /// What can be pasted: both cut to where both have voxels.
  private static func common(_ a: String?, _ b: String?) -> String? {
    guard let a, let b, a != b else { return nil }
    return "r = \(a).roi & \(b).roi, then \(a)[r], \(b)[r]"
  }
}

extension AxisPlace {
  fileprivate func isHalfAVoxel(from other: AxisPlace) -> Bool {
    guard let half = try? size / Rational(2), let distance = try? corner - other.corner else { return false }
    return distance == half || distance == -half
  }
}

extension AxisExtents {
  /// Voxels of one size whose faces coincide.
  var areOnOneGrid: Bool {
    guard left.voxel == right.voxel, let shift = try? right.begin - left.begin, let voxels = try? shift / left.voxel else { return false }
    return voxels.denominator == 1
  }

  /// "same grid; truth ends 24 nm earlier"
  func phrase(_ a: String, _ b: String) -> String {
    if left.voxel != right.voxel { return "voxels of \(Value.lengthText(left.voxel)) and \(Value.lengthText(right.voxel))" }
    guard areOnOneGrid else { return "the grids lie a part of a voxel apart" }
    let parts = [moved("begins", right.begin, left.begin), moved("ends", right.end, left.end)].compactMap { $0 }
    return "same grid; \(b) " + parts.joined(separator: " and ")
  }

  private func moved(_ verb: String, _ there: Rational, _ here: Rational) -> String? {
    guard there != here, let distance = try? there - here else { return nil }
    return "\(verb) \(Value.lengthText(distance < .zero ? -distance : distance)) \(distance < .zero ? "earlier" : "later")"
  }
}
