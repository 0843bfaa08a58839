// A figure in a terminal: braille dots between axes, eighth blocks for bars, one mark a series where there is no colour.

import TerminalText

extension Figure {
  /// Lines without a final line end, none wider than the screen.
  package func text(_ style: Style, maxWidth: Int? = nil, rows: Int = 14) -> String {
    let figure = showable()
    let width = max(24, min(style.width, maxWidth ?? 100))
    var lines: [String] = []
    if !title.isEmpty { lines.append(style.bold(fit(title, width, right: false).trimmedEnd)) }
    if figure.hasLegend { lines += figure.legend(style, width) }
    switch figure.kind {
    case .bar: lines += figure.bars(style, width)
    case .heat: lines += figure.heat(style, width)
    default: lines += figure.axes(style, width, rows)
    }
    lines += figure.notes.map { style.dim(fit("  " + $0, width).trimmedEnd) }
    return lines.joined(separator: "\n")
  }

  private func legend(_ style: Style, _ width: Int) -> [String] {
    var lines = [" "], used = 1
    for (index, name) in series.map(\.name).enumerated() {
      let name = Self.short(name, 24), wide = name.columns + 4
      if used > 1, used + wide > width { lines.append(" "); used = 1 }
      if lines.count > 3 { lines[3] = "  … \(series.count - index) more"; break }
      let sign = style.color ? Palette.escape(index) + (kind == .scatter ? "•" : "━") + "\u{1B}[0m" : String(Palette.marks[index % Palette.marks.count])
      lines[lines.count - 1] += " \(sign) \(name) "
      used += wide
    }
    return lines.map(\.trimmedEnd)
  }

  // MARK: Two axes

  private func axes(_ style: Style, _ width: Int, _ rows: Int) -> [String] {
    let y = yScale(wanted: max(3, rows / 3 + 1))
    let gutter = (y.ticks.map { $0.label.columns }.max() ?? 0) + 1
    let cells = max(8, width - gutter - 3), x = xScale(wanted: max(2, cells / 11))
    var grid = Grid(columns: cells, rows: rows)
    let place = { (point: Point) in (x.position(point.x), y.position(point.y)) }
    for (index, series) in series.enumerated() {
      switch kind {
      case .histogram where !hasLegend: grid.fill(self, series, x, y)
      case .histogram: grid.line(outline(series).map(place), index, dots: style.color)
      case .scatter:
        // few points are easier to see as marks, many as dots
        let dots = series.points.count > 150 && (style.color || !hasLegend)
        for point in series.points { grid.dot(place(point), style.color ? 0 : index, owner: index, dots: dots) }
      default: grid.line(series.points.sorted { $0.x < $1.x }.map(place), index, dots: style.color || !hasLegend)
      }
    }
    var labels: [Int: String] = [:]
    for tick in y.ticks { labels[min(rows - 1, max(0, Int(((1 - y.position(tick.value)) * Double(rows - 1)).rounded())))] = tick.label }
    let yTitle = y.title(yName)
    var lines = yTitle.isEmpty ? [] : [fit("  " + yTitle, width).trimmedEnd]
    for row in 0..<rows {
      let label = labels[row]
      lines.append(style.dim(fit(label ?? "", gutter, right: true) + (label == nil ? " │" : " ┤")) + grid.text(row, style))
    }
    return lines + foot(style, x, gutter: gutter, cells: cells)
  }

  /// The x axis: a rule with ticks, their labels, its name.
  private func foot(_ style: Style, _ x: Scale, gutter: Int, cells: Int) -> [String] {
    var ticks = x.ticks
    if let names = categories {
      let widest = min(14, names.map { $0.columns }.max() ?? 1) + 1
      let stride = max(1, (widest * names.count + cells - 1) / cells)
      ticks = Swift.stride(from: 0, to: names.count, by: stride).map { Scale.Tick(value: Double($0), label: Self.short(names[$0], 14)) }
    }
    var rule = [Character](repeating: "─", count: cells), labels = "", end = 0
    for tick in ticks {
      let column = min(cells - 1, max(0, Int((x.position(tick.value) * Double(cells - 1)).rounded())))
      let wide = tick.label.columns, start = max(0, min(gutter + 2 + column - wide / 2, gutter + 2 + cells - wide))
      if start < end + (end > 0 ? 1 : 0) { continue }
      rule[column] = "┬"
      labels += String(repeating: " ", count: start - end) + tick.label
      end = start + wide
    }
    var lines = [style.dim(String(repeating: " ", count: gutter + 1) + "└" + String(rule)), style.dim(labels)]
    let name = x.title(xName)
    if !name.isEmpty { lines.append(String(repeating: " ", count: max(0, gutter + 2 + (cells - name.columns) / 2)) + Self.short(name, cells)) }
    return lines
  }

  // MARK: Bars

  private func bars(_ style: Style, _ width: Int) -> [String] {
    let names = categories ?? [], values = series.flatMap(\.points).map(\.y)
    let label = min(max(8, width / 3), names.map { $0.columns }.max() ?? 0)
    let numbers = values.map { compact($0) }.map { $0.columns }.max() ?? 1
    let low = min(0, values.min() ?? 0), high = max(0, values.max() ?? 0), span = high > low ? high - low : 1
    let room = max(4, width - label - numbers - 6)
    // bars below 0 end at the rule, bars above start there
    let left = low < 0 ? max(1, Int((-low / span * Double(room)).rounded())) : 0
    var lines: [String] = []
    let shown = min(names.count, max(1, 60 / max(1, series.count)))
    for (position, name) in names.prefix(shown).enumerated() {
      for (index, series) in series.enumerated() {
        guard let point = series.points.first(where: { Int($0.x) == position }) else {
          if index == 0 { lines.append(" " + fit(name, label) + " │") }
          continue
        }
        let length = point.y.magnitude / span * Double(room)
        let before: String, after: String
        if point.y < 0 {
          let full = min(left, Int(length.rounded()))
          (before, after) = (String(repeating: " ", count: left - full) + String(repeating: "█", count: full), "")
        } else {
          let eighths = Int((length * 8).rounded())
          let rest = eighths % 8
          (before, after) = (String(repeating: " ", count: left), String(repeating: "█", count: eighths / 8) + (rest > 0 ? String(Array("▏▎▍▌▋▊▉")[rest - 1]) : ""))
        }
        let paint = { (text: String) in style.color && !text.isEmpty ? Palette.escape(index) + text + "\u{1B}[0m" : text }
        let sign = !style.color && hasLegend ? String(Palette.marks[index % Palette.marks.count]) : "│"
        lines.append(" " + fit(index == 0 ? name : "", label) + " " + paint(before) + style.dim(sign) + paint(after) + " " + compact(point.y))
      }
    }
    if shown < names.count { lines.append(style.dim("  … \(grouped(names.count - shown)) more")) }
    let name = (yName.isEmpty ? "" : yName)
    if !name.isEmpty { lines.append(String(repeating: " ", count: label + left + 3) + fit(name, max(4, width - label - left - 4)).trimmedEnd) }
    return lines
  }
}

/// Character cells of 2 × 4 braille dots, or of one mark each.
private struct Grid {
  let columns: Int, rows: Int
  private var dots: [UInt8], marks: [Character?], owner: [Int]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = [UInt8](repeating: 0, count: columns * rows)
    marks = [Character?](repeating: nil, count: columns * rows)
    owner = [Int](repeating: 0, count: columns * rows)
  }

  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  private mutating func set(_ x: Int, _ y: Int, _ series: Int, owner: Int? = nil, dots asDots: Bool) {
    guard x >= 0, y >= 0, x < 2 * columns, y < 4 * rows else { return }
    let cell = y / 4 * columns + x / 2
    if asDots { dots[cell] |= Self.bits[x % 2][y % 4] } else { marks[cell] = Palette.marks[series % Palette.marks.count] }
    self.owner[cell] = owner ?? series
  }

  /// Position 0…1 on both axes, from the lower left.
  private func place(_ at: (Double, Double)) -> (Int, Int) {
    (Int((at.0 * Double(2 * columns - 1)).rounded()), Int(((1 - at.1) * Double(4 * rows - 1)).rounded()))
  }

  /// - Parameter mark: which of the marks, where it is no braille dot.
  mutating func dot(_ at: (Double, Double), _ mark: Int, owner: Int, dots: Bool) {
    let (x, y) = place(at)
    set(x, y, mark, owner: owner, dots: dots)
  }

  mutating func line(_ points: [(Double, Double)], _ series: Int, dots: Bool) {
    guard let first = points.first else { return }
    var (x, y) = place(first)
    set(x, y, series, dots: dots)
    for point in points.dropFirst() {
      let (toX, toY) = place(point)
      let steps = max((toX - x).magnitude, (toY - y).magnitude)
      for step in stride(from: 1, through: Int(steps), by: 1) {
        let share = Double(step) / Double(steps)
        set(Int((Double(x) + Double(toX - x) * share).rounded()), Int((Double(y) + Double(toY - y) * share).rounded()), series, dots: dots)
      }
      (x, y) = (toX, toY)
    }
  }

  /// Bins as columns of eighth blocks.
  mutating func fill(_ figure: Figure, _ series: Figure.Series, _ x: Scale, _ y: Scale) {
    let blocks = Array("▁▂▃▄▅▆▇█"), edges = figure.edges
    for column in 0..<columns {
      let at = x.low + (Double(column) + 0.5) / Double(columns) * (x.high - x.low)
      guard let bin = edges.dropLast().lastIndex(where: { $0 <= at }), bin < series.points.count else { continue }
      let count = series.points[bin].y
      var eighths = Int((y.position(count) * Double(rows * 8)).rounded())
      if count > 0 { eighths = max(1, eighths) }
      for row in 0..<rows {
        let here = min(8, eighths - (rows - 1 - row) * 8)
        if here > 0 { marks[row * columns + column] = blocks[here - 1] }
      }
    }
  }

  func text(_ row: Int, _ style: Style) -> String {
    var line = "", painted: Int?
    for column in 0..<columns {
      let cell = row * columns + column
      let character: Character = marks[cell] ?? (dots[cell] == 0 ? " " : Unicode.Scalar(0x2800 + UInt32(dots[cell])).map(Character.init) ?? " ")
      if style.color, character != " ", painted != owner[cell] {
        line += Palette.escape(owner[cell])
        painted = owner[cell]
      }
      line.append(character)
    }
    line = line.trimmedEnd
    return painted == nil ? line : line + "\u{1B}[0m"
  }
}

extension String {
  package var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
