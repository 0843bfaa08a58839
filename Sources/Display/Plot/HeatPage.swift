// A heat map: a row a series, a column a category, values as colours from dark to light; where cells are large enough their values are written in them.

/// Colours of values: viridis (van der Walt & Smith 2015), nine of its steps; even in lightness, so that it reads the same printed in grey.
enum HeatColors {
  private static let steps: [UInt32] = [0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725]

  /// - Parameter share: 0…1.
  static func color(_ share: Double) -> UInt32 {
    let place = min(1, max(0, share)) * Double(steps.count - 1), index = min(steps.count - 2, Int(place)), part = place - Double(index)
    let (a, b) = (steps[index], steps[index + 1])
    func mix(_ shift: UInt32) -> UInt32 {
      let (low, high) = (Double(a >> shift & 255), Double(b >> shift & 255))
      return UInt32(low + (high - low) * part) << shift
    }
    return mix(16) | mix(8) | mix(0)
  }
}

extension Figure {
  /// What the lowest and the highest colour stand for.
  var heatRange: (low: Double, high: Double) {
    let values = series.lazy.flatMap(\.points).map(\.y)
    guard let low = values.min(), let high = values.max() else { return (0, 1) }
    return low < high ? (low, high) : (low - 0.5, high + 0.5)
  }

  func heatShare(_ value: Double) -> Double {
    let (low, high) = heatRange
    return (value - low) / (high - low)
  }
}

struct HeatPage {
  private(set) var drawing: Drawing

  init(_ figure: Figure, width: Double) {
    let names = figure.categories ?? [], rows = figure.series.count
    let cell = max(5, min(26, 380 / Double(max(1, rows))))
    var sheet = Sheet(figure, width: width, height: 0)
    let (low, high) = figure.heatRange
    scaleBar(figure, low, high, &sheet)
    let labels = figure.series.map { Figure.short($0.name, 20) }, left = Sheet.left + (labels.map { Drawing.width(of: $0, Sheet.text) }.max() ?? 0) + 10, right = width - Sheet.right
    let top = sheet.top, bottom = top + cell * Double(max(1, rows)), column = (right - left) / Double(max(1, names.count))
    sheet.drawing.height = bottom + 52 + (figure.notes.isEmpty ? 0 : 16)
    sheet.drawing.marks.append(.box(x: left, y: top, width: right - left, height: bottom - top, color: Palette.grid))
    let every = max(1, Int((14 / cell).rounded(.up)))
    for (row, series) in figure.series.enumerated() {
      let y = top + cell * Double(row)
      if row % every == 0 { sheet.drawing.marks.append(.text(labels[row], x: left - 9, y: y + cell / 2 + 4.6, size: Sheet.text, color: Palette.muted, anchor: .end)) }
      for point in series.points {
        let share = figure.heatShare(point.y), text = compact((point.y * 1000).rounded() / 1000)
        sheet.drawing.marks.append(.box(x: left + column * point.x, y: y, width: column - (column > 6 ? 1 : 0), height: cell - (cell > 6 ? 1 : 0), color: HeatColors.color(share)))
        guard cell >= 16, column > Drawing.width(of: text, Sheet.small) + 6 else { continue }
        sheet.drawing.marks.append(.text(text, x: left + column * (point.x + 0.5), y: y + cell / 2 + 4, size: Sheet.small, color: share > 0.55 ? Palette.ink : 0xFFFFFF, anchor: .middle))
      }
    }
    let widest = names.map { Drawing.width(of: Figure.short($0, 14), Sheet.text) + 12 }.max() ?? 1
    let stride = max(1, Int((widest / max(1, column)).rounded(.up)))
    for index in Swift.stride(from: 0, to: names.count, by: stride) {
      sheet.drawing.marks.append(.text(Figure.short(names[index], 14), x: left + column * (Double(index) + 0.5), y: bottom + 18, size: Sheet.text, color: Palette.muted, anchor: .middle))
    }
    sheet.drawing.marks.append(.text(figure.xName, x: (left + right) / 2, y: bottom + 40, size: Sheet.text, color: Palette.muted, anchor: .middle))
    sheet.notes(figure, y: sheet.drawing.height - 12)
    drawing = sheet.drawing
  }
}

/// Which colour is which value, and what the rows are.
private func scaleBar(_ figure: Figure, _ low: Double, _ high: Double, _ sheet: inout Sheet) {
  let texts = [low, high].map { compact(($0 * 1000).rounded() / 1000) }, right = sheet.drawing.width - Sheet.right, wide = 120.0, y = sheet.top - 4
  let end = right - Drawing.width(of: texts[1], Sheet.text) - 6, start = end - wide
  sheet.drawing.marks.append(.text(figure.yName, x: Sheet.left, y: y + 9, size: Sheet.text, color: Palette.muted))
  for step in 0..<24 {
    sheet.drawing.marks.append(.box(x: start + wide * Double(step) / 24, y: y, width: wide / 24 + 0.5, height: 10, color: HeatColors.color((Double(step) + 0.5) / 24)))
  }
  let name = figure.valueName.isEmpty ? texts[0] : "\(figure.valueName)   \(texts[0])"
  sheet.drawing.marks.append(.text(name, x: start - 6, y: y + 9, size: Sheet.text, color: Palette.muted, anchor: .end))
  sheet.drawing.marks.append(.text(texts[1], x: right, y: y + 9, size: Sheet.text, color: Palette.muted, anchor: .end))
  sheet.top += 20
}

// MARK: In a terminal

extension Figure {
  func heat(_ style: Style, _ width: Int) -> [String] {
    let names = categories ?? [], gutter = min(20, series.map { $0.name.columns }.max() ?? 1)
    let cell = max(1, min(6, (width - gutter - 3) / max(1, names.count))), shades = Array(" ░▒▓█")
    var lines: [String] = []
    let shown = series.prefix(40)
    for row in shown {
      var cells = [Double?](repeating: nil, count: names.count), text = ""
      for point in row.points where cells.indices.contains(Int(point.x)) { cells[Int(point.x)] = point.y }
      for value in cells.prefix(max(1, (width - gutter - 3) / cell)) {
        guard let share = value.map(heatShare) else { text += String(repeating: " ", count: cell); continue }
        if style.color {
          let color = HeatColors.color(share)
          text += "\u{1B}[48;2;\(color >> 16 & 255);\(color >> 8 & 255);\(color & 255)m" + String(repeating: " ", count: cell) + "\u{1B}[0m"
        } else { text += String(repeating: shades[min(4, max(0, Int((share * 4).rounded())))], count: cell) }
      }
      lines.append(style.dim(fit(row.name, gutter, right: true) + " │") + text)
    }
    if shown.count < series.count { lines.append(style.dim("  … \(grouped(series.count - shown.count)) more rows")) }
    let every = max(1, ((names.map { $0.columns }.max() ?? 1) + cell) / cell)
    var foot = String(repeating: " ", count: gutter + 2)
    for index in Swift.stride(from: 0, to: names.count, by: every) {
      let wanted = gutter + 2 + index * cell
      if wanted < foot.columns || wanted + names[index].columns > width { continue }
      foot += String(repeating: " ", count: wanted - foot.columns) + names[index]
    }
    let (low, high) = heatRange
    lines.append(style.dim(foot.trimmedEnd))
    lines.append(style.dim(String(repeating: " ", count: gutter + 2) + fit("\(xName)    \(valueName) \(compact(low)) dark … \(compact(high)) light", max(8, width - gutter - 2)).trimmedEnd))
    return lines
  }
}
