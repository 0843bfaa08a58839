// Commands about the world around the session: time, settings, folders, the shell.

import CLineEdit
import Display
import Execution
import Glibc
import Language
import Storage

extension Command {
  static let time = Command("time", "EXPR", "Runs statements and says how long they took, and on how many cores.", .expression) { prompt, rest in
    guard !rest.isEmpty else { throw Misuse(description: ":time needs an expression") }
    let begun = Clock.steady(), busy = Self.processorSeconds
    let code = prompt.statement(rest, named: "prompt", sayTime: false)
    let seconds = Clock.steady() - begun, used = Self.processorSeconds - busy
    let span = seconds < 0.01 ? "\(compact((seconds * 1e6).rounded() / 1e3)) ms" : seconds < 1 ? "\(fixed(seconds * 1e3, 1)) ms" : duration(seconds)
    prompt.output.write("(\(span)" + (seconds > 0.01 ? ", \(fixed(used / seconds, 1)) cores" : "") + ")\n")
    return code
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static let cd = Command("cd", "[FOLDER]", "Changes the working folder.", .path) { prompt, rest in
    let folder = rest.isEmpty || rest == "~" ? environmentValue("HOME") ?? "/" : rest.hasPrefix("~/") ? (environmentValue("HOME") ?? "") + rest.dropFirst() : rest
    guard chdir(folder) == 0 else { throw Misuse(description: "cannot go to `\(folder)`: \(String(cString: strerror(errno)))") }
    prompt.interpreter.note(":cd \(folder)")
    prompt.output.write(currentFolder() + "\n")
    return nil
  }

  static let ls = Command("ls", "[FOLDER]", "Lists files and folders; of a container its groups and arrays.", .path) { prompt, rest in
    let folder = rest.isEmpty ? "" : rest.hasSuffix("/") ? rest : rest + "/"
    if !rest.isEmpty, Files.kind(rest) == nil { throw Misuse(description: "there is nothing at `\(rest)`") }
    let names = PromptSource().paths(beginning: folder).map { String($0.path.dropFirst(folder.count)) }
    prompt.pager.show((names.isEmpty ? "(nothing)" : Columns.text(names, width: prompt.style.width, height: 10_000)) + "\n")
    return nil
  }

  static let shell = Command("!", "CMD", "Runs a command of the shell.", .text) { prompt, rest in
    guard !rest.isEmpty else { throw Misuse(description: ":! needs a command") }
    let code = dcs_shell(rest)
    prompt.program.cancellation.reset()
    if code != 0 { prompt.output.write("(exit \(code))\n") }
    return nil
  }

  static let set = Command("set", "KEY VALUE", "Changes a setting; without arguments lists them.", .words(Setting.all.map(\.name))) { prompt, rest in
    let word = String(rest.prefix { !$0.isWhitespace && $0 != "=" }), value = String(rest.dropFirst(word.count).drop { $0.isWhitespace || $0 == "=" }).trimmed
    if word.isEmpty {
      let width = (Setting.all.map(\.name.count).max() ?? 0) + 2
      for setting in Setting.all { prompt.output.write("  " + fit(setting.name, width) + fit(setting.read(prompt), 14) + "  " + setting.sentence + "\n") }
      return nil
    }
    let matches = Setting.all.filter { $0.name == word }.isEmpty ? Setting.all.filter { $0.name.hasPrefix(word) } : Setting.all.filter { $0.name == word }
    guard matches.count == 1 else { throw Misuse(description: "no setting `\(word)`; there are \(Setting.all.map(\.name).joined(separator: ", "))") }
    if !value.isEmpty { try matches[0].write(prompt, value) }
    prompt.output.write("  \(matches[0].name) \(matches[0].read(prompt))\n")
    return nil
  }
}

/// Something that `:set` changes.
struct Setting: Sendable {
  let name: String
  let sentence: String
  let read: @Sendable (Prompt) -> String
  let write: @Sendable (Prompt, String) throws -> Void

  static let all: [Setting] = [
    Setting(name: "color", sentence: "on, off, or auto") { prompt in
      prompt.program.terminal.settings.color.map { $0 ? "on" : "off" } ?? "auto"
    } write: { prompt, text in
      guard ["on", "off", "auto"].contains(text) else { throw Command.Misuse(description: "color is on, off or auto, not `\(text)`") }
      prompt.program.terminal.settings.color = text == "auto" ? nil : text == "on"
    },
    Setting(name: "jobs", sentence: "threads, from 1 to 1024") { prompt in
      "\(prompt.interpreter.session.execution.pool.threads)"
    } write: { prompt, text in
      guard let count = Int(text), (1...1024).contains(count) else { throw Command.Misuse(description: "jobs is a number from 1 to 1024, not `\(text)`") }
      prompt.interpreter.session.execution = prompt.interpreter.session.execution.with(pool: ThreadPool(threads: count))
    },
    Setting(name: "memory", sentence: "what a result may take in memory, such as 6GiB") { prompt in
      Value.bytes(prompt.interpreter.session.execution.memoryBudget).shown()
    } write: { prompt, text in
      guard case .bytes(let bytes)? = Value(literal: text), bytes >= 1 << 20 else { throw Command.Misuse(description: "memory is a size from 1MiB up, such as 6GiB, not `\(text)`") }
      prompt.interpreter.session.execution = prompt.interpreter.session.execution.with(memoryBudget: bytes)
      try Program.limitChunkCache(bytes)
    },
    Setting(name: "pager", sentence: "the command that shows what is taller than the screen; off for none") { prompt in
      prompt.program.terminal.settings.pager.map { $0.isEmpty ? "off" : $0 } ?? "auto"
    } write: { prompt, text in
      prompt.program.terminal.settings.pager = text == "off" ? "" : text == "auto" ? nil : text
    },
    Setting(name: "seed", sentence: "what all random numbers depend on") { prompt in
      "\(prompt.interpreter.session.seed)"
    } write: { prompt, text in
      guard UInt64(text) != nil else { throw Command.Misuse(description: "seed is a whole number from 0 to 2⁶⁴ − 1, not `\(text)`") }
      _ = prompt.statement("seed(\(text))", named: "prompt")   // a statement, so that :save keeps it
    },
    Setting(name: "width", sentence: "columns, or auto") { prompt in
      prompt.program.terminal.settings.width.map { "\($0)" } ?? "auto"
    } write: { prompt, text in
      guard text == "auto" || Int(text).map({ (20...1000).contains($0) }) == true else { throw Command.Misuse(description: "width is a number from 20 to 1000, or auto, not `\(text)`") }
      prompt.program.terminal.settings.width = Int(text)
    },
  ]
}
