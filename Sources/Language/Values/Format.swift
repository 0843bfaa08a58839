// Format specifications: `{x:.3f}`, `{n:,}`, `{size:bytes}`, `{name:>12}`.
//
//     [[fill] < > ^] [+] [0] [width] [, _] [.precision] [d f e g x % s bytes]

import CKernels
import Geometry

package struct Format: Sendable {
  private var fill: Character = " "
  private var align: Character?
  private var plus = false
  private var width = 0
  private var groups: Character?
  private var precision: Int?
  private var kind = ""

  /// nil if the text is no specification.
  package init?(_ text: String) {
    var rest = Array(text)[...]
    if rest.count >= 2, "<>^".contains(rest[rest.startIndex + 1]) { (fill, align) = (rest.removeFirst(), rest.removeFirst()) }
    else if let first = rest.first, "<>^".contains(first) { align = rest.removeFirst() }
    if rest.first == "+" { plus = true; rest.removeFirst() }
    if rest.first == "0" { fill = "0"; rest.removeFirst() }
    guard let width = Self.number(&rest, limit: 1000) else { return nil }
    self.width = width ?? 0
    if let first = rest.first, first == "," || first == "_" { groups = rest.removeFirst() }
    if rest.first == "." {
      rest.removeFirst()
      guard let digits = Self.number(&rest, limit: 60), let digits else { return nil }
      precision = digits
    }
    kind = String(rest)
    guard ["", "d", "f", "e", "g", "x", "%", "s", "bytes"].contains(kind) else { return nil }
  }

  private static func number(_ rest: inout ArraySlice<Character>, limit: Int) -> Int?? {
    var digits = ""
    while let first = rest.first, first.isASCII, first.isNumber { digits.append(rest.removeFirst()) }
    if digits.isEmpty { return .some(nil) }
    guard let value = Int(digits), value <= limit else { return nil }
    return .some(value)
  }

  /// - Throws: a failure where the value is of another kind than the format.
  package func apply(_ value: Value, _ style: @autoclosure () -> DisplayStyle = DisplayStyle()) throws -> String {
    if value.isUnknown { return "unknown" }
    var body: String
    switch kind {
    case "d", "x":
      guard let integer = value.integer else { throw wrong(value, "an int") }
      body = kind == "x" ? String(integer, radix: 16) : grouped(String(integer))
    case "f", "e", "g":
      guard let number = Self.magnitude(value) else { throw wrong(value, "a number") }
      body = grouped(Self.printed(number, precision ?? 6, kind))
    case "%":
      guard let number = value.number else { throw wrong(value, "a number") }
      body = Self.printed(number * 100, precision ?? 1, "f") + "%"
    case "bytes":
      switch value {
      case .bytes(let count): body = Value.bytesText(Double(count))
      default:
        guard let number = value.number else { throw wrong(value, "bytes or a number") }
        body = Value.bytesText(number)
      }
    default:
      if let precision, kind != "s", let number = value.number { body = Self.printed(number, precision, "g") }
      else if kind == "s" || value.number == nil {
        body = value.text(style())
        if let precision { body = String(body.prefix(precision)) }
      } else { body = grouped(value.text(style())) }
    }
    if plus, let number = value.number, number >= 0 { body = "+" + body }
    return padded(body, isNumber: value.number != nil)
  }

  /// A number, or the nm of a length and the s of a time.
  private static func magnitude(_ value: Value) -> Double? {
    switch value {
    case .length(let length), .duration(let length): length.double
    default: value.number
    }
  }

  private func wrong(_ value: Value, _ expected: String) -> Failure {
    Failure(.type, "the format `\(kind)` needs \(expected), not \(value.typePhrase)")
  }

  private func grouped(_ text: String) -> String {
    guard let groups, let first = text.firstIndex(where: { $0.isNumber }) else { return text }
    let end = text[first...].firstIndex { !$0.isNumber } ?? text.endIndex
    return text[..<first] + String(Words.grouped(digits: String(text[first..<end])).map { $0 == "," ? groups : $0 }) + text[end...]
  }

  private func padded(_ text: String, isNumber: Bool) -> String {
    if width == 0 { return text }
    let missing = width - text.columns
    if missing <= 0 { return text }
    let pad = String(repeating: fill, count: missing)
    switch align ?? (isNumber ? ">" : "<") {
    case "<": return text + pad
    case "^": return pad.prefix(missing / 2) + text + pad.suffix(missing - missing / 2)
    default:
      if fill == "0", let sign = text.first, sign == "-" || sign == "+" { return String(sign) + pad + text.dropFirst() }
      return pad + text
    }
  }

  /// C's `%.*f` and its like: correctly rounded.
  static func printed(_ number: Double, _ precision: Int, _ kind: String) -> String {
    if !number.isFinite { return Value.floatText(number) }
    return String(unsafeUninitializedCapacity: 512) { buffer in
      let count = buffer.withMemoryRebound(to: CChar.self) {
        dcs_print_number($0.baseAddress, $0.count, number, Int32(precision), CChar(bitPattern: kind.utf8.first ?? UInt8(ascii: "f")))
      }
      return max(0, min(Int(count), buffer.count - 1))
    }
  }
}
