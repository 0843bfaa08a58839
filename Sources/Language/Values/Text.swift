/// Searches in strings, by characters.
package enum Text {
  /// Whether the first bytes are characters of their own: ASCII without "\r\n", which is one character.
  static func isBytewise(_ text: String, _ count: Int = .max) -> Bool { text.utf8.prefix(count).allSatisfy { $0 < 0x80 && $0 != 0x0d } }

  static func count(_ text: String) -> Int { isBytewise(text) ? text.utf8.count : text.count }

  /// The character at a position, where it can be told without a look at the whole text; the byte after it must not join it.
  static func byte(_ text: String, at position: Int) -> String? {
    guard position >= 0, position < text.utf8.count, isBytewise(text, position + 2) else { return nil }
    return String(UnicodeScalar(text.utf8[text.utf8.index(text.startIndex, offsetBy: position)]))
  }

  /// The first place where `part` starts; nil if there is none.
  static func find(_ part: String, in text: some StringProtocol) -> Range<String.Index>? {
    guard let first = part.first else { return text.startIndex..<text.startIndex }
    var start = text.startIndex
    while let candidate = text[start...].firstIndex(of: first) {
      var i = candidate, j = part.startIndex
      while i < text.endIndex, j < part.endIndex, text[i] == part[j] {
        i = text.index(after: i)
        j = part.index(after: j)
      }
      if j == part.endIndex { return candidate..<i }
      start = text.index(after: candidate)
    }
    return nil
  }

  static func split(_ text: String, at separator: String) -> [String] {
    if separator.isEmpty { return text.map(String.init) }
    if let bytes = splitBytes(text, Array(separator.utf8)) { return bytes }
    var parts: [String] = []
    var rest = text[...]
    while let range = find(separator, in: rest) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }

  /// The same for ASCII, where a byte is a character.
  private static func splitBytes(_ text: String, _ separator: [UInt8]) -> [String]? {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.allSatisfy({ $0 < 0x80 && $0 != 0x0d }), separator.allSatisfy({ $0 < 0x80 && $0 != 0x0d }) else { return nil }
      var parts: [String] = [], start = 0, place = 0
      while place + separator.count <= bytes.count {
        if bytes[place] == separator[0], separator.indices.allSatisfy({ bytes[place + $0] == separator[$0] }) {
          parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
          place += separator.count
          start = place
        } else {
          place += 1
        }
      }
      return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }
  }

  static func trim(_ text: String) -> String {
    var text = text[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
