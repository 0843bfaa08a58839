// A figure laid out on a page: title, legend, axes, series. The name of the y axis stands above it, so that nothing has to be read sideways.

extension Figure {
  func drawing(width: Double = 720, height: Double = 432) -> Drawing {
    let figure = showable()
    if figure.kind == .heat { return HeatPage(figure, width: width).drawing }
    return figure.kind == .bar ? BarPage(figure, width: width).drawing : AxesPage(figure, width: width, height: height).drawing
  }
}

/// What both kinds of page share: a white sheet with title and legend at its top, notes at its foot.
struct Sheet {
  static let text = 13.0, small = 11.5, left = 20.0, right = 24.0

  var drawing: Drawing
  /// Where the next thing goes.
  var top = 22.0

  init(_ figure: Figure, width: Double, height: Double) {
    drawing = Drawing(width: width, height: height)
    if !figure.title.isEmpty {
      drawing.marks.append(.text(figure.title, x: Self.left, y: top + 10, size: 16, color: Palette.ink, bold: true))
      top += 28
    }
    if figure.hasLegend { legend(figure) }
  }

  private mutating func legend(_ figure: Figure) {
    var x = Self.left, shown = 0
    top += 4
    for (index, series) in figure.series.enumerated() {
      let name = series.name, width = 26 + Drawing.width(of: name, Self.text) + 18
      if x > Self.left, x + width > drawing.width - Self.right {
        (x, top) = (Self.left, top + 19)
        if shown >= 24 { break }
      }
      let y = top + 1
      switch figure.kind {
      case .line: drawing.marks.append(.line([.init(x, y), .init(x + 20, y)], width: 2.4, color: Palette.color(index), dash: AxesPage.dash(index)))
      case .scatter: drawing.marks.append(.dot(.init(x + 12, y), radius: 4, color: Palette.color(index)))
      default: drawing.marks.append(.box(x: x + 6, y: y - 6, width: 12, height: 12, color: Palette.color(index), opacity: figure.kind == .histogram ? 0.7 : 1))
      }
      drawing.marks.append(.text(name, x: x + 26, y: y + 4.6, size: Self.text, color: Palette.ink))
      x += width
      shown += 1
    }
    if shown < figure.series.count { drawing.marks.append(.text("… \(figure.series.count - shown) more", x: x, y: top + 5.6, size: Self.text, color: Palette.muted)) }
    top += 22
  }

  mutating func notes(_ figure: Figure, y: Double) {
    if !figure.notes.isEmpty { drawing.marks.append(.text(figure.notes.joined(separator: "; "), x: Self.left, y: y, size: Self.small, color: Palette.muted)) }
  }
}

/// Lines, points and histograms between two axes.
private struct AxesPage {
  var drawing: Drawing

  static func dash(_ series: Int) -> [Double] { [[], [6, 4], [2, 4]][series / Palette.colors.count % 3] }

  init(_ figure: Figure, width: Double, height: Double) {
    var sheet = Sheet(figure, width: width, height: height)
    let y = figure.yScale(wanted: 6)
    let yTitle = y.title(figure.yName)
    if !yTitle.isEmpty {
      sheet.drawing.marks.append(.text(yTitle, x: Sheet.left, y: sheet.top + 5, size: Sheet.text, color: Palette.muted))
      sheet.top += 20
    } else { sheet.top += 2 }
    let labels = y.ticks.map { Drawing.width(of: $0.label, Sheet.text) }.max() ?? 0
    let left = Sheet.left + labels + 10, right = width - Sheet.right, top = sheet.top
    let bottom = height - 52 - (figure.notes.isEmpty ? 0 : 16)
    let x = figure.xScale(wanted: 8)
    let place = { (point: Figure.Point) in Figure.Point(left + x.position(point.x) * (right - left), bottom - y.position(point.y) * (bottom - top)) }

    for tick in y.ticks {
      let at = place(.init(x.low, tick.value)).y
      let isBase = tick.value == 0 && !y.isLog
      sheet.drawing.marks.append(.line([.init(left, at), .init(right, at)], width: 1, color: isBase ? Palette.axis : Palette.grid))
      sheet.drawing.marks.append(.text(tick.label, x: left - 9, y: at + 4.6, size: Sheet.text, color: Palette.muted, anchor: .end))
    }
    sheet.drawing.marks.append(.line([.init(left, bottom), .init(right, bottom)], width: 1, color: Palette.axis))
    Self.xTicks(figure, x, left, right, bottom, &sheet.drawing)
    sheet.drawing.marks.append(.text(x.title(figure.xName), x: (left + right) / 2, y: bottom + 41, size: Sheet.text, color: Palette.muted, anchor: .middle))

    for (index, series) in figure.series.enumerated() {
      let color = Palette.color(index)
      switch figure.kind {
      case .histogram:
        let gap = figure.hasLegend || figure.edges.count > 200 ? 0 : 0.6
        for (bin, point) in series.points.enumerated() where point.y > 0 && bin + 1 < figure.edges.count {
          let a = place(.init(figure.edges[bin], point.y)), b = place(.init(figure.edges[bin + 1], 0))
          sheet.drawing.marks.append(.box(x: a.x + gap, y: a.y, width: max(0.5, b.x - a.x - 2 * gap), height: b.y - a.y, color: color, opacity: figure.hasLegend ? 0.4 : 0.85))
        }
        if figure.hasLegend { sheet.drawing.marks.append(.line(figure.outline(series).map(place), width: 1.8, color: color)) }
      case .scatter:
        let opacity = series.points.count > 200 ? 0.5 : 0.85
        for point in Self.thinned(series.points) { sheet.drawing.marks.append(.dot(place(point), radius: series.points.count > 500 ? 2.6 : 4, color: color, opacity: opacity)) }
      default:
        let points = series.points.sorted { $0.x < $1.x }
        sheet.drawing.marks.append(.line(Self.decimated(points.map(place), from: left, to: right), width: 2, color: color, dash: Self.dash(index)))
        if points.count <= 40 { for point in points { sheet.drawing.marks.append(.dot(place(point), radius: 3.4, color: color)) } }
      }
    }
    sheet.notes(figure, y: height - 12)
    drawing = sheet.drawing
  }

  private static func xTicks(_ figure: Figure, _ x: Scale, _ left: Double, _ right: Double, _ bottom: Double, _ drawing: inout Drawing) {
    var ticks = x.ticks
    if let names = figure.categories {
      // every name if they fit, else every n-th
      let widest = names.map { Drawing.width(of: Figure.short($0, 14), Sheet.text) + 12 }.max() ?? 1
      let stride = max(1, Int((widest * Double(names.count) / max(1, right - left)).rounded(.up)))
      ticks = Swift.stride(from: 0, to: names.count, by: stride).map { Scale.Tick(value: Double($0), label: Figure.short(names[$0], 14)) }
    }
    var free = -Double.infinity
    for tick in ticks {
      let at = left + x.position(tick.value) * (right - left), half = Drawing.width(of: tick.label, Sheet.text) / 2
      drawing.marks.append(.line([.init(at, bottom), .init(at, bottom + 5)], width: 1, color: Palette.axis))
      if at - half < free { continue }
      drawing.marks.append(.text(tick.label, x: at, y: bottom + 20, size: Sheet.text, color: Palette.muted, anchor: .middle))
      free = at + half + 8
    }
  }

  /// At most 20,000 points, evenly chosen.
  private static func thinned(_ points: [Figure.Point], to limit: Int = 20_000) -> [Figure.Point] {
    points.count <= limit ? points : (0..<limit).map { points[$0 * points.count / limit] }
  }

  /// A long line as its lowest and highest point in every half column: it looks the same.
  private static func decimated(_ points: [Figure.Point], from left: Double, to right: Double) -> [Figure.Point] {
    let buckets = Int(2 * (right - left))
    guard points.count > 4 * buckets else { return points }
    var result: [Figure.Point] = [], start = 0
    while start < points.count {
      let bucket = Int((points[start].x - left) * 2)
      var end = start
      var (low, high) = (start, start)
      while end < points.count, Int((points[end].x - left) * 2) == bucket {
        if points[end].y < points[low].y { low = end }
        if points[end].y > points[high].y { high = end }
        end += 1
      }
      for index in Set([start, low, high, end - 1]).sorted() { result.append(points[index]) }
      start = end
    }
    return result
  }
}

/// Horizontal bars, so that names can be read however long they are.
private struct BarPage {
  var drawing: Drawing

  init(_ figure: Figure, width: Double) {
    let names = (figure.categories ?? []).map { Figure.short($0, 32) }
    let count = Double(max(1, figure.series.count))
    let bar = figure.series.count == 1 ? 17.0 : max(7, 15 - count), slot = bar * count + (figure.series.count == 1 ? 9 : 12)
    var sheet = Sheet(figure, width: width, height: 0)
    let top = sheet.top + 2, bottom = top + slot * Double(max(1, names.count))
    let height = bottom + 52 + (figure.notes.isEmpty ? 0 : 16)
    sheet.drawing.height = height
    let left = Sheet.left + (names.map { Drawing.width(of: $0, Sheet.text) }.max() ?? 0) + 10, right = width - Sheet.right - 44
    let scale = Scale(over: figure.series.lazy.flatMap(\.points).map(\.y), wanted: 6, fromZero: true)
    let place = { (value: Double) in left + scale.position(value) * (right - left) }
    for tick in scale.ticks {
      let at = place(tick.value)
      sheet.drawing.marks.append(.line([.init(at, top), .init(at, bottom)], width: 1, color: Palette.grid))
      sheet.drawing.marks.append(.text(tick.label, x: at, y: bottom + 18, size: Sheet.text, color: Palette.muted, anchor: .middle))
    }
    for (position, name) in names.enumerated() {
      let middle = top + slot * (Double(position) + 0.5)
      sheet.drawing.marks.append(.text(name, x: left - 9, y: middle + 4.6, size: Sheet.text, color: Palette.ink, anchor: .end))
    }
    for (index, series) in figure.series.enumerated() {
      for point in series.points {
        let y = top + slot * point.x + (slot - bar * count) / 2 + bar * Double(index)
        let zero = place(0), end = place(point.y)
        sheet.drawing.marks.append(.box(x: min(zero, end), y: y, width: max(1, (end - zero).magnitude), height: bar - (count > 1 ? 1 : 0), color: Palette.color(index)))
        if bar >= 11 || count == 1 {
          let label = compact(point.y)
          sheet.drawing.marks.append(.text(label, x: point.y < 0 ? end - 6 : end + 6, y: y + bar / 2 + 4, size: Sheet.small, color: Palette.muted, anchor: point.y < 0 ? .end : .start))
        }
      }
    }
    sheet.drawing.marks.append(.line([.init(place(0), top), .init(place(0), bottom)], width: 1, color: Palette.axis))
    sheet.drawing.marks.append(.text(scale.title(figure.yName), x: (left + right) / 2, y: bottom + 40, size: Sheet.text, color: Palette.muted, anchor: .middle))
    sheet.notes(figure, y: height - 12)
    drawing = sheet.drawing
  }
}

extension Figure {
  /// The steps of a histogram, from the axis up and back to it.
  func outline(_ series: Series) -> [Point] {
    guard let first = edges.first, let last = edges.last else { return [] }
    var points = [Point(first, 0)]
    for (bin, point) in series.points.enumerated() where bin + 1 < edges.count { points += [Point(edges[bin], point.y), Point(edges[bin + 1], point.y)] }
    return points + [Point(last, 0)]
  }

  static func short(_ name: String, _ limit: Int) -> String { name.count <= limit ? name : name.prefix(limit - 1) + "…" }
}
