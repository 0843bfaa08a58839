// What stands between quotes: escapes, and `{expression:format}` in double quotes.

extension Parser {
  mutating func string(_ content: Span, _ isLiteral: Bool, _ span: Span) throws -> Expression {
    if isLiteral { return Expression(.literal(.string(source.text(content))), span) }
    let pieces = try self.pieces(content)
    switch pieces.count {
    case 0: return Expression(.literal(.string("")), span)
    case 1: if case .text(let text) = pieces[0] { return Expression(.literal(.string(text)), span) }
    default: break
    }
    let values = pieces.compactMap { if case .value(let value, _) = $0 { value } else { nil } }
    return try node(.interpolation(pieces), span, over: values)
  }

  /// A double-quoted string that may not interpolate: a field name, a path of an import.
  mutating func plainText(_ content: Span) throws -> String {
    var text = ""
    for piece in try pieces(content) {
      guard case .text(let part) = piece else { throw fail("this string cannot hold `{…}`", at: content) }
      text += part
    }
    return text
  }

  private mutating func pieces(_ content: Span) throws -> [Expression.Piece] {
    var pieces: [Expression.Piece] = []
    var text: [UInt8] = []
    var offset = content.start
    func flush() {
      if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
    }
    while offset < content.end {
      switch source.bytes[offset] {
      case UInt8(ascii: "\\"):
        let (bytes, length) = try escape(offset, content)
        text += bytes
        offset += length
      case UInt8(ascii: "{"):
        flush()
        let (piece, next) = try interpolation(from: offset, content)
        pieces.append(piece)
        offset = next
      case let byte:
        text.append(byte)
        offset += 1
      }
    }
    flush()
    return pieces
  }

  /// What a `\` at an offset stands for, and how many bytes it takes up.
  private mutating func escape(_ offset: Int, _ content: Span) throws -> ([UInt8], length: Int) {
    switch offset + 1 < content.end ? source.bytes[offset + 1] : 0 {
    case UInt8(ascii: "n"): return ([UInt8(ascii: "\n")], 2)
    case UInt8(ascii: "r"): return ([UInt8(ascii: "\r")], 2)
    case UInt8(ascii: "t"): return ([UInt8(ascii: "\t")], 2)
    case UInt8(ascii: "u"):
      let digits = source.bytes[min(offset + 3, content.end)..<content.end].prefix(7).prefix { $0 != UInt8(ascii: "}") }
      let end = offset + 3 + digits.count
      guard offset + 2 < content.end, source.bytes[offset + 2] == UInt8(ascii: "{"), end < content.end, digits.count <= 6,
        let scalar = UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
      else {
        throw fail("unknown character in a string", at: Span(offset, min(offset + 2, content.end)), label: "its number goes between braces, in base 16: \\u{b5}")
      }
      return (Array(String(scalar).utf8), end + 1 - offset)
    case let byte where [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}")].contains(byte): return ([byte], 2)
    default:
      throw fail(
        "unknown escape in a string", at: Span(offset, min(offset + 2, content.end)), label: #"known: \n \r \t \" \\ \{ \u{b5}"#,
        hint: "single quotes take every character as it is: 'C:\\data'")
    }
  }

  /// Finds the `}` that closes the `{` at an offset, and the `:` of a format outside inner brackets.
  private mutating func interpolation(from open: Int, _ content: Span) throws -> (Expression.Piece, next: Int) {
    var depth = 0, quoted = false, colon: Int?
    var offset = open + 1
    scan: while offset < content.end {
      let byte = source.bytes[offset]
      if byte == UInt8(ascii: "'") { quoted.toggle() }
      if !quoted {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ":") where depth == 0 && colon == nil: colon = offset
        case UInt8(ascii: "}") where depth == 0: break scan
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        default: break
        }
      }
      offset += 1
    }
    if offset >= content.end {
      throw fail("`{` in a string has no `}`", at: Span(open, open + 1), hint: #"\{ for the character itself"#)
    }
    let span = Span(open + 1, colon ?? offset)
    let format = colon.map { source.text(Span($0 + 1, offset)) }
    let value = try inner(span, whole: Span(open, offset + 1))
    if let format, Format(format) == nil {
      throw fail("unknown format `\(format)`", at: Span((colon ?? offset) + 1, offset), hint: "{x:.3f} {n:,} {n:bytes} {name:>12}")
    }
    return (.value(value, format: format), offset + 1)
  }

  private mutating func inner(_ span: Span, whole: Span) throws -> Expression {
    var parser = Parser(source, range: span)
    parser.nesting = nesting + 1
    parser.skipsNewlines = [true]
    defer { diagnostics += parser.diagnostics.map { var copy = $0; copy.isIncomplete = false; return copy } }
    if parser.current.kind == .end { throw fail("nothing between `{` and `}` in a string", at: whole, hint: #"\{ for the character itself"#) }
    let value = try parser.expression()
    if parser.current.kind != .end { throw parser.expected("`}` or `:` and a format") }
    return value
  }
}
