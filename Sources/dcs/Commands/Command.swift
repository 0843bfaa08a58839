import Language

/// A command of the prompt. Commands exist only here; what a script could want of them is reachable by functions too.
struct Command: Sendable {
  let name: String
  /// What follows the name: "FILE", "[NAME]".
  let usage: String
  /// One sentence.
  let sentence: String
  let argument: CommandWord.Argument
  /// Gets the rest of the line; an exit code ends the prompt.
  let body: @Sendable (Prompt, String) throws -> Int32?

  init(_ name: String, _ usage: String = "", _ sentence: String, _ argument: CommandWord.Argument = .nothing, _ body: @escaping @Sendable (Prompt, String) throws -> Int32?) {
    (self.name, self.usage, self.sentence, self.argument, self.body) = (name, usage, sentence, argument, body)
  }

  static let all: [Command] = [quit, save, edit, load, reload, vars, history, time, mem, jobs, set, why, trace, more, cd, ls, shell]

  /// ":save FILE    Writes …"
  var line: String { head + "  " + sentence }
  private var head: String { ":" + name + (usage.isEmpty ? "" : (name == "!" ? "" : " ") + usage) }

  struct Misuse: Error, CustomStringConvertible { var description: String }

  /// Runs what stands behind the colon: a command by its name or a prefix that is no other's.
  static func run(_ text: String, _ prompt: Prompt) -> Int32? {
    let text = text.trimmed
    let isShell = text.hasPrefix("!")
    let word = isShell ? "!" : String(text.prefix { !$0.isWhitespace }), rest = String(text.dropFirst(word.count)).trimmed
    if word.isEmpty {
      prompt.output.write(HelpText.list(all.map { ($0.head, $0.sentence) }, prompt.style).joined(separator: "\n") + "\n  A command may be cut short: :q, :hist.\n")
      return nil
    }
    let matches = all.filter { $0.name == word }.isEmpty ? all.filter { $0.name.hasPrefix(word) } : all.filter { $0.name == word }
    guard matches.count == 1 else {
      let near = Suggestion.nearest(to: word, among: all.map(\.name)).map { "; did you mean `:\($0)`?" } ?? ""
      prompt.output.warn(matches.isEmpty ? "error: no command `:\(word)`\(near)\nhint: :   lists them\n" : "error: `:\(word)` could be " + matches.map { ":" + $0.name }.joined(separator: " ") + "\n")
      return nil
    }
    do { return try matches[0].body(prompt, rest) } catch let misuse as Misuse {
      prompt.output.warn("error: \(misuse)\nusage: \(matches[0].line)\n")
    } catch {
      prompt.output.warn(Diagnostic(Failure(error)).drawn(prompt.program.terminal.errorStyle) + "\n")
    }
    return nil
  }
}
