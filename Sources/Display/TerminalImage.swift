// Pictures as text: two pixels a cell in truecolor half blocks, or a ramp of shades without colour; facts beside them where there is room.

import TerminalText

extension Image {
  /// - Parameters:
  ///   - maxWidth: columns of the picture; nil leaves the facts their room and fills the rest.
  ///   - facts: lines to the right of the picture, or below it on a narrow screen.
  package func terminalText(_ style: Style, maxWidth: Int? = nil, maxHeight: Int = 20, beside facts: [String] = []) -> String {
    guard width > 0, height > 0 else { return "(empty picture)" }
    let room = (facts.map { $0.columns }.max() ?? 0) + (facts.isEmpty ? 0 : 4)
    let isBeside = !facts.isEmpty && style.width - room >= 24
    let free = isBeside ? style.width - room : style.width
    let small = fitted(columns: max(1, min(maxWidth ?? free, style.width)), rows: maxHeight, grows: maxWidth != nil)
    var lines = style.color ? small.halfBlocks() : small.shades()
    if isBeside, small.width + room <= style.width {
      for (row, fact) in facts.enumerated() {
        if row < lines.count { lines[row] += "    " + fact } else { lines.append(String(repeating: " ", count: small.width + 4) + fact) }
      }
    } else { lines += facts.map { "  " + $0 } }
    return lines.map(\.trimmedEnd).joined(separator: "\n")
  }

  /// Resized to at most so many columns and cell rows; a cell is one pixel wide and two high. Small pictures grow a little, so that they can be seen.
  private func fitted(columns: Int, rows: Int, grows: Bool) -> Image {
    let most = grows ? columns : min(columns, max(width, min(width * 4, 32)))
    var wide = max(1, min(most, columns)), high = max(1, height * wide / width)
    if high > 2 * rows { (wide, high) = (max(1, wide * 2 * rows / high), 2 * rows) }
    return resized(width: wide, height: max(2, high + high % 2))
  }

  private func halfBlocks() -> [String] {
    stride(from: 0, to: height, by: 2).map { y in
      var line = "", last: ((UInt8, UInt8, UInt8), (UInt8, UInt8, UInt8))?
      for x in 0..<width {
        let top = self[x, y], bottom = y + 1 < height ? self[x, y + 1] : (0, 0, 0)
        if last.map({ $0.0 != top || $0.1 != bottom }) ?? true {
          line += "\u{1B}[38;2;\(top.0);\(top.1);\(top.2)m\u{1B}[48;2;\(bottom.0);\(bottom.1);\(bottom.2)m"
          last = (top, bottom)
        }
        line += "▀"
      }
      return line + "\u{1B}[0m"
    }
  }

  /// Each cell is the mean of two rows, from black to white; labels and overlays are told apart by their brightness.
  private func shades() -> [String] {
    let ramp = Array(" ░▒▓█")
    return stride(from: 0, to: height, by: 2).map { y in
      var line = ""
      for x in 0..<width {
        var sum = 0, count = 0
        for row in y..<min(y + 2, height) { let p = self[x, row]; sum += Int(p.0) + Int(p.1) + Int(p.2); count += 3 }
        line.append(ramp[min(ramp.count - 1, sum * ramp.count / (256 * count))])
      }
      return line
    }
  }
}
