// Figures as pixels: boxes, discs and lines with round ends, anti-aliased by the distance of a pixel's middle to the shape. A line is one shape
// (the largest coverage of its segments counts), so that joints are not darker than the rest.

extension Figure {
  package func image(scale: Double = 2) -> Image { drawing().image(scale: scale) }
}

extension Drawing {
  /// - Parameter scale: pixels a point.
  func image(scale: Double) -> Image { Canvas(self, scale: scale).image }
}

private struct Canvas {
  var image: Image
  private let scale: Double

  init(_ drawing: Drawing, scale: Double) {
    self.scale = scale
    image = Image(width: Int((drawing.width * scale).rounded()), height: Int((drawing.height * scale).rounded()), fill: (255, 255, 255))
    for mark in drawing.marks { draw(mark) }
  }

  private mutating func draw(_ mark: Drawing.Mark) {
    switch mark {
    case .line(let points, let width, let color, let dash):
      let scaled = points.map { Figure.Point($0.x * scale, $0.y * scale) }
      stroke(dash.isEmpty ? [scaled] : Self.dashed(scaled, dash.map { $0 * scale }), radius: width * scale / 2, color, 1)
    case .box(let x, let y, let width, let height, let color, let opacity):
      box(x * scale, y * scale, (x + width) * scale, (y + height) * scale, color, opacity)
    case .dot(let center, let radius, let color, let opacity):
      stroke([[.init(center.x * scale, center.y * scale)]], radius: radius * scale, color, opacity)
    case .text(let text, let x, let y, let size, let color, let anchor, let bold):
      let (lines, width) = StrokeFont.strokes(text, size: size * Drawing.capital * scale)
      let left = x * scale - (anchor == .start ? 0 : anchor == .end ? width : width / 2)
      let radius = size * scale * (bold ? 0.068 : 0.046)
      // dots are a little heavier than strokes
      for line in lines { stroke([line.map { .init(left + $0.x, y * scale + $0.y) }], radius: line.allSatisfy { $0 == line[0] } ? 1.5 * radius : radius, color, 1) }
    }
  }

  private mutating func blend(_ x: Int, _ y: Int, _ color: UInt32, _ share: Double) {
    let old = image[x, y]
    let mix = { (a: UInt8, b: UInt32) in UInt8(max(0, min(255, (Double(a) * (1 - share) + Double(b & 255) * share).rounded()))) }
    image[x, y] = (mix(old.0, color >> 16), mix(old.1, color >> 8), mix(old.2, color))
  }

  private mutating func box(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ color: UInt32, _ opacity: Double) {
    guard x1 > x0, y1 > y0 else { return }
    for y in max(0, Int(y0))..<max(max(0, Int(y0)), min(image.height, Int(y1.rounded(.up)))) {
      let high = min(Double(y + 1), y1) - max(Double(y), y0)
      for x in max(0, Int(x0))..<max(max(0, Int(x0)), min(image.width, Int(x1.rounded(.up)))) {
        let wide = min(Double(x + 1), x1) - max(Double(x), x0)
        blend(x, y, color, max(0, high) * max(0, wide) * opacity)
      }
    }
  }

  /// All pieces as one shape.
  private mutating func stroke(_ pieces: [[Figure.Point]], radius: Double, _ color: UInt32, _ opacity: Double) {
    let xs = pieces.joined().map(\.x), ys = pieces.joined().map(\.y)
    guard let lowX = xs.min(), let highX = xs.max(), let lowY = ys.min(), let highY = ys.max() else { return }
    let reach = radius + 1
    let left = max(0, Int(lowX - reach)), right = min(image.width, Int(highX + reach) + 1), top = max(0, Int(lowY - reach)), bottom = min(image.height, Int(highY + reach) + 1)
    guard left < right, top < bottom else { return }
    let width = right - left
    var cover = [Float](repeating: 0, count: width * (bottom - top))
    for piece in pieces {
      for index in 0..<max(1, piece.count - 1) {
        let a = piece[index], b = piece[min(index + 1, piece.count - 1)]
        let dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy
        let fromY = max(top, Int(min(a.y, b.y) - reach)), toY = min(bottom, Int(max(a.y, b.y) + reach) + 1)
        let fromX = max(left, Int(min(a.x, b.x) - reach)), toX = min(right, Int(max(a.x, b.x) + reach) + 1)
        guard fromY < toY, fromX < toX else { continue }
        for y in fromY..<toY {
          for x in fromX..<toX {
            let px = Double(x) + 0.5 - a.x, py = Double(y) + 0.5 - a.y
            let t = length > 0 ? max(0, min(1, (px * dx + py * dy) / length)) : 0
            let ex = px - t * dx, ey = py - t * dy
            let share = Float(max(0, min(1, radius + 0.5 - (ex * ex + ey * ey).squareRoot())))
            let place = (y - top) * width + x - left
            if share > cover[place] { cover[place] = share }
          }
        }
      }
    }
    // a line thinner than a pixel is fainter, not wider
    let strength = min(1, 2 * radius) * opacity
    for y in top..<bottom {
      for x in left..<right {
        let share = Double(cover[(y - top) * width + x - left])
        if share > 0 { blend(x, y, color, share * strength) }
      }
    }
  }

  /// The strokes of a dashed line.
  private static func dashed(_ points: [Figure.Point], _ pattern: [Double]) -> [[Figure.Point]] {
    guard var from = points.first, pattern.allSatisfy({ $0 > 0 }) else { return [] }
    var pieces: [[Figure.Point]] = [[from]], phase = 0, left = pattern[0]
    for to in points.dropFirst() {
      var length = ((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y)).squareRoot()
      while length > left {
        let t = left / length
        from = .init(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t)
        length -= left
        if phase % 2 == 0 { pieces[pieces.count - 1].append(from) } else { pieces.append([from]) }
        phase += 1
        left = pattern[phase % pattern.count]
      }
      left -= length
      if phase % 2 == 0 { pieces[pieces.count - 1].append(to) }
      from = to
    }
    return pieces.filter { $0.count > 1 }
  }
}
