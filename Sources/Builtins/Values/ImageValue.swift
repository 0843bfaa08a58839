import Display
import Language

/// A picture with its caption: shown in the terminal, saved as PNG.
struct ImageValue: ObjectValue {
  let image: Image
  let caption: [String]
  /// Columns asked for; nil fills the screen.
  var width: Int?

  var typeName: String { "image" }
  var fieldNames: [String] { ["height", "width"] }
  var brief: String { "image \(image.width) × \(image.height)" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "width": .int(image.width)
    case "height": .int(image.height)
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    let text = image.terminalText(Style(width: style.width, color: style.color), maxWidth: width)
    return (caption.prefix(1) + [text] + caption.dropFirst()).joined(separator: "\n")
  }
}
