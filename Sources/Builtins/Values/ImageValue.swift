import Display
import Language

/// A picture, a plot or a map: drawn in the terminal, saved as PNG or SVG.
struct ImageValue: ObjectValue {
  enum Content: Sendable {
    /// Pixels with lines of text above, beside or below.
    case pixels(Image)
    case figure(Figure)
    case cells(CellPage)
  }

  let content: Content
  /// Stands above the picture, on as many lines as the width asks for.
  var caption: [String] = []
  /// Beside the picture where there is room, else below.
  var facts: [String] = []
  /// Columns asked for; nil fills the screen.
  var width: Int?

  init(image: Image, caption: [String], facts: [String] = [], width: Int? = nil) {
    (content, self.caption, self.facts, self.width) = (.pixels(image), caption, facts, width)
  }
  init(cells: CellPage) { content = .cells(cells) }
  init(_ figure: Figure, width: Int? = nil) { (content, self.width) = (.figure(figure), width) }

  /// As pixels; a plot twice as fine as its SVG.
  var image: Image {
    switch content {
    case .pixels(let image): image
    case .figure(let figure): figure.image()
    case .cells(let cells): cells.image()
    }
  }

  var svg: String {
    switch content {
    case .pixels(let image): image.svg()
    case .figure(let figure): figure.svg()
    case .cells(let cells): cells.svg()
    }
  }

  var typeName: String { "image" }
  var fieldNames: [String] { ["height", "width"] }
  var brief: String {
    switch content {
    case .pixels(let image): "image \(image.width) × \(image.height)"
    case .figure(let figure): "\(figure.kind.rawValue) plot"
    case .cells(let cells): "map of \(Words.count(cells.maps.count, "stage"))"
    }
  }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "width": .int(image.width)
    case "height": .int(image.height)
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    let style = Style(width: style.width, color: style.color)
    switch content {
    case .figure(let figure): return figure.text(style, maxWidth: width)
    case .cells(let cells): return cells.text(style, maxWidth: width)
    case .pixels(let image): return (Layout.flowed(caption, style.width) + [image.terminalText(style, maxWidth: width, beside: facts)]).joined(separator: "\n")
    }
  }
}
