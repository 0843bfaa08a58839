// As much of XML 1.0 as metadata and the answers of S3 and GS need: elements, attributes, text, character references.
//
// Specification: https://www.w3.org/TR/xml/. Refused: document types (and with them entities of their own), more than 64 levels, end tags
// that do not match, anything after the root. Names lose their prefix: "ome:Pixels" is "Pixels"; of attributes, one without a prefix goes before.

package struct XML: Sendable, Equatable {
  package let name: String
  package fileprivate(set) var attributes: [String: String] = [:]
  /// Of the element itself, not of those in it.
  package fileprivate(set) var text = ""
  package fileprivate(set) var children: [XML] = []

  package struct Malformed: Error, Equatable, CustomStringConvertible {
    package let byte: Int, reason: String
    package var description: String { "not valid XML at byte \(byte): \(reason)" }
  }

  package init(parsing text: String) throws(Malformed) {
    var reader = Reader(bytes: Array(text.utf8))
    self = try reader.document()
  }

  fileprivate init(name: String) { self.name = name }

  /// The first child of a name.
  package subscript(_ name: String) -> XML? { children.first { $0.name == name } }
  package func all(_ name: String) -> [XML] { children.filter { $0.name == name } }

  /// Text as it stands between tags.
  package static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case _ where scalar.value < 32: result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

private struct Reader {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private func bad(_ reason: String) -> XML.Malformed { XML.Malformed(byte: at, reason: reason) }
  private func starts(_ text: StaticString) -> Bool { text.withUTF8Buffer { bytes[at...].starts(with: $0) } }

  mutating func document() throws(XML.Malformed) -> XML {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try skipMisc()
    let root = try element(depth: 0)
    try skipMisc()
    guard at == bytes.count else { throw bad("something follows its end") }
    return root
  }

  private mutating func skipBlanks() { while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 } }

  /// Blanks, comments, the declaration.
  private mutating func skipMisc() throws(XML.Malformed) {
    while true {
      skipBlanks()
      if starts("<?") { try skip(past: "?>") } else if starts("<!--") { try skip(past: "-->") } else { return }
    }
  }

  private mutating func skip(past end: StaticString) throws(XML.Malformed) {
    while at < bytes.count {
      if starts(end) { at += end.utf8CodeUnitCount; return }
      at += 1
    }
    throw bad("\(end) is missing")
  }

  private mutating func name() throws(XML.Malformed) -> String {
    let begin = at
    while at < bytes.count, !" \t\r\n/>=<&\"'".utf8.contains(bytes[at]) { at += 1 }
    guard at > begin else { throw bad("a name is missing") }
    return String(decoding: bytes[begin..<at], as: UTF8.self)
  }

  private func local(_ name: String) -> String { name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name }

  private mutating func expect(_ byte: UInt8) throws(XML.Malformed) {
    guard at < bytes.count, bytes[at] == byte else { throw bad("\(Character(Unicode.Scalar(byte))) is missing") }
    at += 1
  }

  /// At its "<".
  private mutating func element(depth: Int) throws(XML.Malformed) -> XML {
    guard depth < 64 else { throw bad("more than 64 levels") }
    if starts("<!") { throw bad("document types are not read") }
    try expect(UInt8(ascii: "<"))
    let full = try name()
    var element = XML(name: local(full)), keys: Set<String> = []
    while true {
      skipBlanks()
      if starts("/>") { at += 2; return element }
      if starts(">") { at += 1; break }
      try attribute(&element, &keys)
    }
    var text: [UInt8] = []
    while at < bytes.count {
      if starts("</") {
        at += 2
        guard try name() == full else { throw bad("</\(full)> is missing") }
        skipBlanks()
        try expect(UInt8(ascii: ">"))
        element.text = String(decoding: text, as: UTF8.self)
        return element
      }
      if starts("<!--") { try skip(past: "-->") }
      else if starts("<?") { try skip(past: "?>") }
      else if starts("<![CDATA[") {
        let begin = at + 9
        try skip(past: "]]>")
        text += bytes[begin..<max(begin, at - 3)]
      } else if bytes[at] == UInt8(ascii: "<") { element.children.append(try self.element(depth: depth + 1)) }
      else { try character(&text) }
    }
    throw bad("it ends inside <\(full)>")
  }

  private mutating func attribute(_ element: inout XML, _ keys: inout Set<String>) throws(XML.Malformed) {
    let key = try name()
    skipBlanks()
    try expect(UInt8(ascii: "="))
    skipBlanks()
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else { throw bad("a quote is missing") }
    let quote = bytes[at]
    at += 1
    var value: [UInt8] = []
    while at < bytes.count, bytes[at] != quote, bytes[at] != UInt8(ascii: "<") { try character(&value) }
    try expect(quote)
    guard keys.insert(key).inserted else { throw bad("\(key) stands twice") }
    if key == local(key) || element.attributes[local(key)] == nil { element.attributes[local(key)] = String(decoding: value, as: UTF8.self) }
  }

  /// A byte of text, or what a reference stands for: "&amp;", "&#38;", "&#x26;".
  private mutating func character(_ text: inout [UInt8]) throws(XML.Malformed) {
    guard bytes[at] == UInt8(ascii: "&") else {
      text.append(bytes[at])
      at += 1
      return
    }
    guard let end = bytes[at...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw bad("& without ;") }
    let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
    let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    guard let meant = known[name] ?? number.flatMap({ Unicode.Scalar($0) }).map({ String($0) }) else { throw bad("the entity &\(name); is not known") }
    text += Array(meant.utf8)
    at = end + 1
  }
}
