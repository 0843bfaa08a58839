// Values as text that reads back as the same value, exactly: what command lines and plans for other processes hold.

import Geometry

extension Value {
  /// nil for what has no such text (functions, objects), alone or inside.
  package func source() -> String? { source { _ in nil } }

  /// - Parameter other: texts of functions and objects.
  package func source(_ other: (Value) throws -> String?) rethrows -> String? {
    switch self {
    case .nil: return "nil"
    case .bool(let truth): return truth ? "true" : "false"
    case .int(let number): return "\(number)"
    case .wide(let number): return number == .min ? nil : "\(number)"
    case .float(let number): return number.isNaN ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : Self.floatText(number)
    case .string(let text): return Self.quoted(text)
    case .length(let length): return Self.quantity(length, "nm")
    case .duration(let time): return Self.quantity(time, "s")
    case .bytes(let count): return count == .min ? nil : (try? Rational(Int128(count), over: 1024))?.decimalText.map { $0 + "KiB" }
    case .list(let values):
      var texts: [String] = []
      for value in values { guard let text = try value.source(other) else { return nil }; texts.append(text) }
      return "[" + texts.joined(separator: ", ") + "]"
    case .record(let record):
      var texts: [String] = []
      for field in record.fields { guard let text = try field.value.source(other) else { return nil }; texts.append(Self.quoted(field.key) + ": " + text) }
      return "{" + texts.joined(separator: ", ") + "}"
    case .range(.integers(let start, let end, 1)): return "(\(start)..\(end))"
    case .range(.integers(let start, let end, let step)): return "range(\(start), \(end), \(step))"
    case .range: return nil
    case .voxelCoordinate(let coordinate): return Self.coordinate(coordinate.values.map(String.init))
    case .worldCoordinate(let coordinate):
      let numbers = coordinate.values.compactMap(Self.number)
      if coordinate.rank > 1, numbers.count == coordinate.rank { return Self.coordinate(numbers).map { $0 + "nm" } }
      return Self.coordinate(coordinate.values.map { Self.quantity($0, "nm") })
    case .function, .object: return try other(self)
    }
  }

  /// The value of a text that is a literal, or that `source()` wrote; nil if it is neither.
  package init?(literal text: String) {
    guard let value = Literal.value(of: text) else { return nil }
    self = value
  }

  private static func coordinate(_ elements: [String]) -> String? {
    elements.isEmpty ? nil : "(" + elements.joined(separator: ", ") + (elements.count == 1 ? ",)" : ")")
  }

  /// A length as one of the numbers in `(…)nm`. These are ints and floats: what has more digits than a float keeps has its unit inside.
  private static func number(_ length: Rational) -> String? {
    guard let text = length.decimalText, length.isInteger || Double(text).flatMap({ Rational($0) }) == length else { return nil }
    return text
  }

  private static func quantity(_ value: Rational, _ unit: String) -> String {
    if let text = value.decimalText { return text + unit }
    return value.denominator == 1 ? "\(value.numerator)\(unit)" : "(\(value.numerator)\(unit) / \(value.denominator))"
  }
}
