// Numbers and texts as pickles write them, in binary and in lines; none reaches behind the bytes that are there.

extension Unpickler {
  mutating func byte() throws(NetworkError) -> UInt8 {
    guard at < bytes.count else { throw bad("it ends too early") }
    at += 1
    return bytes[at - 1]
  }

  mutating func take(_ count: Int) throws(NetworkError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - at else { throw bad("it ends too early") }
    at += count
    return UnsafeRawBufferPointer(rebasing: bytes[(at - count)..<at])
  }

  /// Little-endian.
  mutating func number(_ size: Int) throws(NetworkError) -> Int {
    try take(size).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
  }

  mutating func long(_ size: Int) throws(NetworkError) -> PickleValue {
    guard size <= 16 else { throw bad("an integer of \(size) bytes") }
    let bytes = try take(size)
    var value: Int128 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1
    for byte in bytes.reversed() { value = value << 8 | Int128(byte) }
    return .int(value)
  }

  mutating func text(_ size: Int) throws(NetworkError) -> String { String(decoding: try take(try number(size)), as: UTF8.self) }

  /// Up to the end of the line, a byte a character (Latin-1).
  mutating func line() throws(NetworkError) -> String {
    var text = String.UnicodeScalarView()
    while true {
      let byte = try byte()
      if byte == UInt8(ascii: "\n") { break }
      text.append(Unicode.Scalar(byte))
    }
    if text.last == "\r" { text.removeLast() }
    return String(text)
  }

  mutating func place() throws(NetworkError) -> Int {
    let text = try line()
    guard let place = Int(text) else { throw bad("\(shown(text)) is no place") }
    return place
  }

  mutating func decimal() throws(NetworkError) -> PickleValue {
    let text = try line()
    if text == "01" { return .bool(true) }
    if text == "00" { return .bool(false) }
    guard let value = Int128(text.hasSuffix("L") ? String(text.dropLast()) : text) else { throw bad("\(shown(text)) is no integer of 128 bits") }
    return .int(value)
  }

  mutating func quoted() throws(NetworkError) -> String {
    let text = try line()
    guard text.count >= 2, let first = text.first, first == text.last, first == "'" || first == "\"" else { throw bad("\(shown(text)) is no text") }
    return try unescaped(String(text.dropFirst().dropLast()))
  }

  func unescaped(_ text: String) throws(NetworkError) -> String {
    guard text.contains("\\") else { return text }
    var result = String.UnicodeScalarView(), rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let escape = rest.popFirst() else { result.append(scalar); continue }
      let digits = ["x": 2, "u": 4, "U": 8][escape]
      if let digits {
        guard let code = UInt32(String(String.UnicodeScalarView(rest.prefix(digits))), radix: 16), let scalar = Unicode.Scalar(code) else { throw bad("a character of a text is none") }
        rest = rest.dropFirst(digits)
        result.append(scalar)
      } else { result.append(["n": "\n", "t": "\t", "r": "\r"][escape] ?? escape) }
    }
    return String(result)
  }

  /// A text of the file as a message may hold it.
  func shown(_ text: String) -> String {
    let plain = text.prefix(80).unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
    return "\"\(plain)\(text.count > 80 ? "…" : "")\""
  }
}
