// What a terminal would obey, written out: names of files and texts from elsewhere must not move its cursor, recolour it or retitle it.

extension Unicode.Scalar {
  /// Moves the cursor, changes colours, titles or modes of a terminal.
  package var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) }
  /// As in a string literal: `\u{1b}`.
  package var escaped: String { "\\u{" + String(value, radix: 16) + "}" }
}

extension String {
  /// Its control characters written out, but line ends and tabs.
  ///
  /// - Parameter keepsColors: leaves `ESC [ … m` alone, which only colours.
  package func visible(keepsColors: Bool = false) -> String {
    if utf8.allSatisfy({ $0 == 0x0a || $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7f) }) { return self }
    let scalars = unicodeScalars
    var result = String.UnicodeScalarView(), place = scalars.startIndex
    while place < scalars.endIndex {
      let scalar = scalars[place]
      if keepsColors, scalar == "\u{1b}", let end = Self.colorEnd(scalars, place) {
        result += scalars[place..<end]
        place = end
        continue
      }
      if scalar.isControl, scalar != "\n", scalar != "\t" { result += scalar.escaped.unicodeScalars } else { result.append(scalar) }
      place = scalars.index(after: place)
    }
    return String(result)
  }

  /// All its control characters written out, line ends and tabs too: for a line or a cell of its own.
  package var visibleOnOneLine: String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars { if scalar.isControl { result += scalar.escaped.unicodeScalars } else { result.append(scalar) } }
    return String(result)
  }

  /// Behind the `m` of `ESC [ digits ; … m`.
  private static func colorEnd(_ scalars: String.UnicodeScalarView, _ start: String.Index) -> String.Index? {
    var place = scalars.index(after: start)
    guard place < scalars.endIndex, scalars[place] == "[" else { return nil }
    repeat { place = scalars.index(after: place) } while place < scalars.endIndex && (("0"..."9").contains(scalars[place]) || scalars[place] == ";")
    return place < scalars.endIndex && scalars[place] == "m" ? scalars.index(after: place) : nil
  }
}
