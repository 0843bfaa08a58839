// Work as a map: a cell a place, coloured by what became of it. Where cells are more than fit, one takes the worst of several.

import TerminalText

package struct CellMap: Sendable {
  package enum Cell: Sendable, Equatable {
    case done, failed
    /// Not done; which share of it is.
    case open(Double)
  }

  /// What is shown, in one line.
  package var title: String
  /// Of one length.
  package var rows: [[Cell]]

  package init(title: String, rows: [[Cell]]) { (self.title, self.rows) = (title, rows) }

  var columns: Int { rows.first?.count ?? 0 }

  /// The worst of each group of `step` × `step` cells.
  func reduced(by step: Int) -> CellMap {
    if step <= 1 { return self }
    return CellMap(title: title + "; a cell is \(step) × \(step) of them", rows: stride(from: 0, to: rows.count, by: step).map { y in
      stride(from: 0, to: columns, by: step).map { x in Self.worst(rows[y..<min(y + step, rows.count)].flatMap { $0[x..<min(x + step, $0.count)] }) }
    })
  }

  private static func worst(_ cells: [Cell]) -> Cell {
    if cells.contains(.failed) { return .failed }
    let shares = cells.map { if case .open(let share) = $0 { share } else { 1.0 } }
    return cells.allSatisfy { $0 == .done } ? .done : .open(shares.reduce(0, +) / Double(max(1, cells.count)))
  }
}

extension CellMap.Cell {
  static let kinds: [(cell: Self, name: String)] = [(.done, "done"), (.open(0.5), "in part"), (.open(0), "open"), (.failed, "failed")]

  /// Which of `kinds` it is.
  var kind: Int {
    switch self {
    case .done: 0
    case .open(let share): share > 0 ? 1 : 2
    case .failed: 3
    }
  }

  /// Told apart without colours.
  var mark: Character {
    switch self {
    case .done: "█"
    case .open(let share): share <= 0 ? "·" : share < 1.0 / 3 ? "░" : share < 2.0 / 3 ? "▒" : "▓"
    case .failed: "X"
    }
  }

  /// On a dark terminal.
  var escape: String {
    switch self {
    case .done: Palette.escape(2)
    case .open(let share): share > 0 ? Palette.escape(2) : "\u{1B}[2m"
    case .failed: "\u{1B}[1m" + Palette.escape(1)
    }
  }

  /// On white.
  var color: UInt32 {
    switch self {
    case .done: return Palette.color(2)
    case .failed: return Palette.color(1)
    case .open(let share):
      // a cell that is nearly done is still lighter than one that is
      let part = share > 0 ? 0.15 + 0.55 * min(1, share) : 0, done = Palette.color(2), open: UInt32 = 0xD8DCE1
      return [16, 8, 0].reduce(UInt32(0)) { color, shift in
        let (a, b) = (Double(open >> UInt32(shift) & 255), Double(done >> UInt32(shift) & 255))
        return color | UInt32(a + (b - a) * part) << UInt32(shift)
      }
    }
  }
}

/// Maps one below the other, with one legend.
package struct CellPage: Sendable {
  package var maps: [CellMap]
  package init(_ maps: [CellMap]) { self.maps = maps }

  private var kinds: [(cell: CellMap.Cell, name: String)] {
    let there = Set(maps.lazy.flatMap(\.rows).joined().map(\.kind))
    return CellMap.Cell.kinds.enumerated().filter { there.contains($0.offset) }.map(\.element)
  }

  // MARK: In a terminal

  /// - Parameter rows: lines of one map at most.
  package func text(_ style: Style, maxWidth: Int? = nil, rows: Int = 32) -> String {
    let width = max(20, min(maxWidth ?? style.width, style.width))
    func painted(_ cell: CellMap.Cell, _ text: String) -> String { style.color ? cell.escape + text + "\u{1B}[0m" : text }
    var lines: [String] = []
    for map in maps {
      // two characters are about as wide as one is high
      let across = (width - 2) / 2, small = map.reduced(by: max((map.columns + across - 1) / across, (map.rows.count + rows - 1) / rows))
      if !lines.isEmpty { lines.append("") }
      lines += (small.title.columns <= width ? [small.title] : small.title.split(separator: ";").map { String($0.drop { $0 == " " }) }).map { fit($0, width).trimmedEnd }
      for row in small.rows {
        var line = "  ", at = 0
        while at < row.count {
          let end = row[at...].firstIndex { $0.mark != row[at].mark } ?? row.count
          line += painted(row[at], String(repeating: String(row[at].mark), count: 2 * (end - at)))
          at = end
        }
        lines.append(line)
      }
    }
    lines.append("  " + kinds.map { painted($0.cell, String($0.cell.mark)) + " " + $0.name }.joined(separator: "   "))
    return lines.joined(separator: "\n")
  }

  // MARK: On a page

  package func svg() -> String { drawing.svg(title: maps.map(\.title).joined(separator: "; ")) }
  package func image(scale: Double = 2) -> Image { drawing.image(scale: scale) }

  private var drawing: Drawing {
    let text = Sheet.text, widest = maps.map { max(Double($0.columns) * Self.cell($0), Drawing.width(of: $0.title, text)) }.max() ?? 0
    var page = Drawing(width: Sheet.left + max(300, widest) + Sheet.right, height: 0), top = 18.0
    for map in maps {
      let cell = Self.cell(map), gap = cell >= 6 ? 1.0 : 0
      page.marks.append(.text(map.title, x: Sheet.left, y: top + 10, size: text, color: Palette.ink))
      top += 22
      for (y, row) in map.rows.enumerated() {
        var x = 0
        while x < row.count {
          // cells of one colour that touch are one box
          let end = gap > 0 ? x + 1 : row[x...].firstIndex { $0.color != row[x].color } ?? row.count
          page.marks.append(.box(x: Sheet.left + cell * Double(x), y: top + cell * Double(y), width: cell * Double(end - x) - gap, height: cell - gap, color: row[x].color))
          x = end
        }
      }
      top += cell * Double(map.rows.count) + 16
    }
    var x = Sheet.left
    for kind in kinds {
      page.marks.append(.box(x: x, y: top, width: 12, height: 12, color: kind.cell.color))
      page.marks.append(.text(kind.name, x: x + 18, y: top + 10.6, size: text, color: Palette.ink))
      x += 18 + Drawing.width(of: kind.name, text) + 22
    }
    page.height = top + 30
    return page
  }

  private static func cell(_ map: CellMap) -> Double { max(2, min(24, (600 / Double(max(1, map.columns, map.rows.count))).rounded(.down))) }
}
