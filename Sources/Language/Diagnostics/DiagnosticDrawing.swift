// A diagnostic as text, at most 8 lines and what the message counts: what, where, the line with its caret, notes, hint, calls (the reference page's "Errors").

import TerminalText

extension Diagnostic {
  /// Lines without a final line end.
  package func drawn(_ style: DisplayStyle = DisplayStyle()) -> String {
    let paint = Paint(style.color, severity)
    var lines = [paint.severity(severity.rawValue + ":") + " " + Self.oneLine(message)]
    if let site {
      lines.append("  " + Self.oneLine(site.location))
      lines += excerpt(site, style, paint)
    } else if let label { lines.append("  " + Self.oneLine(label)) }
    let listed = items.map { "  " + Self.oneLine($0) }
    let after = notes.map(Self.oneLine) + (hint.map { ["hint: " + Self.oneLine($0)] } ?? [])
    lines += after.prefix(max(0, Self.lineLimit - lines.count))
    lines += callLines(room: Self.lineLimit - lines.count)
    lines.insert(contentsOf: listed, at: 1)
    return lines.joined(separator: "\n")
  }

  static let lineLimit = 8

  /// A name can be as long as a script: what is longer than a screen is cut.
  private static func oneLine(_ text: String) -> String {
    let line = text.utf8.count > 4000 ? String(text.prefix(1000)) + "…" : text
    return line.split(whereSeparator: \.isNewline).joined(separator: " ").visible()
  }

  /// The line and the caret under it with its label, which goes on below where a screen is too narrow for it.
  private func excerpt(_ site: Site, _ style: DisplayStyle, _ paint: Paint) -> [String] {
    let (number, range) = site.source.line(at: site.span.start)
    let text = String(number)
    let gutter = String(repeating: " ", count: max(0, 2 - text.count)) + text
    let blank = String(repeating: " ", count: gutter.count)
    var line = VisibleLine(site.source, Self.nearby(range, site), marking: site.span)
    line.trim(to: max(40, style.width - gutter.count - 3))
    let indent = String(repeating: " ", count: line.start), mark = String(repeating: "^", count: max(1, line.width))
    var below = label.map(Self.oneLine) ?? ""
    var more: [String] = []
    if style.isTerminal, gutter.count + 3 + line.start + mark.count + 1 + below.columns > style.width {
      // what stands behind the mark, then the rest below: as many lines as the hint and notes leave
      let room = max(1, Self.lineLimit - 3 - notes.count - (hint == nil ? 0 : 1))
      let lines = HelpText.wrapped(below, max(40, style.width), first: "\(blank) | \(indent)\(mark) ", later: "\(blank) |   ")
      below = String(lines[0].dropFirst(gutter.count + 3 + indent.count + mark.count + 1))
      more = Array(lines.dropFirst().prefix(room - 1))
      if lines.count > room { if more.isEmpty { below += " …" } else { more[more.count - 1] += " …" } }
    }
    return ["\(gutter) | \(line.text)", "\(blank) | \(indent)\(paint.caret(mark))" + (below.isEmpty ? "" : " " + below)] + more
  }

  /// A line, or of one without end what lies around the mark.
  private static func nearby(_ line: Range<Int>, _ site: Site) -> Range<Int> {
    let reach = 500
    if line.count <= 2 * reach { return line }
    func boundary(_ offset: Int) -> Int {
      var offset = offset
      while offset > line.lowerBound, offset < line.upperBound, site.source.bytes[offset] & 0xc0 == 0x80 { offset -= 1 }
      return offset
    }
    let low = boundary(max(line.lowerBound, min(site.span.start - reach, line.upperBound))), high = boundary(min(line.upperBound, max(site.span.start + reach, low)))
    return low..<high
  }

  /// Innermost first: the function that failed and its line, then who called it. Frames of the stdlib are counted only.
  private func callLines(room: Int) -> [String] {
    guard room > 0, !calls.isEmpty else { return [] }
    var frames: [(name: String, place: String)] = []
    var hidden = 0
    var inside = site
    for call in calls {
      if let inside, inside.source.isLibrary, !frames.isEmpty { hidden += 1 }
      else if let inside { frames.append((call.function, "\(inside.source.name):\(inside.source.position(inside.span.start).line)")) }
      inside = call.site
    }
    if moreCalls == 0, let inside { frames.append(("script", "\(inside.source.name):\(inside.source.position(inside.span.start).line)")) }
    let shown = frames.prefix(min(room, 3))
    let more = frames.count - shown.count + moreCalls
    var left: [String] = []
    if hidden > 0 { left.append("\(Words.count(hidden, "frame")) in stdlib") }
    if more > 0 { left.append("\(Words.grouped(more)) more") }
    let width = shown.map(\.name.columns).max() ?? 0
    var lines: [String] = []
    for (position, frame) in shown.enumerated() {
      let name = frame.name + String(repeating: " ", count: width - frame.name.columns)
      lines.append((position == 0 ? "called from  " : "       from  ") + name + "  " + frame.place)
    }
    if !left.isEmpty, !lines.isEmpty { lines[lines.count - 1] += "        (\(left.joined(separator: ", ")), :trace shows \(hidden + more == 1 ? "it" : "them"))" }
    return lines
  }
}

private struct Paint {
  let isOn: Bool, color: String
  init(_ isOn: Bool, _ severity: Diagnostic.Severity) { (self.isOn, color) = (isOn, severity == .error ? "31" : "33") }
  func severity(_ text: String) -> String { isOn ? "\u{1b}[1;\(color)m\(text)\u{1b}[0m" : text }
  func caret(_ text: String) -> String { isOn ? "\u{1b}[\(color)m\(text)\u{1b}[0m" : text }
}

/// One line of source as a terminal shows it, and the columns that a span covers in it.
private struct VisibleLine {
  var cells: [(text: String, width: Int)] = []
  var start = 0, width = 0

  var text: String { cells.map(\.text).joined() }

  init(_ source: Source, _ range: Range<Int>, marking span: Span) {
    let line = String(decoding: source.bytes[range], as: UTF8.self)
    var offset = range.lowerBound, column = 0, end = 0
    var seenStart = false
    for character in line {
      if !seenStart, offset >= span.start { (start, seenStart) = (column, true) }
      // a tab is drawn as two blanks; other control characters would move the cursor
      let cell: (String, Int) = character == "\t" ? ("  ", 2) : character.unicodeScalars.contains(where: \.isControl) ? ("·", 1) : (String(character), character.columns)
      cells.append((text: cell.0, width: cell.1))
      column += cell.1
      offset += character.utf8.count
      if offset <= span.end { end = column }
    }
    if !seenStart { start = column }
    width = max(1, end - start)
  }

  /// Cuts a long line so that the start of the mark stays visible.
  mutating func trim(to limit: Int) {
    let total = cells.reduce(0) { $0 + $1.width }
    if total <= limit { return }
    var dropped = 0
    let wanted = max(0, min(start - limit / 3, total - limit))
    var first = 0
    while dropped < wanted, first < cells.count { dropped += cells[first].width; first += 1 }
    cells.removeFirst(first)
    if dropped > 0 {
      cells.insert((text: "…", width: 1), at: 0)
      start += 1 - dropped
    }
    var kept = 0, count = 0
    while count < cells.count, kept + cells[count].width <= limit - 1 { kept += cells[count].width; count += 1 }
    if count < cells.count {
      cells.removeSubrange(count...)
      cells.append((text: "…", width: 1))
      kept += 1
    }
    width = max(1, min(width, kept - start))
  }
}
