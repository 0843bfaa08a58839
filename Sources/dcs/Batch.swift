import Builtins
import Execution
import Glibc
import Language
import Storage

/// Everything but the prompt: scripts, expressions, standard input.
enum Batch {
  static func script(_ path: String, _ words: [String], _ options: Options, _ program: Program) throws -> Int32 {
    let source = Source(name: path, text: try ProgramHost.text(ProgramHost.command(path) ?? path))
    let help = ScriptHelp(source)
    if words.contains("--help") {
      program.output.write(help.text(script: path) + "\n")
      return 0
    }
    if options.checksOnly { return check(source, program) }
    let arguments: [String: Value]
    do { arguments = try program.interpreter.scriptArguments(words, help).values } catch {
      var failure = Failure(error)
      if failure.hint == nil, let own = words.first(where: { Options.names.contains(String($0.prefix { $0 != "=" })) }) {
        failure.hint = "options of dcs stand before the script: dcs \(own) \(path)"
      }
      program.output.warn(Diagnostic(failure).drawn(program.terminal.errorStyle) + "\n")
      return 2
    }
    let ending = program.interpreter.run(source, arguments: arguments, remembers: options.staysAtPrompt)
    return prompt(after: ending, program.report(ending, of: path), options, program)
  }

  /// Does the blocks of one shard of a plan that another process wrote.
  static func worker(_ path: String, _ shard: Int, _ count: Int, _ program: Program) throws -> Int32 {
    let text = try ProgramHost.text(path)
    do {
      program.interpreter.session.execution.shard = Shard(index: shard, count: count, plan: try WorkerPlan.hash(of: text, program.host))
      return program.report(program.interpreter.run(Source(name: path, text: text)))
    } catch {
      program.output.warn(Diagnostic(Failure(error)).drawn(program.terminal.errorStyle) + "\n")
      return 1
    }
  }

  /// All findings; 2 if there are any.
  private static func check(_ source: Source, _ program: Program) -> Int32 {
    let findings = program.interpreter.check(source)
    for finding in findings { program.output.warn(finding.drawn(program.terminal.errorStyle) + "\n") }
    return findings.isEmpty ? 0 : 2
  }

  /// `-i`: the prompt, with the script's names and its error; else its exit code.
  private static func prompt(after ending: Ending, _ code: Int32, _ options: Options, _ program: Program) -> Int32 {
    if case .exit = ending { return code }
    guard options.staysAtPrompt else { return code }
    program.cancellation.reset()
    let prompt = Prompt(program)
    prompt.note(ending)
    return prompt.run()
  }

  static func expression(_ text: String, _ options: Options, _ program: Program) throws -> Int32 {
    let source = Source(name: "-e", text: text)
    if options.checksOnly { return check(source, program) }
    let (ending, value) = program.interpreter.value(of: source, remembers: options.staysAtPrompt)
    if let value { program.show(value) }
    return prompt(after: ending, program.report(ending, of: "-e"), options, program)
  }

  /// `dcs < script.dcs`: no prompt, no echo of results.
  static func standardInput(_ program: Program) throws -> Int32 {
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    return program.report(program.interpreter.run(Source(name: "standard input", text: text)))
  }
}

extension Batch {
  /// Runs every `.dcs` file below a folder as conformance cases: counts, and each difference. Each file runs in an empty folder of its own, which
  /// is removed afterwards, so that cases may write `t.zarr`.
  static func conformance(_ folder: String, _ options: Options, _ program: Program) throws -> Int32 {
    var passed = 0, failed = 0
    // a budget that does not depend on the machine, because messages name it
    let mine = program.interpreter.session.execution
    let execution = ExecutionContext(pool: mine.pool, cancellation: mine.cancellation, progress: mine.progress, memoryBudget: 4 << 30)
    for path in try files(below: folder).sorted() {
      let text = try ProgramHost.text(path)
      let results = try inScratchFolder {
        Conformance.run(text, name: Files.name(path), host: program.host) { host in
          try Interpreter(registry: Vocabulary.registry, host: host, execution: execution, seed: options.seed)
        }
      }
      for result in results {
        if result.passed { passed += 1; continue }
        failed += 1
        program.output.write("\(path):\(result.line): \(result.code)\n  expected \(result.expected)\n  found    \(result.actual)\n")
      }
    }
    program.output.write("\(passed) passed, \(failed) failed\n")
    return failed == 0 && passed > 0 ? 0 : 1
  }

  private static func inScratchFolder<R>(_ body: () -> R) throws -> R {
    var here = [CChar](repeating: 0, count: 4096)
    let scratch = try Files.makeTemporaryFolder()
    defer { try? Files.removeTree(scratch) }
    guard getcwd(&here, here.count) != nil, chdir(scratch) == 0 else { throw StorageError.permission(path: scratch, doing: "work in") }
    defer { _ = chdir(here) }
    return body()
  }

  private static func files(below folder: String) throws -> [String] {
    try Files.list(folder).flatMap { entry in
      let path = Files.join(folder, entry.name)
      return entry.isFolder ? try files(below: path) : entry.name.hasSuffix(".dcs") ? [path] : []
    }
  }
}
