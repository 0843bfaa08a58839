// The prompt: statements that may span lines, commands that begin with `:`, help that begins with `?`, a memory of what was typed.

import Builtins
import CLineEdit
import Display
import Execution
import Glibc
import Language

final class Prompt {
  let program: Program
  let history = History(path: History.standardPath())
  let pager: Pager
  /// What went wrong last, for `:why` and `:trace`.
  var lastFailure: (diagnostics: [Diagnostic], failure: Failure?)?
  /// Files that `:load` has read, for `:reload`.
  var loaded: [String] = []
  /// A file that `:save` has written: it may write it again.
  var saved: String?
  private let reader: LineReader
  private var jobNews = JobNews()
  /// Where the session began: relative paths in its statements mean this folder.
  let folder = currentFolder()

  var interpreter: Interpreter { program.interpreter }
  var output: Output { program.output }
  var style: DisplayStyle { program.terminal.style }

  init(_ program: Program) {
    self.program = program
    pager = Pager(terminal: program.terminal, output: program.output)
    reader = LineReader(program.terminal)
  }

  /// - Returns: the exit code.
  func run() -> Int32 {
    for entry in history.load() { reader.remember(entry) }
    program.terminal.settings.pages = true
    interpreter.session.keepsNames = true
    if !program.isQuiet { output.write("dcs \(Main.version)  ? help  TAB completes  : commands  :quit leaves\n") }
    var pending = "", emptyLines = 0
    reader.onTab { [self] before, after, again in complete((pending.isEmpty ? "" : pending + "\n") + before, after, again) }
    var wantsToLeave = false, wasInterrupted = false
    while true {
      if pending.isEmpty { for line in jobNews.lines(jobs, interpreter.context) { output.write(line + "\n") } }
      switch reader.read(pending.isEmpty ? "dcs> " : "...> ") {
      case .interrupted:
        output.write("\n")
        if wasInterrupted { output.write(":quit or Ctrl-D leaves\n") }
        wasInterrupted = true
        program.cancellation.reset()
        pending = ""
        continue
      case .end:
        output.write("\n")
        if !pending.isEmpty { pending = ""; continue }
        if wantsToLeave || !program.terminal.isInputTerminal { return 0 }
        wantsToLeave = true
        output.write("Ctrl-D again or :quit leaves\n")
        continue
      case .line(let line):
        let text = pending.isEmpty ? Self.withoutPrompts(line) : pending + "\n" + line
        if pending.isEmpty, text.allSatisfy(\.isWhitespace) { break }
        emptyLines = line.allSatisfy(\.isWhitespace) ? emptyLines + 1 : 0
        if !isReady(text, emptyLines: emptyLines) { pending = text; break }
        pending = ""
        remember(text)
        output.note("dcs> \(text)\n")
        if let code = enter(text) { return code }
      }
      (wantsToLeave, wasInterrupted) = (false, false)
    }
  }

  /// Whether a text is to be run: commands and help at once, statements once they are complete or given up: with an empty line if more lines
  /// cannot make them right, else with two.
  private func isReady(_ text: String, emptyLines: Int) -> Bool {
    if text.hasPrefix(":") || text.hasPrefix("?") { return true }
    switch Interpreter.completeness(text.hasPrefix("|>") ? "_ " + text : text) {
    case .complete: return true
    case .wrong: return emptyLines > 0
    case .needsMore: return emptyLines > 1
    }
  }

  /// Lines copied from a session: what stands behind `dcs> ` and `...> ` is taken, what was shown is not.
  static func withoutPrompts(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { $0.hasPrefix("dcs> ") }) else { return text }
    return lines.compactMap { line -> Substring? in line.hasPrefix("dcs> ") || line.hasPrefix("...> ") ? line.dropFirst(5) : nil }.joined(separator: "\n")
  }

  /// What ↑ recalls, now and in later sessions.
  func remember(_ text: String) {
    reader.remember(text)
    history.append(text)
  }

  // MARK: Running

  /// Runs one entry; an exit code ends the prompt.
  private func enter(_ text: String) -> Int32? {
    if text.hasPrefix(":") { return Command.run(String(text.dropFirst()), self) }
    if text.hasPrefix("??") { pager.show(interpreter.search(String(text.dropFirst(2)), style) + "\n"); return nil }
    if text.hasPrefix("?") { pager.show(help(String(text.dropFirst()).trimmed) + "\n"); return nil }
    let word = text.trimmed
    if !interpreter.names.contains(word) {   // as other prompts have it; a name of the session comes first
      if word == "exit" || word == "quit" { return 0 }
      if word == "help" { pager.show(help("") + "\n"); return nil }
      if let command = Command.all.first(where: { $0.name == word }), interpreter.value(of: word) == nil {
        output.warn("error: unknown name `\(word)`\nhint: \(command.line)\n")
        return nil
      }
    }
    return statement(text, named: "prompt")
  }

  /// Runs statements of the session; an exit code ends the prompt.
  func statement(_ text: String, named name: String, sayTime: Bool = true) -> Int32? {
    let begun = Clock.steady()
    program.cancellation.reset()
    let ending = interpreter.enter(Source(name: name, text: text.hasPrefix("|>") ? "_ " + text : text)) { [self] in show($0, as: $1) }
    let seconds = Clock.steady() - begun
    _ = program.report(ending)
    program.cancellation.reset()
    note(ending)
    if case .exit = ending { return ending.exitCode }
    if sayTime, seconds >= 1 { output.write("(\(duration(seconds)))\n") }
    return nil
  }

  /// Keeps what went wrong for `:why`.
  func note(_ ending: Ending) {
    switch ending {
    case .failed(let failure), .interrupted(let failure): lastFailure = (ending.diagnostics, failure)
    case .rejected(let findings): lastFailure = (findings, nil)
    case .completed, .exit: break
    }
  }

  /// - Parameter name: what the value is called, if it has a name.
  func show(_ value: Value, as name: String? = nil) {
    var style = style
    style.name = name
    pager.show(value.echoed(style) + "\n")
  }

  private func help(_ text: String) -> String {
    if text.hasPrefix(":"), let command = Command.all.first(where: { $0.name == text.dropFirst() }) { return command.line }
    return interpreter.help(on: text, style)
  }
}

/// The working folder; "." if it has gone.
func currentFolder() -> String {
  guard let buffer = getcwd(nil, 0) else { return "." }
  defer { free(buffer) }
  return String(cString: buffer)
}
