// Figures and pictures as SVG 1.1: no script, no outside reference, text as text.

import Glibc

extension Figure {
  package func svg() -> String { drawing().svg(title: title.isEmpty ? "\(kind.rawValue) plot" : title) }
}

extension Image {
  /// The pixels inside an SVG, sharp when enlarged.
  package func svg() -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
    <image width="\(width)" height="\(height)" style="image-rendering:pixelated" xlink:href="\(dataURI)"/>
    </svg>

    """
  }

  /// "data:image/png;base64,…"
  package var dataURI: String { "data:image/png;base64," + Base64.text(png()) }
}

/// XML, and HTML, in which these five characters mean something.
package func markupText(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n": result.unicodeScalars.append(scalar)
    default: result.unicodeScalars.append(scalar.value < 0x20 ? "\u{FFFD}" : scalar)
    }
  }
  return result
}

extension Drawing {
  func svg(title: String) -> String {
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(height))" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" \
      font-family="Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif" role="img">
      <title>\(markupText(title))</title>
      <rect width="100%" height="100%" fill="#ffffff"/>

      """
    for mark in marks { text += element(mark) + "\n" }
    return text + "</svg>\n"
  }

  private func element(_ mark: Mark) -> String {
    let n = Self.number
    switch mark {
    case .line(let points, let width, let color, let dash):
      let path = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
      let pattern = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash.map(n).joined(separator: " "))\""
      return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(Palette.hex(color))\" stroke-width=\"\(n(width))\" stroke-linejoin=\"round\" stroke-linecap=\"\(dash.isEmpty ? "round" : "butt")\"\(pattern)/>"
    case .box(let x, let y, let width, let height, let color, let opacity):
      return "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"\(Palette.hex(color))\"\(Self.opacity(opacity))/>"
    case .dot(let center, let radius, let color, let opacity):
      return "<circle cx=\"\(n(center.x))\" cy=\"\(n(center.y))\" r=\"\(n(radius))\" fill=\"\(Palette.hex(color))\"\(Self.opacity(opacity))/>"
    case .text(let text, let x, let y, let size, let color, let anchor, let bold):
      let weight = bold ? " font-weight=\"600\"" : ""
      return "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" fill=\"\(Palette.hex(color))\" text-anchor=\"\(anchor.rawValue)\"\(weight)>\(markupText(text))</text>"
    }
  }

  private static func opacity(_ value: Double) -> String { value < 1 ? " fill-opacity=\"\(number(value))\"" : "" }

  /// Two decimals at most.
  private static func number(_ value: Double) -> String {
    var text = fixed(value, 2)
    while text.contains("."), text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}

/// RFC 4648.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let word = part.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
      for place in 0..<4 { out.append(place <= part.count ? alphabet[Int(word >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "=")) }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
