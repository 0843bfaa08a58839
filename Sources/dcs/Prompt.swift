// The prompt: statements that may span lines, a few commands, a memory of what was typed.

import CLineEdit
import Display
import Glibc
import Language

struct Prompt {
  private let program: Program
  private let history = History(path: History.standardPath())

  init(_ program: Program) { self.program = program }

  /// - Returns: the exit code.
  func run() -> Int32 {
    let reader = LineReader(program.terminal)
    for entry in history.load() { reader.remember(entry) }
    program.output.write("dcs \(Main.version)   ?name for help, :quit to leave\n")
    var pending = ""
    while true {
      switch reader.read(pending.isEmpty ? "dcs> " : "...> ") {
      case .interrupted:
        program.cancellation.reset()
        pending = ""
        program.output.write("\n")
      case .end:
        program.output.write("\n")
        return 0
      case .line(let line):
        if pending.isEmpty, line.allSatisfy(\.isWhitespace) { continue }
        let text = pending.isEmpty ? line : pending + "\n" + line
        if !isReady(text, last: line) { pending = text; continue }
        pending = ""
        reader.remember(text)
        history.append(text)
        program.output.note("dcs> \(text)\n")
        if let code = enter(text) { return code }
      }
    }
  }

  /// Whether a text is to be run: commands and help at once, statements once they are complete or given up with an empty line.
  private func isReady(_ text: String, last: String) -> Bool {
    text.hasPrefix(":") || text.hasPrefix("?") || last.isEmpty || Interpreter.isComplete(text)
  }

  /// Runs one entry; an exit code ends the prompt.
  private func enter(_ text: String) -> Int32? {
    if text.hasPrefix(":") { return command(String(text.dropFirst()).trimmed) }
    if text.hasPrefix("?") { help(String(text.drop { $0 == "?" }).trimmed); return nil }
    let begun = monotonicSeconds()
    program.cancellation.reset()
    let statement = text.hasPrefix("|>") ? "_ " + text : text
    let ending = program.interpreter.enter(Source(name: "prompt", text: statement)) { program.show($0) }
    _ = program.report(ending)
    program.cancellation.reset()
    let seconds = monotonicSeconds() - begun
    if seconds >= 1 { program.output.write("(\(duration(seconds)))\n") }
    if case .exit(let code) = ending { return Int32(truncatingIfNeeded: code & 0xFF) }
    return nil
  }

  private func command(_ text: String) -> Int32? {
    let word = text.prefix { !$0.isWhitespace }, rest = String(text.dropFirst(word.count)).trimmed
    switch Self.commands.filter({ $0.hasPrefix(word) }).first {
    case "quit" where !word.isEmpty: return 0
    case "vars" where !word.isEmpty:
      for name in program.interpreter.names { program.output.write("  \(name)  \(program.interpreter.value(of: name)?.typeName ?? "")\n") }
    case "history" where !word.isEmpty:
      for entry in history.load().suffix(50) where rest.isEmpty || entry.contains(rest) { program.output.write("  \(entry)\n") }
    case "load" where !word.isEmpty:
      do {
        let ending = program.interpreter.enter(Source(name: rest, text: try ProgramHost.text(rest))) { program.show($0) }
        _ = program.report(ending)
      } catch { program.output.warn("error: \(error)\n") }
    default:
      program.output.write((word.isEmpty ? "" : "no command `:\(word)`; ") + "commands: " + Self.commands.map { ":\($0)" }.joined(separator: " ") + "\n")
    }
    return nil
  }

  private static let commands = ["history", "load", "quit", "vars"]

  private func help(_ name: String) {
    let page: HelpPage
    if let set = program.interpreter.session.registry.sets[name] { page = HelpPage(for: set) }
    else if let known = HelpPage(syntax: name) { page = known }
    else if case .function(let function)? = program.interpreter.value(of: name) { page = HelpPage(for: function, as: name) }
    else {
      if let value = program.interpreter.value(of: name) { program.show(value); return }
      program.output.write("no help on `\(name)`; ? and a name, such as ?open\n")
      return
    }
    program.output.write(page.drawn(program.terminal.style) + "\n")
  }
}

/// Lines from libedit, or plainly where the terminal cannot be edited on.
private final class LineReader {
  enum Line { case line(String), end, interrupted }
  private let editor: OpaquePointer?

  init(_ terminal: Terminal) { editor = terminal.isDumb || !terminal.isOutputTerminal ? nil : dcs_line_create("dcs") }
  deinit { if let editor { dcs_line_destroy(editor) } }

  func remember(_ entry: String) { if let editor { dcs_line_remember(editor, entry) } }

  func read(_ prompt: String) -> Line {
    guard let editor else {
      Output.emit(prompt, 1)
      return readLine().map { .line($0) } ?? .end
    }
    var text: UnsafeMutablePointer<CChar>?
    switch Int(dcs_line_read(editor, prompt, &text)) {
    case DCS_LINE_READ:
      defer { free(text) }
      return .line(text.map { String(cString: $0) } ?? "")
    case DCS_LINE_INTERRUPTED: return .interrupted
    default: return .end
    }
  }
}

extension String {
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
