// Lines of a summary that fit the screen.

import Display
import TerminalText

/// Lines under one another; what does not fit goes on below, indented.
struct Layout {
  private let width: Int
  private var lines: [String] = []

  init(_ width: Int) { self.width = max(20, width) }

  /// Parts beside each other, on as many lines as the width asks for.
  static func flowed(_ parts: [String], _ width: Int) -> [String] {
    if parts.isEmpty { return [] }
    var layout = Layout(width)
    layout.add("", parts, indent: 2)
    return layout.lines
  }

  var text: String { lines.joined(separator: "\n") }

  /// `label` and `parts` in one line, or broken between parts.
  mutating func add(_ label: String, _ parts: [String], indent: Int, separator: String = "    ") {
    var line = label, isFirst = true
    for part in parts {
      let wider = isFirst ? line + part : line + separator + part
      if !isFirst, wider.columns > width {
        lines.append(line)
        line = String(repeating: " ", count: indent) + part
      } else {
        line = wider
      }
      isFirst = false
    }
    lines.append(line)
  }
}
