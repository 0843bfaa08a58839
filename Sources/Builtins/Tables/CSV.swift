// Tables as CSV (RFC 4180: quotes around cells with commas, quotes or line ends; quotes doubled). UTF-8, first row the headings.
// Numbers are read back as numbers: ints of any size exactly, empty cells as nil.

import Language

enum CSV {
  static func write(_ table: TableValue) -> String {
    var text = table.columns.map(quoted).joined(separator: ",") + "\n"
    for row in 0..<table.count { text += table.values.map { cell($0[row]) }.joined(separator: ",") + "\n" }
    return text
  }

  private static func cell(_ value: Value) -> String {
    switch value {
    case .nil: ""
    case .string(let text): quoted(text)
    case .object(let box): quoted(box.object.brief)
    default: quoted(value.shown())
    }
  }

  private static func quoted(_ text: String) -> String {
    let special: (Character) -> Bool = { $0 == "," || $0 == "\"" || $0.isNewline }
    return text.contains(where: special) ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
  }

  /// - Throws: a failure with the line of an open quote or of a row of another length.
  static func read(_ text: String) throws -> TableValue {
    let rows = try split(text)
    guard let headings = rows.first else { return TableValue(columns: [], values: []) }
    var values = [[Value]](repeating: [], count: headings.cells.count)
    for row in rows.dropFirst() {
      guard row.cells.count == headings.cells.count else {
        throw Failure(.data, "line \(row.line) has \(row.cells.count) cells, the headings have \(headings.cells.count)")
      }
      for (column, cell) in row.cells.enumerated() { values[column].append(value(cell)) }
    }
    return TableValue(columns: headings.cells, values: values)
  }

  private static func value(_ cell: String) -> Value {
    if cell.isEmpty { return .nil }
    if cell == "true" || cell == "false" { return .bool(cell == "true") }
    if let integer = Int128(cell) { return Value(integer: integer) }
    if let first = cell.utf8.first, (0x30...0x39).contains(first) || first == 0x2D || first == 0x2E, let number = Double(cell) { return .float(number) }
    if cell == "nan" { return .float(.nan) }
    return .string(cell)
  }

  private static func split(_ text: String) throws -> [(line: Int, cells: [String])] {
    var rows: [(line: Int, cells: [String])] = [], cells: [String] = [], cell = "", quoted = false, line = 1, begun = 1
    var rest = Array(text.unicodeScalars)[...]
    if rest.first == "\u{FEFF}" { rest.removeFirst() }
    func endRow() {
      cells.append(cell)
      if !(cells.count == 1 && cell.isEmpty) { rows.append((begun, cells)) }
      (cells, cell) = ([], "")
    }
    while let scalar = rest.popFirst() {
      if scalar == "\n" { line += 1 }
      if quoted {
        if scalar == "\"" { if rest.first == "\"" { cell.append("\""); rest.removeFirst() } else { quoted = false } } else { cell.unicodeScalars.append(scalar) }
        continue
      }
      switch scalar {
      case "\"" where cell.isEmpty: quoted = true
      case ",": cells.append(cell); cell = ""
      case "\r" where rest.first == "\n": continue
      case "\n": endRow(); begun = line
      default: cell.unicodeScalars.append(scalar)
      }
    }
    if quoted { throw Failure(.data, "a quote opened in the row of line \(begun) is never closed") }
    if !cell.isEmpty || !cells.isEmpty { endRow() }
    return rows
  }
}
