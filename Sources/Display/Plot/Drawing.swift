/// What a figure is made of, in points (y downward): drawn as SVG or as pixels, so that both look alike.
struct Drawing: Sendable {
  var width: Double, height: Double
  var marks: [Mark] = []

  enum Anchor: String, Sendable { case start, middle, end }

  enum Mark: Sendable {
    case line([Figure.Point], width: Double, color: UInt32, dash: [Double] = [])
    case box(x: Double, y: Double, width: Double, height: Double, color: UInt32, opacity: Double = 1)
    case dot(Figure.Point, radius: Double, color: UInt32, opacity: Double = 1)
    /// `size` is that of the font; (x, y) lies on the baseline.
    case text(String, x: Double, y: Double, size: Double, color: UInt32, anchor: Anchor = .start, bold: Bool = false)
  }

  /// Capitals are this share of a font's size.
  static let capital = 0.72

  static func width(of text: String, _ size: Double) -> Double { StrokeFont.width(text, size: size * capital) }
}
