// Tables as CSV (RFC 4180: quotes around cells with commas, quotes or line ends; quotes doubled). UTF-8, first row the headings.
//
// What is quoted is text; other cells are read as what they look like: ints of any size exactly, floats, true and false, nil where empty.
// Texts that look like something else are written in quotes, so that a table is read back as it was, but for quantities and lists, which
// are written as the prompt shows them and read as text.

import Language

enum CSV {
  static func write(_ table: TableValue) -> String {
    var text = table.columns.map { quoted($0, $0.isEmpty) }.joined(separator: ",") + "\n"
    for row in 0..<table.count { text += table.values.map { cell($0[row]) }.joined(separator: ",") + "\n" }
    return text
  }

  private static func cell(_ value: Value) -> String {
    switch value {
    case .nil: ""
    case .string(let text): if case .string = self.value(text, isQuoted: false) { quoted(text, false) } else { quoted(text, true) }
    default: quoted(value.written(), false)
    }
  }

  private static func quoted(_ text: String, _ always: Bool) -> String {
    let special: (Unicode.Scalar) -> Bool = { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
    let edge = text.first == " " || text.last == " "
    return always || edge || text.unicodeScalars.contains(where: special) ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
  }

  /// - Throws: a failure with the line of an open quote, of a row of another length, or of a heading that stands twice.
  static func read(_ text: String) throws -> TableValue {
    let rows = try split(text).drop(while: \.isBlank)
    guard let first = rows.first else { return TableValue(columns: [], values: []) }
    let headings = first.cells.enumerated().map { $1.text.isEmpty ? "column\($0 + 1)" : $1.text }
    if let twice = headings.enumerated().first(where: { headings.prefix($0.offset).contains($0.element) }) {
      throw Failure(.data, "line \(first.line) names the column `\(twice.element)` twice")
    }
    var values = [[Value]](repeating: [], count: headings.count)
    // where there is one column, an empty line is a row: nil
    for row in rows.dropFirst() where !row.isBlank || headings.count == 1 {
      guard row.cells.count == headings.count else {
        throw Failure(.data, "line \(row.line) has \(Words.count(row.cells.count, "cell")), the headings have \(headings.count)")
      }
      for (column, cell) in row.cells.enumerated() { values[column].append(value(cell.text, isQuoted: cell.isQuoted)) }
    }
    return TableValue(columns: headings, values: values)
  }

  private static func value(_ cell: String, isQuoted: Bool) -> Value {
    if isQuoted { return .string(cell) }
    switch cell {
    case "": return .nil
    case "true", "false": return .bool(cell == "true")
    case "nan", "NaN": return .float(.nan)
    case "inf", "-inf": return .float(cell == "inf" ? .infinity : -.infinity)
    default: break
    }
    let digits = cell.utf8.drop { $0 == 0x2B || $0 == 0x2D }
    guard let first = digits.first, (0x30...0x39).contains(first) || first == 0x2E, digits.count + 1 >= cell.utf8.count else { return .string(cell) }
    if digits.allSatisfy({ (0x30...0x39).contains($0) }) { return Int128(cell).map(Value.init(integer:)) ?? .string(cell) }
    guard digits.allSatisfy({ (0x30...0x39).contains($0) || ".eE+-".utf8.contains($0) }), let number = Double(cell) else { return .string(cell) }
    return .float(number)
  }

  private struct Cell { var text = "", isQuoted = false }

  private struct Row {
    /// Where it begins.
    let line: Int
    let cells: [Cell]
    /// Nothing stands on its line.
    var isBlank: Bool { cells.count == 1 && cells[0].text.isEmpty && !cells[0].isQuoted }
  }

  private static func split(_ text: String) throws -> [Row] {
    var rows: [Row] = [], cells: [Cell] = [], cell = Cell(), inside = false, line = 1, begun = 1
    var rest = Array(text.unicodeScalars)[...]
    if rest.first == "\u{FEFF}" { rest.removeFirst() }
    func endRow() {
      cells.append(cell)
      rows.append(Row(line: begun, cells: cells))
      (cells, cell) = ([], Cell())
    }
    while let scalar = rest.popFirst() {
      if scalar == "\n" || (scalar == "\r" && rest.first != "\n") { line += 1 }
      if inside {
        if scalar != "\"" { cell.text.unicodeScalars.append(scalar) }
        else if rest.first == "\"" { cell.text.append("\""); rest.removeFirst() } else { inside = false }
        continue
      }
      switch scalar {
      case "\"" where cell.text.isEmpty && !cell.isQuoted: (inside, cell.isQuoted) = (true, true)
      case ",": cells.append(cell); cell = Cell()
      case "\r" where rest.first == "\n": continue
      case "\n", "\r": endRow(); begun = line
      default: cell.text.unicodeScalars.append(scalar)
      }
    }
    if inside { throw Failure(.data, "a quote opened in the row of line \(begun) is never closed") }
    if !cell.text.isEmpty || cell.isQuoted || !cells.isEmpty { endRow() }
    return rows
  }
}
