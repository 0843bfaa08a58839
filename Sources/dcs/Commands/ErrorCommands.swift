// The last error at length. As a value it is `_err`.

import Language
import TerminalText

extension Command {
  static let why = Command("why", "", "Explains the last error: its kind, and the values of the names in the line.") { prompt, _ in
    guard let (diagnostics, failure) = prompt.lastFailure, let diagnostic = diagnostics.first(where: { $0.severity == .error }) else { throw Misuse(description: "no error yet") }
    var lines = [diagnostic.drawn(prompt.style)]
    let names = prompt.interpreter.namesInLine(of: diagnostic, failure)
    let width = (names.map(\.name.columns).max() ?? 0)
    if !names.isEmpty { lines.append(failure?.names == nil ? "names in this line" : "names in this line, as they were") }
    for (name, value) in names {
      let glance = value.map { $0.typeName + "  " + Glance.text($0, width: max(20, prompt.style.width - width - 14)) } ?? "not bound"
      lines.append("  " + name + String(repeating: " ", count: width - name.columns) + "  " + glance)
    }
    lines += HelpText.wrapped("\(diagnostic.id) \(diagnostic.kind.rawValue): \(diagnostic.kind.explanation)", max(40, min(prompt.style.width, 100)), later: "  ")
    prompt.pager.show(lines.joined(separator: "\n") + "\n")
    return nil
  }

  static let trace = Command("trace", "", "Lists all calls of the last error, those in the standard library too.") { prompt, _ in
    guard let (diagnostics, failure) = prompt.lastFailure, let diagnostic = diagnostics.first else { throw Misuse(description: "no error yet") }
    let frames = failure?.trace ?? []
    var lines = [diagnostic.severity.rawValue + ": " + diagnostic.message]
    let width = frames.map(\.function.columns).max() ?? 0, places = frames.map(\.place.columns).max() ?? 0
    for frame in frames {
      lines.append("  " + frame.function + String(repeating: " ", count: width - frame.function.columns + 2) + frame.place + String(repeating: " ", count: places - frame.place.columns + 2) + frame.line)
    }
    if frames.isEmpty { lines.append(diagnostic.site.map { "  " + $0.location } ?? "  no calls") }
    prompt.pager.show(lines.joined(separator: "\n") + "\n")
    return nil
  }
}
