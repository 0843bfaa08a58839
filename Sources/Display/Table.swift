import TerminalText

/// Rows of text cells under headings, sized to the screen: numbers right, text left. No line is wider than the screen: long texts are cut
/// with "…" first (at their begin where their ends tell them apart), then the last columns are left out and named below.
package struct TextTable: Sendable {
  package var headings: [String]
  package var rows: [[String]]
  /// Columns that hold numbers: never cut.
  package var numeric: [Bool]
  /// Rows that there are beyond those given.
  package var hidden = 0

  package init(headings: [String], rows: [[String]], numeric: [Bool], hidden: Int = 0) {
    (self.headings, self.rows, self.numeric, self.hidden) = (headings, rows, numeric, hidden)
  }

  /// Columns of a text below which it is left out rather than cut further.
  private static let shortest = 10

  package func rendered(_ style: Style) -> String {
    let (widths, shown) = layout(style.width)
    let ends = (0..<shown).map { endsTellApart($0, widths[$0]) }
    var lines = [style.bold(line(headings, widths, ends.map { _ in false }))]
    lines += rows.map { line($0, widths, ends) }
    if hidden > 0 { lines.append(style.dim(fit("  … \(grouped(hidden)) more (:more or page(t))", style.width).trimmedEnd)) }
    if shown < headings.count {
      let left = headings.count - shown
      lines.append(style.dim(fit("  \(left) more \(left == 1 ? "column" : "columns"): \(headings[shown...].joined(separator: ", "))", style.width).trimmedEnd))
    }
    return lines.joined(separator: "\n")
  }

  /// The width of each column, and how many are shown.
  private func layout(_ width: Int) -> ([Int], Int) {
    var widths = headings.indices.map { column in max(headings[column].columns, rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0) }
    let total = { (widths: [Int]) in widths.reduce(0) { $0 + $1 + 2 } }
    // cut the widest text by one column until all fit, as long as something readable is left
    while total(widths) > width, let widest = widths.indices.filter({ !numeric[$0] && widths[$0] > Self.shortest }).max(by: { widths[$0] < widths[$1] }) { widths[widest] -= 1 }
    var shown = widths.count
    while shown > 1, total(Array(widths.prefix(shown))) > width { shown -= 1 }
    if shown == 1 { widths[0] = min(widths[0], max(1, width - 2)) }
    // columns that were left out give their room back
    guard shown < widths.count else { return (widths, shown) }
    var room = width - total(Array(widths.prefix(shown)))
    for column in 0..<shown where !numeric[column] && room > 0 {
      let wanted = max(headings[column].columns, rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0)
      let more = min(room, max(0, wanted - widths[column]))
      widths[column] += more
      room -= more
    }
    return (widths, shown)
  }

  /// Whether more of a column's texts differ when their ends are kept than when their begins are.
  private func endsTellApart(_ column: Int, _ width: Int) -> Bool {
    let cells = Set(rows.compactMap { column < $0.count ? $0[column] : nil })
    guard cells.contains(where: { $0.columns > width }) else { return false }
    return Set(cells.map { fit($0, width, keepingEnd: true) }).count > Set(cells.map { fit($0, width) }).count
  }

  /// - Parameter ends: for each column shown, whether what is too long keeps its end.
  private func line(_ cells: [String], _ widths: [Int], _ ends: [Bool]) -> String {
    ends.indices.map { "  " + fit($0 < cells.count ? cells[$0] : "", widths[$0], right: numeric[$0], keepingEnd: ends[$0]) }.joined().trimmedEnd
  }
}
