// Commands about what was typed: save it, load more, edit it, list it.

import CLineEdit
import Compute
import Display
import Glibc
import Language
import Storage

extension Command {
  static let quit = Command("quit", "", "Leaves.") { _, _ in 0 }

  static let save = Command("save", "FILE", "Writes what ran so far as a script that does it again.", .path) { prompt, rest in
    guard !rest.isEmpty else { throw Misuse(description: ":save needs a file") }
    let path = rest.hasSuffix(".dcs") ? rest : rest + ".dcs"
    if Files.kind(path) != nil, prompt.saved != path { throw Misuse(description: "`\(path)` exists; :!rm it, or choose another name") }
    let seed = prompt.program.seed
    let head = ["a session of dcs \(Main.version), \(dateText())", "in \(prompt.folder), seed \(seed)"]
    let text = prompt.interpreter.sessionScript(head: head, seed: seed)
    try Files.writeAtomically(text, path, sync: false)
    prompt.saved = path
    let count = prompt.interpreter.entries.count { $0.outcome == .completed }
    prompt.output.write("\(path): \(count) of \(prompt.interpreter.entries.count { $0.outcome != .note }) statements; dcs \(path) runs it\n")
    return nil
  }

  static let load = Command("load", "FILE", "Runs a script in this session; its names stay.", .path) { prompt, rest in
    guard !rest.isEmpty else { throw Misuse(description: ":load needs a file") }
    prompt.loaded.removeAll { $0 == rest }
    prompt.loaded.append(rest)
    return try prompt.load(rest)
  }

  static let reload = Command("reload", "", "Reads imported modules and loaded files again.") { prompt, _ in
    let modules = try prompt.interpreter.reloadModules()
    for path in prompt.loaded { if let code = try prompt.load(path) { return code } }
    let names = modules + prompt.loaded
    prompt.output.write(names.isEmpty ? "nothing was imported or loaded\n" : "read again: \(names.joined(separator: ", "))\n")
    return nil
  }

  static let edit = Command("edit", "[NAME]", "Opens $EDITOR on the last statement, a function, a module or a file, and runs what was edited.", .name) { prompt, rest in
    let editor = environmentValue("VISUAL") ?? environmentValue("EDITOR") ?? "vi"
    if let path = prompt.editedFile(rest) {
      try edit(path, with: editor)
      return nil
    }
    guard let text = prompt.editedText(rest) else { throw Misuse(description: "nothing to edit called `\(rest)`") }
    let path = "\(Files.temporaryFolder)/dcs-edit-\(getpid()).dcs"
    defer { unlink(path) }
    try Files.writeAtomically(text + "\n", path, sync: false)
    try edit(path, with: editor)
    let edited = try ProgramHost.text(path).trimmed
    if edited.isEmpty || edited == text { return nil }
    prompt.output.write(edited.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset == 0 ? "dcs> " : "...> ") + $0.element }.joined(separator: "\n") + "\n")
    prompt.remember(edited)
    return prompt.statement(edited, named: "prompt")
  }

  private static func edit(_ path: String, with editor: String) throws {
    let code = dcs_shell("\(editor) \(Shell.quoted(path))")
    if code == 127 { throw Misuse(description: "the editor `\(editor)` cannot be started; set EDITOR") }
  }

  static let history = Command("history", "[TEXT]", "Lists what was typed, oldest first, in this session and before.", .text) { prompt, rest in
    let entries = prompt.history.load().filter { rest.isEmpty || $0.lowercased().contains(rest.lowercased()) }
    let lines = entries.suffix(rest.isEmpty ? 200 : 2000).map { "  " + $0.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n  ") + "\n" }
    if lines.isEmpty { prompt.output.write("nothing\(rest.isEmpty ? "" : " with `\(rest)`")\n") } else { prompt.pager.show(lines.joined()) }
    return nil
  }
}

extension Prompt {
  func load(_ path: String) throws -> Int32? {
    let text = try ProgramHost.text(path)
    interpreter.note(":load \(path)")
    return statement(text, named: path)
  }

  /// A file of that name, or of that module.
  fileprivate func editedFile(_ name: String) -> String? {
    if name.isEmpty { return nil }
    if name.contains("/") || name.contains(".dcs") { return name }
    if interpreter.value(of: name)?.typeName == "fn" { return nil }
    return ProgramHost.libraryFolders().map { "\($0)/\(name).dcs" }.first { Files.kind($0) == .file }
  }

  /// The text of the last statement, or of a function that was typed or comes with the program.
  fileprivate func editedText(_ name: String) -> String? {
    if name.isEmpty { return interpreter.entries.last { $0.outcome != .note }?.text ?? "" }
    guard case .function(let function)? = interpreter.value(of: name) else { return nil }
    return function.sourceText.map { text in function.documentation.map { "## \($0)\n" }.joined() + text }
  }
}

/// "2026-03-01 14:02"
func dateText() -> String {
  var now = time(nil), parts = tm()
  localtime_r(&now, &parts)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min))"
}
