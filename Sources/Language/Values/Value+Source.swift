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
    case .int(let number): return number == .min ? "(-9223372036854775807 - 1)" : "\(number)"
    case .wide(let number): return "\(number)"
    case .float(let number): return number.isNaN ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : Self.floatText(number)
    case .string(let text): return Self.quoted(text)
    case .length(let length): return Self.quantity(length, "nm")
    case .duration(let time): return Self.quantity(time, "s")
    case .bytes(let count): return count % 1024 == 0 ? "\(count / 1024)KiB" : nil
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
    case .voxelCoordinate(let coordinate):
      return coordinate.rank < 2 ? nil : "(" + coordinate.values.map(String.init).joined(separator: ", ") + ")"
    case .worldCoordinate(let coordinate):
      let texts = coordinate.values.compactMap(Self.decimal)
      return coordinate.rank < 2 || texts.count < coordinate.rank ? nil : "(" + texts.joined(separator: ", ") + ")nm"
    case .function, .object: return try other(self)
    }
  }

  /// The value of a text that is a literal (signs, lists and records included), as on a command line.
  package init?(literal text: String) {
    guard let value = Literal.value(of: text) else { return nil }
    self = value
  }

  private static func quantity(_ value: Rational, _ unit: String) -> String? {
    if let text = decimal(value) { return text + unit }
    return value.denominator <= Int128(Int.max) ? "(\(value.numerator)\(unit) / \(value.denominator))" : nil
  }

  /// "4.56", "-3"; nil for a fraction that has no end.
  private static func decimal(_ value: Rational) -> String? {
    var (denominator, digits) = (value.denominator, 0), numerator = value.numerator
    while denominator % 10 == 0 { denominator /= 10; digits += 1 }
    while denominator % 5 == 0 || denominator % 2 == 0 {
      let (product, overflow) = numerator.multipliedReportingOverflow(by: denominator % 5 == 0 ? 2 : 5)
      if overflow { return nil }
      numerator = product
      denominator /= denominator % 5 == 0 ? 5 : 2
      digits += 1
    }
    guard denominator == 1 else { return nil }
    var text = String(numerator.magnitude)
    if digits > 0 {
      text = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
      text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
    }
    return (numerator < 0 ? "-" : "") + text
  }
}
