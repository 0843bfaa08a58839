// A help page as text for a terminal: bold where the eye should start, wrapped to the screen, nothing that colour alone says.

import TerminalText

extension HelpPage {
  /// Lines without a final line end.
  package func drawn(_ style: DisplayStyle = DisplayStyle()) -> String {
    forms.map { $0.lines(style).joined(separator: "\n") }.joined(separator: "\n\n")
  }
}

extension HelpPage.Form {
  func lines(_ style: DisplayStyle) -> [String] {
    let width = max(40, min(style.width, 100))
    let bold = { (text: String) in style.color ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
    let dim = { (text: String) in style.color ? "\u{1b}[2m\(text)\u{1b}[0m" : text }
    let name = signature.prefix { $0 != "(" }
    var lines = HelpText.signature(signature, width, keepsParameters: !arguments.isEmpty)
    if arguments.isEmpty { lines = lines.map(bold) } else if let first = lines.first, first.hasPrefix(name) { lines[0] = bold(String(name)) + first.dropFirst(name.count) }
    lines += HelpText.wrapped(summary, width, first: "  ", later: "  ")
    for paragraph in details { lines += [""] + HelpText.wrapped(paragraph, width, first: "  ", later: "  ") }
    if arguments.contains(where: { !$0.type.isEmpty || $0.defaultText != nil }) {
      lines.append("")
      let column = min(18, 2 + (arguments.map { $0.label.columns }.max() ?? 0))
      for argument in arguments {
        let head = "  " + argument.label + String(repeating: " ", count: max(2, column - argument.label.columns))
        lines += HelpText.wrapped(argument.remark, width, first: head, later: String(repeating: " ", count: 2 + column))
      }
    }
    if !examples.isEmpty { lines.append("") }
    for (position, example) in examples.enumerated() {
      let head = position == 0 ? (examples.count == 1 ? "  example   " : "  examples  ") : "            "
      let one = head + example.code + (example.prints.map { "   → " + $0 } ?? "")
      if one.columns <= width || example.prints == nil {
        lines.append(dim(head) + example.code + (example.prints.map { dim("   → ") + $0 } ?? ""))
      } else {
        lines += [dim(head) + example.code, dim("          → ") + (example.prints ?? "")]
      }
    }
    return lines
  }
}

extension HelpPage.Argument {
  /// "inputs…"
  var label: String { isVariadic ? name + "…" : name }

  /// "a number or a length such as 16nm; default 1"
  var remark: String {
    let need = isVariadic ? "any number of them" : defaultText.map { $0 == "nil" ? "may be left out" : "default " + $0 }
    let parts = [type.isEmpty ? nil : type, need].compactMap { $0 }
    return parts.isEmpty ? "any value" : parts.joined(separator: "; ")
  }
}

package enum HelpText {
  /// A signature on lines of at most `width` columns; a parameter stays on one line with its type and default.
  static func signature(_ text: String, _ width: Int, keepsParameters: Bool = true) -> [String] {
    let name = text.prefix { $0 != "(" }
    let tight = Text.split(Text.split(text, at: " = ").joined(separator: "\u{a0}=\u{a0}"), at: ": ").joined(separator: ":\u{a0}")
    var forms: [String] = []
    for line in Text.split(keepsParameters ? tight : text, at: "\n") {   // a line that is indented goes on with the one above
      if line.first == " ", let last = forms.indices.last { forms[last] += " " + line.drop { $0 == " " } } else { forms.append(line) }
    }
    return forms.flatMap { line in
      wrapped(line, width, later: String(repeating: " ", count: min(12, name.count + 1))).map { Text.split($0, at: "\u{a0}").joined(separator: " ") }
    }
  }

  /// Words on lines of at most `width` columns; a word that is longer is broken behind a `|`, or stands alone.
  package static func wrapped(_ text: String, _ width: Int, first: String = "", later: String) -> [String] {
    var lines: [String] = [], line = first, isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.columns + 1 + word.columns > width {
        lines.append(line)
        (line, isEmpty) = (later, true)
      }
      line += isEmpty ? "" : " "
      isEmpty = false
      guard line.columns + word.columns > width else {
        line += word
        continue
      }
      var rest = word
      while let bar = rest.firstIndex(of: "|") {
        let part = rest[...bar]
        if line.columns + part.columns > width, line.columns > later.columns {
          lines.append(line)
          line = later
        }
        line += part
        rest = rest[rest.index(after: bar)...]
      }
      if line.columns + rest.columns > width, rest.startIndex > word.startIndex {
        lines.append(line)
        line = later
      }
      line += rest
    }
    return lines + [line]
  }
}
