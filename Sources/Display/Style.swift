// Display shows values to people: tables, terminal pictures, PNG, progress.

/// What the screen can do. The one who owns the terminal decides; nothing here asks the environment.
package struct Style: Sendable, Equatable {
  /// Columns; everything is readable from 60 up and does not break below.
  package var width: Int
  package var color: Bool
  package static let plain = Style(width: 80, color: false)

  package init(width: Int, color: Bool) { (self.width, self.color) = (max(20, width), color) }

  package func bold(_ text: String) -> String { color ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  package func dim(_ text: String) -> String { color ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
  package func red(_ text: String) -> String { color ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
}
