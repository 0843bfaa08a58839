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

  /// Moves the cursor, changes colours, titles or modes of a terminal: must not come from a file's name.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) }
  /// As in a string literal: `\u{1b}`.
  static func escape(_ scalar: Unicode.Scalar) -> String { "\\u{" + String(scalar.value, radix: 16) + "}" }

  /// A text with its control characters written out, but line ends and tabs.
  ///
  /// - Parameter keepsColors: leaves `ESC [ … m` alone, which only colours.
  package static func visible(_ text: String, keepsColors: Bool = false) -> String {
    if text.utf8.allSatisfy({ $0 == 0x0a || $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7f) }) { return text }
    let scalars = text.unicodeScalars
    var result = String.UnicodeScalarView(), place = scalars.startIndex
    while place < scalars.endIndex {
      let scalar = scalars[place]
      if keepsColors, scalar == "\u{1b}", let end = colorEnd(scalars, place) {
        result += scalars[place..<end]
        place = end
        continue
      }
      if isControl(scalar), scalar != "\n", scalar != "\t" { result += escape(scalar).unicodeScalars } else { result.append(scalar) }
      place = scalars.index(after: place)
    }
    return String(result)
  }

  /// Behind the `m` of `ESC [ digits ; … m`.
  private static func colorEnd(_ scalars: String.UnicodeScalarView, _ start: String.Index) -> String.Index? {
    var place = scalars.index(after: start)
    guard place < scalars.endIndex, scalars[place] == "[" else { return nil }
    repeat { place = scalars.index(after: place) } while place < scalars.endIndex && (("0"..."9").contains(scalars[place]) || scalars[place] == ";")
    return place < scalars.endIndex && scalars[place] == "m" ? scalars.index(after: place) : nil
  }

  static func trim(_ text: String) -> String {
    var text = text[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
