// Boxes as text, for the command line: as they are shown, or with a unit at every bound.

import Geometry
import Language

extension RoiValue {
  /// `roi((1000, 0, 3000)nm, (1000, 6000, 1000)nm)`
  package var expression: String? {
    guard let offset = Value.worldCoordinate(roi.offset).source(), let shape = Value.worldCoordinate(roi.shape).source() else { return nil }
    return "roi(\(offset), \(shape))"
  }

  /// `[1um:2um, 0um:6um, 3um:4um]`, or as shown, `[1:2, 0:6, 3:4] µm`.
  ///
  /// - Throws: a failure that says what a box looks like.
  package static func value(_ text: String) throws -> Value {
    func failure(_ reason: String) -> Failure { Failure(.argument, "`\(text)` is no roi: \(reason)", hint: "'[1um:2um, 0um:6um, 3um:4um]'") }
    let trimmed = text.drop { $0 == " " }
    guard trimmed.first == "[", let end = trimmed.lastIndex(of: "]") else { throw failure("it stands in [ ]") }
    let unit = trimmed[trimmed.index(after: end)...].filter { $0 != " " }
    var offset: [Rational] = [], shape: [Rational] = []
    for axis in trimmed[trimmed.index(after: trimmed.startIndex)..<end].split(separator: ",", omittingEmptySubsequences: false) {
      let bounds = try axis.split(separator: ":", omittingEmptySubsequences: false).map { bound -> Rational in
        let written = bound.filter { $0 != " " }
        guard case .length(let length)? = Value(literal: written + unit) else { throw failure("`\(written)` is no length") }
        return length
      }
      guard bounds.count == 2, bounds[0] <= bounds[1] else { throw failure("an axis goes from a length to one that is no smaller, from:to") }
      offset.append(bounds[0])
      shape.append(try bounds[1] - bounds[0])
    }
    return Value(RoiValue(roi: try WorldRoi(offset: WorldCoordinate(offset), shape: WorldCoordinate(shape))))
  }
}

/// A value for a script's parameter of a type that only the words know; nil: the text is an expression of the language.
package func parameterValue(_ text: String, type: String) throws -> Value? {
  switch type {
  case "roi" where text != "nil": try RoiValue.value(text)
  default: nil
  }
}
