/// A text with a name: a script, a module, one statement typed at the prompt.
package final class Source: Sendable {
  /// As shown in messages: "sweep.dcs", "<prompt>".
  package let name: String
  package let text: String
  let bytes: [UInt8]
  /// Byte offset of the first byte of each line.
  private let lineStarts: [Int]
  /// Set for stdlib modules: their frames are folded in call stacks.
  package let isLibrary: Bool

  package init(name: String, text: String, isLibrary: Bool = false) {
    (self.name, self.text, self.isLibrary) = (name, text, isLibrary)
    bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// 1-based line, and the byte range of that line without its end.
  func line(at offset: Int) -> (number: Int, bytes: Range<Int>) {
    let offset = min(max(0, offset), bytes.count)
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    var end = low + 1 < lineStarts.count ? lineStarts[low + 1] - 1 : bytes.count
    if end > lineStarts[low], bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return (low + 1, lineStarts[low]..<end)
  }

  /// 1-based line and column; a column is a character.
  package func position(_ offset: Int) -> (line: Int, column: Int) {
    let (number, range) = line(at: offset)
    let before = String(decoding: bytes[range.lowerBound..<min(max(range.lowerBound, offset), range.upperBound)], as: UTF8.self)
    return (number, before.count + 1)
  }

  func text(_ span: Span) -> String {
    let low = min(max(0, span.start), bytes.count), high = min(max(low, span.end), bytes.count)
    return String(decoding: bytes[low..<high], as: UTF8.self)
  }
}

/// Bytes of a source, half-open.
package struct Span: Hashable, Sendable {
  package var start: Int
  package var end: Int
  package init(_ start: Int, _ end: Int) { (self.start, self.end) = (start, end) }

  /// No place: the evaluator puts the place of the operation instead.
  package static let none = Span(-1, -1)
  package var isNone: Bool { start < 0 }

  func to(_ other: Span) -> Span { isNone ? other : other.isNone ? self : Span(min(start, other.start), max(end, other.end)) }
}

/// A span in its source.
package struct Site: Sendable {
  package var source: Source
  package var span: Span
  package init(_ source: Source, _ span: Span) { (self.source, self.span) = (source, span) }

  /// "sweep.dcs:14:11"
  package var location: String {
    let (line, column) = source.position(span.start)
    return "\(source.name):\(line):\(column)"
  }
}
