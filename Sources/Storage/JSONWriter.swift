// Writes JSON text. Doubles are written as the shortest decimal that reads back the same; NaN and infinities, which JSON lacks, as
// the texts "NaN", "Infinity", "-Infinity" (as Zarr does), which `JSON.double` reads back.

extension JSON {
  /// One line without spaces.
  package var compact: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// Two spaces a level, ends with a newline; lists of plain values stay on one line.
  package var pretty: String {
    var text = ""
    write(to: &text, indent: 0)
    return text + "\n"
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .uint(let value): text += String(value)
    case .double(let value): text += Self.numberText(value)
    case .string(let value): Self.quote(value, to: &text)
    case .array(let values):
      let inner = values.allSatisfy(\.isPlain) ? nil : indent
      Self.list(values, "[", "]", to: &text, inner, spaced: indent != nil) { value, text in value.write(to: &text, indent: inner.map { $0 + 1 }) }
    case .object(let members):
      Self.list(members, "{", "}", to: &text, indent, spaced: indent != nil) { member, text in
        Self.quote(member.key, to: &text)
        text += indent == nil ? ":" : ": "
        member.value.write(to: &text, indent: indent.map { $0 + 1 })
      }
    }
  }

  private static func list<T>(_ items: [T], _ open: String, _ close: String, to text: inout String, _ indent: Int?, spaced: Bool, _ write: (T, inout String) -> Void) {
    text += open
    for (index, item) in items.enumerated() {
      if index > 0 { text += spaced && indent == nil ? ", " : "," }
      if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
      write(item, &text)
    }
    if let indent, !items.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
    text += close
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private static func numberText(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return "\(value)"
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
