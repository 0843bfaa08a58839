// As much of XML 1.0 as metadata need: elements, attributes, character references. Text between elements is dropped.
//
// Specification: https://www.w3.org/TR/xml/. Refused: document types (and with them entities of their own), more than 64 levels,
// end tags that do not match. Names lose their prefix: "ome:Pixels" is "Pixels".

struct XMLError: Error, CustomStringConvertible {
  let byte: Int
  let reason: String
  var description: String { "not valid XML at byte \(byte): \(reason)" }
}

struct XMLElement: Sendable {
  let name: String
  let attributes: [String: String]
  private(set) var children: [XMLElement] = []

  func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  init(parsing text: String) throws(XMLError) {
    var parser = XMLParser(bytes: Array(text.utf8))
    self = try parser.document()
  }

  fileprivate init(_ name: String, _ attributes: [String: String]) { (self.name, self.attributes) = (name, attributes) }
  fileprivate mutating func add(_ child: XMLElement) { children.append(child) }
}

private struct XMLParser {
  let bytes: [UInt8]
  var place = 0

  mutating func document() throws(XMLError) -> XMLElement {
    try skipToTag()
    let root = try element(depth: 0)
    return root
  }

  private func fail(_ reason: String) -> XMLError { XMLError(byte: place, reason: reason) }
  private func starts(_ text: StaticString, at place: Int) -> Bool {
    place + text.utf8CodeUnitCount <= bytes.count && text.withUTF8Buffer { buffer in buffer.indices.allSatisfy { bytes[place + $0] == buffer[$0] } }
  }

  /// To just after a text.
  private mutating func skip(past end: StaticString) throws(XMLError) {
    while place < bytes.count, !starts(end, at: place) { place += 1 }
    guard place < bytes.count else { throw fail("\(end) is missing") }
    place += end.utf8CodeUnitCount
  }

  /// To the next "<" that begins or ends an element.
  private mutating func skipToTag() throws(XMLError) {
    while place < bytes.count {
      if bytes[place] != UInt8(ascii: "<") { place += 1; continue }
      if starts("<?", at: place) { try skip(past: "?>") }
      else if starts("<!--", at: place) { try skip(past: "-->") }
      else if starts("<![CDATA[", at: place) { try skip(past: "]]>") }
      else if starts("<!", at: place) { throw fail("document types are not read") }
      else { return }
    }
    throw fail("it ends inside an element")
  }

  /// At "<".
  private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
    guard depth < 64 else { throw fail("more than 64 levels") }
    place += 1
    let full = try name()
    var attributes: [String: String] = [:]
    while true {
      skipSpace()
      if starts("/>", at: place) { place += 2; return XMLElement(local(full), attributes) }
      if starts(">", at: place) { place += 1; break }
      let key = try name()
      skipSpace()
      guard starts("=", at: place) else { throw fail("= is missing") }
      place += 1
      skipSpace()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else { throw fail("a quote is missing") }
      let quote = bytes[place]
      place += 1
      let begin = place
      while place < bytes.count, bytes[place] != quote, bytes[place] != UInt8(ascii: "<") { place += 1 }
      guard place < bytes.count, bytes[place] == quote else { throw fail("a value does not end") }
      guard attributes[local(key)] == nil || key.contains(":") else { throw fail("\(key) stands twice") }
      attributes[local(key)] = try decoded(bytes[begin..<place])
      place += 1
    }
    var element = XMLElement(local(full), attributes)
    while true {
      try skipToTag()
      if starts("</", at: place) {
        place += 2
        guard try name() == full else { throw fail("</\(full)> is missing") }
        skipSpace()
        guard starts(">", at: place) else { throw fail("> is missing") }
        place += 1
        return element
      }
      element.add(try self.element(depth: depth + 1))
    }
  }

  private func local(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? name }
  private mutating func skipSpace() { while place < bytes.count, [9, 10, 13, 32].contains(bytes[place]) { place += 1 } }

  private mutating func name() throws(XMLError) -> String {
    let begin = place
    while place < bytes.count, bytes[place] > 127 || bytes[place] == UInt8(ascii: ":") || bytes[place] == UInt8(ascii: "_") || bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: ".")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[place] | 0x20) { place += 1 }
    guard place > begin else { throw fail("a name is missing") }
    return String(decoding: bytes[begin..<place], as: UTF8.self)
  }

  private func decoded(_ raw: ArraySlice<UInt8>) throws(XMLError) -> String {
    let text = String(decoding: raw, as: UTF8.self)
    guard text.contains("&") else { return text }
    var result = "", rest = Substring(text)
    while let mark = rest.firstIndex(of: "&") {
      result += rest[..<mark]
      guard let end = rest[mark...].firstIndex(of: ";") else { throw fail("& without ;") }
      let entity = rest[rest.index(after: mark)..<end]
      switch entity {
      case "amp": result += "&"
      case "lt": result += "<"
      case "gt": result += ">"
      case "quot": result += "\""
      case "apos": result += "'"
      default:
        let code = entity.hasPrefix("#x") ? UInt32(entity.dropFirst(2), radix: 16) : entity.hasPrefix("#") ? UInt32(entity.dropFirst()) : nil
        guard let scalar = code.flatMap(Unicode.Scalar.init) else { throw fail("the entity &\(entity); is not known") }
        result.unicodeScalars.append(scalar)
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
