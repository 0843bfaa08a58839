// Values as text: `shown` is what the prompt and lists show (strings in quotes, so that it reads back), `text` is what `print` prints.

import Geometry
import TerminalText

extension Value {
  /// What the prompt shows.
  package func shown(_ style: DisplayStyle = DisplayStyle()) -> String {
    switch self {
    case .string(let text): return Self.quoted(text)
    case .function(let function):
      let width = max(40, style.width)
      return (HelpText.signature(function.signature, width) + (function.summary.map { HelpText.wrapped($0, width, first: "  ", later: "  ") } ?? [])).joined(separator: "\n")
    case .object(let box): return box.object.summary(style).visible(keepsColors: style.color)
    default: return written(style)
    }
  }

  /// What the prompt answers a statement with: a text of several lines (`tree`, a report) as its lines, a record that is wider than the
  /// screen with a line a field, else `shown`.
  package func echoed(_ style: DisplayStyle) -> String {
    if case .record(let record) = self, record.count > 1, written(style).columns > style.width { return Writer.lines(record) }
    guard case .string(let text) = self, text.contains("\n") else { return shown(style) }
    return text.visible()
  }

  /// What `print` and `"{…}"` write.
  package func text(_ style: DisplayStyle = DisplayStyle()) -> String {
    switch self {
    case .string(let text): return text
    case .object(let box): return box.object.summary(style)
    case .function(let function): return function.signature
    default: return written(style)
    }
  }

  /// On one line, as an element of something.
  package func written(_ style: DisplayStyle = DisplayStyle()) -> String {
    var writer = Writer()
    writer.write(self, depth: 0)
    return writer.text
  }

  /// What is seen of it on a terminal: text with its control characters written out.
  package func printed(_ style: DisplayStyle) -> String {
    guard style.isTerminal else { return text(style) }
    return if case .object = self { text(style).visible(keepsColors: style.color) } else { text(style).visible() }
  }

  /// As a literal in double quotes, on one line.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "{": result += "\\{"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isControl: result += scalar.escaped
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The shortest text that reads back as the same double: "0.1", "1e-5", "3.0".
  package static func floatText(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    let text = value.description
    guard let exponent = text.firstIndex(of: "e") else { return text }
    var mantissa = text[..<exponent], power = text[text.index(after: exponent)...]
    if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
    let isNegative = power.first == "-"
    power = power.drop { "+-0".contains($0) }
    return mantissa + "e" + (isNegative ? "-" : "") + power
  }

  /// In the largest unit of which it is at least one: "456 nm", "1.5 µm".
  package static func lengthText(_ length: Rational) -> String { scaled(length, [(1_000_000, "mm"), (1000, "µm")]) ?? "\(length) nm" }

  package static func durationText(_ seconds: Rational) -> String {
    if let text = scaled(seconds, [(3600, "h"), (60, "min")]) { return text }
    if seconds.numerator != 0, seconds < .one, -seconds < .one, let milliseconds = try? seconds * Rational(1000) { return "\(milliseconds) ms" }
    return "\(seconds) s"
  }

  /// "113.9 GiB"
  package static func bytesText(_ count: Double) -> String {
    var value = count, unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while abs(value) >= 1024, unit < units.count - 1 { value /= 1024; unit += 1 }
    if value == value.rounded() { return Format.printed(value, 0, "f") + " " + units[unit] }
    return Format.printed(value, 1, "f") + " " + units[unit]
  }

  private static func scaled(_ value: Rational, _ units: [(Int, String)]) -> String? {
    let size = value < .zero ? -value : value
    for (factor, unit) in units where Rational(factor) <= size {
      // only where it does not lengthen the number: 5,240 nm is 5.24 µm, 1/3 mm is not
      if let scaled = try? value / Rational(factor), case let text = "\(scaled)", !text.hasPrefix("≈") { return "\(text) \(unit)" }
    }
    return nil
  }
}

/// Writes nested values on one line; long lists are cut in the middle.
private struct Writer {
  var text = ""
  static let elements = 40, depth = 20, bytes = 100_000

  mutating func write(_ value: Value, depth: Int) {
    switch value {
    case .nil: text += "nil"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .wide(let value): text += "\(value)"
    case .float(let value): text += Value.floatText(value)
    case .string(let value): text += Value.quoted(value)
    case .length(let value): text += Value.lengthText(value)
    case .duration(let value): text += Value.durationText(value)
    case .bytes(let value): text += Value.bytesText(Double(value))
    case .function(let function): text += function.name.isEmpty ? "fn" : function.name
    case .object(let box): text += box.object.brief.visible()
    case .range(.integers(let start, let end, 1)): text += "\(start)..\(end)"
    case .range(.integers(let start, let end, let step)): text += "range(\(start), \(end), step=\(step))"
    case .range(.floats(let start, let end, let step, _)):
      text += "range(\(Value.floatText(start)), \(Value.floatText(end)), step=\(Value.floatText(step)))"
    case .voxelCoordinate(let coordinate): text += "(" + coordinate.values.map(\.description).joined(separator: ", ") + (coordinate.rank == 1 ? ",)" : ")")
    case .worldCoordinate(let coordinate): text += "(" + coordinate.values.map(\.description).joined(separator: ", ") + ") nm"
    case .list(let values): sequence("[", "]", values.count, depth) { $0.write(values[$1], depth: depth + 1) }
    case .record(let record):
      sequence("{", "}", record.count, depth) { writer, position in
        let (key, value) = record.field(at: position)
        writer.text += (Self.isName(key) ? key : Value.quoted(key)) + ": "
        writer.write(value, depth: depth + 1)
      }
    }
  }

  static func lines(_ record: Record) -> String {
    let half = elements / 2, places = record.count > elements ? Array(0..<half) + Array(record.count - half..<record.count) : Array(0..<record.count)
    let names = places.map { isName(record.field(at: $0).key) ? record.field(at: $0).key : Value.quoted(record.field(at: $0).key) }
    let width = names.map(\.columns).max() ?? 0
    var lines = zip(places, names).map { "  \($1): " + String(repeating: " ", count: width - $1.columns) + record.field(at: $0).value.written() + "," }
    if places.count < record.count { lines.insert("  … \(Words.grouped(record.count - places.count)) more …", at: half) }
    return (["{"] + lines + ["}"]).joined(separator: "\n")
  }

  private mutating func sequence(_ open: String, _ close: String, _ count: Int, _ depth: Int, _ element: (inout Writer, Int) -> Void) {
    text += open
    if depth >= Self.depth || text.utf8.count > Self.bytes { text += count > 0 ? "…" : "" } else {
      var position = 0
      while position < count {
        if position > 0 { text += ", " }
        if count > Self.elements, position == Self.elements / 2 {
          text += "… \(Words.grouped(count - Self.elements)) more …, "
          position = count - Self.elements / 2
        }
        element(&self, position)
        position += 1
      }
    }
    text += close
  }

  private static func isName(_ key: String) -> Bool {
    guard let first = key.unicodeScalars.first, first.properties.isXIDStart || first == "_" else { return false }
    return key.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
  }
}
