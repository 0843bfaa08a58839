// Reads JSON text. Strict (RFC 8259) but for two things that Python writes: NaN, Infinity and -Infinity as bare words are read
// as doubles. Nesting is limited, member names must differ, and errors say at which byte the text went wrong.

/// Where JSON text went wrong. `byte` counts from 0; a cut-off text fails at its own length.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package let byte: Int
  package let reason: String
  package var description: String { "not valid JSON at byte \(byte): \(reason)" }
}

extension JSON {
  /// Deeper nesting is refused: metadata have no use for it and the parser recurses.
  package static let depthLimit = 128

  /// - Throws: `JSONError` with the byte position.
  /// - Complexity: O(bytes).
  package init(parsing text: some Sequence<UInt8>) throws(JSONError) {
    var parser = Parser(bytes: Array(text))
    self = try parser.document()
  }

  package init(parsing text: String) throws(JSONError) { try self.init(parsing: text.utf8) }

  /// - Throws: `StorageError.badJSON` naming the file.
  package init(parsing bytes: [UInt8], of path: String) throws(StorageError) {
    do { try self.init(parsing: bytes) } catch { throw .badJSON(path: path, byte: error.byte, reason: error.reason) }
  }
}

private struct Parser {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw failure("expected the end of the text, found \(found)") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    guard depth < JSON.depthLimit else { throw failure("nested deeper than \(JSON.depthLimit) levels") }
    guard at < bytes.count else { throw failure("the text ends where a value was expected") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
    case UInt8(ascii: "-") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "I"): return try word("-Infinity", .double(-.infinity))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("expected a value, found \(found)")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var members: [JSON.Member] = []
    var names: Set<String> = []
    skipSpace()
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard at < bytes.count else { throw failure("the text ends inside an object") }
      guard bytes[at] == UInt8(ascii: "\"") else { throw failure("expected a member name in double quotes, found \(found)") }
      let start = at
      let name = try string()
      guard names.insert(name).inserted else { throw JSONError(byte: start, reason: "the member \"\(name)\" stands twice") }
      skipSpace()
      guard take(":") else { throw failure("expected : after \"\(name)\", found \(found)") }
      members.append(JSON.Member(name, try value(depth: depth + 1)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure("expected , or } in an object, found \(found)") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var values: [JSON] = []
    skipSpace()
    if take("]") { return .array([]) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure("expected , or ] in a list, found \(found)") }
    return .array(values)
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    var isInteger = true
    _ = take("-")
    let whole = digits()
    if whole == 0 { throw failure("expected a digit, found \(found)") }
    if whole > 1 && bytes[at - whole] == UInt8(ascii: "0") { throw JSONError(byte: start, reason: "a number cannot start with 0") }
    if take(".") {
      isInteger = false
      if digits() == 0 { throw failure("expected a digit after the point, found \(found)") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      if digits() == 0 { throw failure("expected a digit in the exponent, found \(found)") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger {
      if let value = Int64(text) { return .int(value) }
      if let value = UInt64(text) { return .uint(value) }
    }
    guard let value = Double(text) else { throw JSONError(byte: start, reason: "cannot read the number \(text)") }
    return .double(value)
  }

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") { at += 1 }
    return at - start
  }

  private mutating func string() throws(JSONError) -> String {
    let start = at
    at += 1
    var text: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      if bytes[at] < 0x20 { throw failure("a control character inside a string") }
      if bytes[at] == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(bytes[at]); at += 1 }
    }
    guard take("\"") else { throw failure("the text ends inside a string") }
    guard let result = String(validating: text, as: UTF8.self) else { throw JSONError(byte: start, reason: "a string that is not UTF-8") }
    return result
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let start = at
    at += 1
    guard at < bytes.count else { throw failure("the text ends inside a string") }
    let letter = bytes[at]
    at += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if 0xD800...0xDBFF ~= code, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
        at += 2
        let low = try hexadecimal()
        guard 0xDC00...0xDFFF ~= low else { throw JSONError(byte: start, reason: "half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw JSONError(byte: start, reason: "half a surrogate pair") }
      text.append(contentsOf: String(scalar).utf8)
    default: throw JSONError(byte: start, reason: "unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard at + 4 <= bytes.count else { throw JSONError(byte: bytes.count, reason: "the text ends inside a string") }
    guard let text = String(validating: bytes[at..<(at + 4)], as: UTF8.self), text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16) else {
      throw failure("expected four hexadecimal digits")
    }
    at += 4
    return code
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let letters = Array("\(text)".utf8)
    for letter in letters {
      guard at < bytes.count, bytes[at] == letter else { throw failure("expected \(text), found \(found)") }
      at += 1
    }
    return value
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private var found: String {
    if at >= bytes.count { return "the end of the text" }
    return 0x21...0x7E ~= bytes[at] ? "\(Unicode.Scalar(bytes[at]))" : "byte 0x" + String(bytes[at], radix: 16)
  }

  private func failure(_ reason: String) -> JSONError { JSONError(byte: at, reason: reason) }
}
