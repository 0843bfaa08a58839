/// Rows of text cells under headings, sized to the screen: numbers right, text left; too many columns are left out and counted.
package struct TextTable: Sendable {
  package var headings: [String]
  package var rows: [[String]]
  /// Columns that hold numbers.
  package var numeric: [Bool]

  package init(headings: [String], rows: [[String]], numeric: [Bool]) { (self.headings, self.rows, self.numeric) = (headings, rows, numeric) }

  /// - Parameter limit: rows shown before "… 180 more".
  package func rendered(_ style: Style, limit: Int = 20) -> String {
    let shown = rows.prefix(limit)
    var widths = headings.indices.map { column in
      max(columns(headings[column]), shown.map { column < $0.count ? columns($0[column]) : 0 }.max() ?? 0)
    }
    for column in widths.indices where !numeric[column] { widths[column] = min(widths[column], max(12, style.width / 2)) }
    var fitting = 0, used = 0
    for width in widths {
      if fitting > 0 && used + width + 2 > style.width { break }
      used += width + 2
      fitting += 1
    }
    var lines = [style.bold(line(headings, widths, fitting))]
    lines += shown.map { line($0, widths, fitting) }
    if rows.count > limit { lines.append(style.dim("  … \(grouped(rows.count - limit)) more (:more or page(t))")) }
    if fitting < headings.count {
      lines.append(style.dim("  \(headings.count - fitting) more columns: \(headings[fitting...].joined(separator: ", "))"))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: [String], _ widths: [Int], _ count: Int) -> String {
    var text = ""
    for column in 0..<count {
      text += "  " + fit(column < cells.count ? cells[column] : "", widths[column], right: numeric[column])
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
