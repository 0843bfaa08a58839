extension Image {
  /// The picture as text: two pixels a cell in truecolor half blocks, or a ramp of shades without colour.
  package func terminalText(_ style: Style, maxWidth: Int? = nil, maxHeight: Int = 40) -> String {
    guard width > 0, height > 0 else { return "(empty picture)" }
    let columns = max(1, min(maxWidth ?? style.width, style.width, width))
    // A cell is about twice as high as wide: half blocks make square pixels, shades stand for two rows each.
    let rows = max(2, min(2 * maxHeight, height * columns / width))
    let small = resized(width: columns, height: rows)
    return style.color ? small.halfBlocks() : small.shades()
  }

  private func halfBlocks() -> String {
    var lines: [String] = []
    for y in stride(from: 0, to: height, by: 2) {
      var line = ""
      for x in 0..<width {
        let top = self[x, y], bottom = y + 1 < height ? self[x, y + 1] : (0, 0, 0)
        line += "\u{1B}[38;2;\(top.0);\(top.1);\(top.2)m\u{1B}[48;2;\(bottom.0);\(bottom.1);\(bottom.2)m▀"
      }
      lines.append(line + "\u{1B}[0m")
    }
    return lines.joined(separator: "\n")
  }

  private func shades() -> String {
    let ramp = Array(" ░▒▓█")
    var lines: [String] = []
    for y in stride(from: 0, to: height, by: 2) {
      var line = ""
      for x in 0..<width {
        var sum = 0, count = 0
        for row in y..<min(y + 2, height) { let p = self[x, row]; sum += Int(p.0) + Int(p.1) + Int(p.2); count += 3 }
        line.append(ramp[min(ramp.count - 1, sum * ramp.count / (256 * count))])
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }
}
