import Builtins
import Language
import TerminalText

/// What the prompt knows beside the language: paths, modules, its commands.
struct PromptSource: CompletionSource {
  func paths(beginning path: String) -> [PathEntry] { ContainerPaths().entries(beginning: path) }
  var modules: [String] { ProgramHost.moduleNames() }
  var commands: [CommandWord] { Command.all.map { CommandWord($0.name, $0.argument) } }
}

extension Prompt {
  /// TAB: inserts what needs no choice; pressed again, lists the choices.
  func complete(_ before: String, _ after: String, _ again: Bool) -> (insertion: String?, listing: String?) {
    // blanks alone: TAB indents
    if before.split(separator: "\n", omittingEmptySubsequences: false).last?.allSatisfy(\.isWhitespace) ?? true, before.contains("\n") { return ("  ", nil) }
    let completion = interpreter.completion(of: before, after: after, from: PromptSource())
    let insertion = completion.insertion
    if !insertion.isEmpty { return (insertion, nil) }
    guard again, !completion.candidates.isEmpty else { return (nil, nil) }
    return (nil, Columns.text(completion.candidates.map(\.label), width: program.terminal.width, height: program.terminal.height ?? 24))
  }
}

/// Words in columns, read downwards, as narrow as they fit; control characters in names of files written out.
enum Columns {
  static func text(_ words: [String], width: Int, height: Int) -> String {
    let words = words.map(\.visibleOnOneLine)
    let widest = min(words.map(\.columns).max() ?? 0, width - 1)
    let count = max(1, (width + 1) / (widest + 2))
    let limit = count * max(4, height - 3)
    let shown = words.prefix(limit)
    let rows = (shown.count + count - 1) / count
    var lines = (0..<rows).map { row -> String in
      var line = ""
      for position in stride(from: row, to: shown.count, by: rows) {
        line += shown[position] + String(repeating: " ", count: max(2, widest + 2 - shown[position].columns))
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    if words.count > limit { lines.append("… \(words.count - limit) more") }
    return lines.joined(separator: "\n")
  }
}
