// The XML that S3 and GS answer with: elements and text. Strict, and small: no document types, no entities but the five and numbers.
//
// Specification: https://www.w3.org/TR/xml/

package struct XML: Equatable {
  package let name: String
  package var text = ""
  package var children: [XML] = []

  package subscript(_ name: String) -> XML? { children.first { $0.name == name } }
  package func all(_ name: String) -> [XML] { children.filter { $0.name == name } }

  package struct Malformed: Error, Equatable { let byte: Int }

  package init(name: String) { self.name = name }

  package init(parsing text: String) throws(Malformed) {
    var reader = Reader(bytes: Array(text.utf8))
    self = try reader.document()
  }
}

private struct Reader {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var bad: XML.Malformed { XML.Malformed(byte: at) }
  func starts(_ text: StaticString) -> Bool { text.withUTF8Buffer { bytes[at...].starts(with: $0) } }

  mutating func document() throws(XML.Malformed) -> XML {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try skipMisc()
    let root = try element(depth: 0)
    try skipMisc()
    guard at == bytes.count else { throw bad }
    return root
  }

  private mutating func skipBlanks() { while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 } }

  /// Blanks, comments, the declaration.
  private mutating func skipMisc() throws(XML.Malformed) {
    while true {
      skipBlanks()
      if starts("<?") { try skip(to: "?>") } else if starts("<!--") { try skip(to: "-->") } else { return }
    }
  }

  private mutating func skip(to end: StaticString) throws(XML.Malformed) {
    while at < bytes.count {
      if starts(end) { at += end.utf8CodeUnitCount; return }
      at += 1
    }
    throw bad
  }

  private mutating func name() throws(XML.Malformed) -> String {
    let begin = at
    while at < bytes.count, !" \t\r\n/>=<&\"'".utf8.contains(bytes[at]) { at += 1 }
    guard at > begin else { throw bad }
    return String(decoding: bytes[begin..<at], as: UTF8.self)
  }

  private mutating func expect(_ byte: UInt8) throws(XML.Malformed) {
    guard at < bytes.count, bytes[at] == byte else { throw bad }
    at += 1
  }

  private mutating func element(depth: Int) throws(XML.Malformed) -> XML {
    guard depth < 32 else { throw bad }
    try expect(UInt8(ascii: "<"))
    var element = XML(name: try name())
    while true {   // attributes are read over: namespaces
      skipBlanks()
      if starts("/>") { at += 2; return element }
      if starts(">") { at += 1; break }
      _ = try name()
      try expect(UInt8(ascii: "="))
      guard at < bytes.count, bytes[at] == 0x22 || bytes[at] == 0x27 else { throw bad }
      let quote = bytes[at]
      at += 1
      while at < bytes.count, bytes[at] != quote { at += 1 }
      try expect(quote)
    }
    var text: [UInt8] = []
    while at < bytes.count {
      if starts("</") {
        at += 2
        guard try name() == element.name else { throw bad }
        skipBlanks()
        try expect(UInt8(ascii: ">"))
        element.text = String(decoding: text, as: UTF8.self)
        return element
      }
      if starts("<!--") { try skip(to: "-->") }
      else if starts("<![CDATA[") {
        let begin = at + 9
        try skip(to: "]]>")
        text += bytes[begin..<(at - 3)]
      } else if bytes[at] == UInt8(ascii: "<") { element.children.append(try self.element(depth: depth + 1)) }
      else if bytes[at] == UInt8(ascii: "&") { text += try reference() }
      else {
        text.append(bytes[at])
        at += 1
      }
    }
    throw bad
  }

  /// "&amp;", "&#38;", "&#x26;"
  private mutating func reference() throws(XML.Malformed) -> [UInt8] {
    guard let end = bytes[at...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw bad }
    let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
    let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    guard let text = known[name] ?? number.flatMap({ Unicode.Scalar($0) }).map({ String($0) }) else { throw bad }
    at = end + 1
    return Array(text.utf8)
  }
}
