// Text to tokens. Newlines are tokens; which of them matter is the parser's business. Comments go aside, `##` ones for help.

struct Lexer {
  let source: Source
  private let bytes: [UInt8]
  private let limit: Int
  private var position: Int
  private(set) var tokens: [Token] = []
  private(set) var comments: [Comment] = []
  private(set) var diagnostics: [Diagnostic] = []

  struct Comment: Sendable {
    /// Without the `#`s and one blank after them.
    var text: String
    var span: Span
    var isHelp: Bool
    /// Nothing but blanks before it on its line.
    var standsAlone: Bool
  }

  /// Reads `range` of the source, or all of it.
  init(_ source: Source, range: Span? = nil) {
    self.source = source
    bytes = source.bytes
    (position, limit) = (range?.start ?? 0, range?.end ?? source.bytes.count)
  }

  static func tokens(of source: Source, range: Span? = nil) -> Lexer {
    var lexer = Lexer(source, range: range)
    lexer.run()
    return lexer
  }

  /// Whether a text would be read as one name (or keyword).
  static func isName(_ text: String) -> Bool {
    let lexer = Lexer(Source(name: "", text: text))
    var offset = 0
    while case let length = lexer.nameLength(at: offset, first: offset == 0), length > 0 { offset += length }
    return offset > 0 && offset == lexer.bytes.count
  }

  private func byte(_ ahead: Int = 0) -> UInt8 { position + ahead < limit ? bytes[position + ahead] : 0 }

  private mutating func add(_ kind: Token.Kind, from start: Int) { tokens.append(Token(kind: kind, span: Span(start, position))) }

  private mutating func report(_ message: String, _ span: Span, label: String? = nil, hint: String? = nil) {
    if diagnostics.count >= Parser.reportLimit { return }   // no text at all
    diagnostics.append(Diagnostic(.error, .syntax, message, site: Site(source, span), label: label, hint: hint))
  }

  private mutating func run() {
    while position < limit {
      let start = position, first = byte()
      switch first {
      case UInt8(ascii: "\n"):
        position += 1
        add(.newline, from: start)
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      case UInt8(ascii: "#"): comment()
      case UInt8(ascii: "\""), UInt8(ascii: "'"): string(first)
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
      default:
        if nameLength(at: position, first: true) > 0 { name() } else { symbol() }
      }
    }
    add(.end, from: position)
  }

  private mutating func comment() {
    let start = position
    while position < limit, byte() != UInt8(ascii: "\n") { position += 1 }
    var text = source.text(Span(start, position))[...]
    if text.last == "\r" { text.removeLast() }
    let isHelp = text.hasPrefix("##")
    text = text.drop { $0 == "#" }
    if text.first == " " { text.removeFirst() }
    let standsAlone = tokens.last.map { $0.kind == .newline } ?? true
    comments.append(Comment(text: String(text), span: Span(start, position), isHelp: isHelp, standsAlone: standsAlone))
  }

  private mutating func string(_ quote: UInt8) {
    let start = position
    position += 1
    while position < limit, byte() != quote, byte() != UInt8(ascii: "\n") {
      position += quote == UInt8(ascii: "\"") && byte() == UInt8(ascii: "\\") && position + 1 < limit && byte(1) != UInt8(ascii: "\n") ? 2 : 1
    }
    let content = Span(start + 1, position)
    if byte() == quote, position < limit {
      position += 1
    } else {
      report("this string has no end", Span(start, position), label: "no closing \(quote == UInt8(ascii: "\"") ? "\"" : "'") on this line")
    }
    add(.string(content: content, isLiteral: quote == UInt8(ascii: "'")), from: start)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func digits(_ accepts: (UInt8) -> Bool) {
    while position < limit, accepts(byte()) || byte() == UInt8(ascii: "_") { position += 1 }
  }

  private mutating func number() {
    let start = position
    var isInteger = true
    if byte() == UInt8(ascii: "0"), byte(1) | 0x20 == UInt8(ascii: "x") {
      position += 2
      digits { Self.isDigit($0) || ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "f")) }
    } else {
      digits(Self.isDigit)
      if byte() == UInt8(ascii: "."), Self.isDigit(byte(1)) {
        isInteger = false
        position += 1
        digits(Self.isDigit)
      }
      let signed = byte(1) == UInt8(ascii: "-") || byte(1) == UInt8(ascii: "+")
      if byte() | 0x20 == UInt8(ascii: "e"), Self.isDigit(byte(signed ? 2 : 1)) {
        isInteger = false
        position += signed ? 2 : 1
        digits(Self.isDigit)
      }
    }
    let text = source.text(Span(start, position)).filter { $0 != "_" }
    let unitStart = position
    skipName(first: true)
    add(.number(text: text, isInteger: isInteger, unit: source.text(Span(unitStart, position))), from: start)
  }

  private mutating func skipName(first: Bool) {
    var first = first
    while case let length = nameLength(at: position, first: first), length > 0 {
      position += length
      first = false
    }
  }

  private mutating func name() {
    let start = position
    skipName(first: true)
    let text = source.text(Span(start, position))
    if let keyword = Keyword(rawValue: text) { add(.keyword(keyword), from: start) } else { add(.name(text), from: start) }
  }

  /// Bytes of the letter (or, after the first, digit or mark) at an offset; 0 if there is none.
  private func nameLength(at offset: Int, first: Bool) -> Int {
    guard offset < limit else { return 0 }
    let byte = bytes[offset]
    if byte < 0x80 {
      let letter = byte | 0x20
      if letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") || byte == UInt8(ascii: "_") { return 1 }
      return !first && Self.isDigit(byte) ? 1 : 0
    }
    guard let scalar = scalar(at: offset) else { return 0 }
    return first ? scalar.properties.isXIDStart ? scalar.utf8.count : 0 : scalar.properties.isXIDContinue ? scalar.utf8.count : 0
  }

  private func scalar(at offset: Int) -> Unicode.Scalar? {
    String(decoding: bytes[offset..<min(offset + 4, limit)], as: UTF8.self).unicodeScalars.first
  }

  private mutating func symbol() {
    let start = position
    for (symbol, text) in Symbol.bytes where text.indices.allSatisfy({ byte($0) == text[$0] }) && start + text.count <= limit {
      position += text.count
      add(.symbol(symbol), from: start)
      return
    }
    position += scalar(at: start)?.utf8.count ?? 1
    position = min(position, limit)
    let text = source.text(Span(start, position))
    let hint: String? =
      switch text {
      case "!": "not x, or a != b"
      case "^": "a ** b for a power"
      case "“", "”": "straight quotes: \""
      case "‘", "’": "straight quotes: '"
      case "\u{a0}": "an ordinary blank (this one does not break)"
      default: nil
      }
    let isControl = text.unicodeScalars.first.map { $0.value < 0x20 || $0.value == 0x7f } ?? false
    let shown = isControl ? "a control character (0x\(String(text.unicodeScalars.first?.value ?? 0, radix: 16)))" : "`\(text)`"
    report("\(shown) means nothing here", Span(start, position), hint: hint)
    add(.invalid, from: start)
  }
}
