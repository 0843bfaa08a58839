// A small stroke font for text in pixels, drawn for this program: letters are lines and quadratic B-splines on a grid, so they scale to any
// size and are anti-aliased like every other line.
//
// A glyph is a list of strokes. A stroke is pairs of base-36 digits, x then y: y 0 is the descender, 4 the baseline, c (12) the height of small
// letters, g (16) that of capitals. "~" before it makes a spline from the first point to the last, "o" a closed one; a repeated point is a
// corner, and a stroke of one place is a dot.

package enum StrokeFont {
  /// Units of the grid from baseline to capital height.
  static let capital = 12.0
  private static let gap = 3.2

  /// Lines of a text whose baseline starts at (0, 0), y downward, for capitals `size` high; and how far it goes.
  package static func strokes(_ text: String, size: Double) -> (lines: [[Figure.Point]], width: Double) {
    let unit = size / capital
    var lines: [[Figure.Point]] = [], x = 0.0
    for character in text {
      let (glyph, scale, lift) = shape(character)
      for line in glyph.lines {
        lines.append(line.map { Figure.Point((x + $0.x * scale) * unit, -(($0.y - 4) * scale + lift) * unit) })
      }
      x += glyph.advance * scale
    }
    return (lines, max(0, (x - gap) * unit))
  }

  package static func width(_ text: String, size: Double) -> Double {
    max(0, (text.reduce(0.0) { let (glyph, scale, _) = shape($1); return $0 + glyph.advance * scale } - gap) * size / capital)
  }

  private struct Glyph: Sendable {
    var lines: [[Figure.Point]]
    var advance: Double
  }

  /// Superscripts are small digits; what the font lacks is an empty box.
  private static func shape(_ character: Character) -> (Glyph, scale: Double, lift: Double) {
    if let glyph = glyphs[character] { return (glyph, 1, 0) }
    if let plain = superscripts[character], let glyph = glyphs[plain] { return (glyph, 0.62, 6) }
    return (missing, 1, 0)
  }

  private static let superscripts: [Character: Character] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "-",
  ]

  private static let missing = Glyph(lines: [[.init(0, 4), .init(6, 4), .init(6, 16), .init(0, 16), .init(0, 4)]], advance: 9.2)

  private static let glyphs: [Character: Glyph] = {
    var glyphs: [Character: Glyph] = [" ": Glyph(lines: [], advance: 6)]
    for (characters, text) in sources {
      let lines = text.split(separator: " ").map(line)
      let right = lines.joined().map(\.x).max() ?? 0
      for character in characters { glyphs[character] = Glyph(lines: lines, advance: (character.isNumber ? 8 : right) + gap) }
    }
    return glyphs
  }()

  private static func line(_ source: Substring) -> [Figure.Point] {
    let digits = (source.first == "~" || source.first == "o" ? source.dropFirst() : source).compactMap(\.hexDigitOrLetter).map(Double.init)
    let points = stride(from: 0, to: digits.count - 1, by: 2).map { Figure.Point(digits[$0], digits[$0 + 1]) }
    switch source.first {
    case "~": return spline(points)
    case "o": return closed(points)
    default: return points
    }
  }

  private static func middle(_ a: Figure.Point, _ b: Figure.Point) -> Figure.Point { .init((a.x + b.x) / 2, (a.y + b.y) / 2) }

  private static func arc(_ a: Figure.Point, _ control: Figure.Point, _ b: Figure.Point) -> [Figure.Point] {
    (1...8).map { step in
      let t = Double(step) / 8, s = 1 - t
      return .init(s * s * a.x + 2 * s * t * control.x + t * t * b.x, s * s * a.y + 2 * s * t * control.y + t * t * b.y)
    }
  }

  private static func spline(_ points: [Figure.Point]) -> [Figure.Point] {
    guard points.count > 2 else { return points }
    var line = [points[0]], from = points[0]
    for index in 1..<(points.count - 1) {
      let to = index == points.count - 2 ? points[index + 1] : middle(points[index], points[index + 1])
      line += arc(from, points[index], to)
      from = to
    }
    return line
  }

  private static func closed(_ points: [Figure.Point]) -> [Figure.Point] {
    guard points.count > 2 else { return points }
    let joints = points.indices.map { middle(points[$0], points[($0 + 1) % points.count]) }
    return [joints[points.count - 1]] + points.indices.flatMap { arc(joints[($0 + points.count - 1) % points.count], points[$0], joints[$0]) }
  }

  private static let sources: [(String, String)] = [
    ("0", "o04848g0g"), ("1", "2d5g54"), ("2", "~0d0g8g8a04 0484"), ("3", "~0d0g8g8a3a ~3a8a840407"), ("4", "6g0888 6g64"), ("5", "7g1g1b ~1b3c8c840406"),
    ("6", "o04848b0b ~7g1e08"), ("7", "0g8g34"), ("8", "o1a7a7g1g o04848a0a"), ("9", "o09898g0g ~8c7614"),
    (".", "1414"), (",", "1502"), (":", "1414 1b1b"), (";", "1b1b 1502"), ("-", "0959"), ("−", "0989"), ("+", "0989 4d45"), ("=", "0b8b 0787"), ("_", "0282"),
    ("(", "~3h0a32"), (")", "~0h3a02"), ("[", "3h0h0232"), ("]", "0h3h3202"), ("{", "~4h2h2b0a ~0a292242"), ("}", "~0h2h2b4a ~4a292202"),
    ("/", "027h"), ("\\", "0h72"), ("|", "0h02"), ("%", "o0c4c4g0g 8g04 o44848848"), ("*", "4g4a 1f7b 7f1b"), ("'’", "1g1d"), ("\"", "0g0d 3g3d"),
    ("`", "0g2e"), ("^", "0c4g8c"), ("~", "~080c4a4a868a"), ("!", "1g18 1414"), ("?", "~0d0g8g8b4b47 4444"), ("#", "3g14 7g54 0c8c 0888"),
    ("$", "~8d8g0g0a8a840407 4i42"), ("&", "~840e2g6g6d0904648a"), ("@", "o04a4ag0g o38888d3d"), ("<", "7d0975"), (">", "0d7905"),
    ("≤", "7d0a77 0474"), ("≥", "0d7a07 0474"), ("×", "1c76 7c16"), ("·", "1a1a"), ("°", "o0c4c4g0g"), ("…", "0404 4444 8484"), ("–", "0989"), ("—", "09c9"),
    ("A", "045ga4 2888"), ("B", "040g ~0g5g8g8a4a0a ~0a5a9a944404"), ("C", "~9e8g0g048496"), ("D", "040g ~0g4g9g944404"), ("E", "8g0g0484 0a6a"), ("F", "8g0g04 0a6a"),
    ("G", "~9e8g0g04949a 9a5a"), ("H", "040g 949g 0a9a"), ("I", "0g04"), ("J", "~6g66640407"), ("K", "0g04 8g09 3b84"), ("L", "0g0474"), ("M", "040g58aga4"), ("N", "040g949g"),
    ("O", "o04a4ag0g"), ("P", "040g ~0g5g9g994909"), ("Q", "o04a4ag0g 67a3"), ("R", "040g ~0g5g9g994909 4994"), ("S", "~8d8g0g0a8a840407"), ("T", "0g8g 4g44"),
    ("U", "~0g090494999g"), ("V", "0g54ag"), ("W", "0g346e94cg"), ("X", "049g 0g94"), ("Y", "0g4a8g 4a44"), ("Z", "0g8g0484"),
    ("a", "o04747c0c 7c74"), ("b", "0g04 o04747c0c"), ("c", "~7a7c0c047476"), ("d", "o04747c0c 7g74"), ("e", "0878 ~787c0c047476"), ("f", "~5g2g2c 2c24 0c5c"),
    ("g", "o04747c0c ~7c73700002"), ("h", "0g04 ~080c7c78 7874"), ("i", "0c04 0f0f"), ("j", "2f2f ~2c232000"), ("k", "0g04 6c07 2974"), ("l", "0g04"),
    ("m", "0c04 ~080c5c58 5854 ~585caca8 a8a4"), ("n", "0c04 ~080c7c78 7874"), ("o", "o04747c0c"), ("p", "0c00 o04747c0c"), ("q", "o04747c0c 7c70"), ("r", "0c04 ~080c5c"),
    ("s", "~6a6c0c0868640406"), ("t", "2f26 ~262454 0c5c"), ("u", "0c08 ~08047478 7c74"), ("v", "0c448c"), ("w", "0c345b74ac"), ("x", "047c 0c74"), ("y", "0c44 8c20"), ("z", "0c7c0474"),
    ("µμ", "0c00 ~08047478 7c74"), ("→", "09a9 6da965"),
  ]
}

extension Character {
  /// 0…35
  fileprivate var hexDigitOrLetter: Int? {
    guard let value = asciiValue else { return nil }
    switch value {
    case 0x30...0x39: return Int(value) - 0x30
    case 0x61...0x7A: return Int(value) - 0x61 + 10
    default: return nil
    }
  }
}
