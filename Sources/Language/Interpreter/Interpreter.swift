// Scripts and sessions: parse, check, compile, run. The executable and the conformance runner see the language through this.

import Execution

package final class Interpreter {
  package let session: Session
  private var globals: Globals { session.globals }
  /// What was entered so far, for `:save`.
  package private(set) var entries: [SessionEntry] = []

  /// Runs the prelude, if the host has one.
  ///
  /// - Throws: a `Failure` of the prelude.
  package init(registry: Registry, host: any Host, execution: ExecutionContext, seed: UInt64 = 0, dryRun: DryRun? = nil) throws {
    session = Session(registry: registry, host: host, execution: execution, seed: seed, dryRun: dryRun)
    if try session.modules.parse(.name("prelude"), session) != nil {
      session.modules.prelude = try session.modules.load(.name("prelude"), Machine(session: session, isWorker: false))
    }
  }

  deinit { globals.clear() }

  // MARK: Running

  /// Checks a script and, if nothing is wrong, runs it. Warnings go to the host.
  ///
  /// - Parameter arguments: values of `param`s (`ScriptArguments`).
  /// - Parameter remembers: whether a prompt follows, whose session it begins.
  /// - Parameter show: gets the value of each expression that stands as a statement (not `nil`), as the prompt would show it.
  package func run(_ source: Source, arguments: [String: Value] = [:], remembers: Bool = false, show: (Value) -> Void = { _ in }) -> Ending {
    session.script = RunningScript(source, arguments)
    defer { session.script = nil }
    var begun = 0
    let ending = run(source, arguments: arguments, isInteractive: false, begin: { begun = $0 }) { _, value in show(value) }
    if remembers { remember(source.settling(arguments), ending, begun) }
    return ending
  }

  /// Runs statements and gives the value of the last one, if that is an expression with a value.
  package func value(of source: Source, remembers: Bool = false) -> (ending: Ending, value: Value?) {
    var last: Value?, begun = 0
    let ending = run(source, arguments: [:], isInteractive: false, begin: { last = nil; begun = $0 }) { statement, value in
      if case .expression = statement.kind { last = value }
    }
    if remembers { remember(source, ending, begun) }
    return (ending, last)
  }

  /// Runs what was typed at a prompt: names stay, `_` is the last value shown, `_err` the last error.
  package func enter(_ source: Source, show: (Value) -> Void) -> Ending { enter(source) { value, _ in show(value) } }

  /// - Parameter show: gets the value and the name it has, if the statement binds it or is that name alone.
  package func enter(_ source: Source, show: (Value, String?) -> Void) -> Ending {
    var entry = SessionEntry(source), begun = 0
    let ending = run(source, arguments: [:], isInteractive: true, begin: { begun = $0 }) { statement, value in
      entry.shown = begun
      bind("_", value)
      show(value, statement.shownName)
    }
    finish(&entry, ending, begun)
    return ending
  }

  /// Writes a script that has run before the prompt into the record of the session.
  private func remember(_ source: Source, _ ending: Ending, _ begun: Int) {
    if case .exit = ending { return }
    var entry = SessionEntry(source)
    finish(&entry, ending, begun)
  }

  private func finish(_ entry: inout SessionEntry, _ ending: Ending, _ begun: Int) {
    switch ending {
    case .failed(let failure), .interrupted(let failure): bind("_err", failure.value)
    case .rejected(let findings): if let first = findings.first(where: { $0.severity == .error }) { bind("_err", Failure(first).value) }
    case .completed, .exit: break
    }
    if case .completed = ending { entry.finished = .max } else {
      entry.finished = begun
      globals.forgetUnbound()
    }
    if let message = ending.diagnostics.first?.message { entry.outcome = .failed(message) }
    if case .rejected = ending { entry.finished = 0 }
    entries.append(entry)
  }

  /// Writes a command of the prompt into the record of the session.
  package func note(_ text: String) {
    var entry = SessionEntry(Source(name: "", text: text))
    entry.outcome = .note
    entries.append(entry)
  }

  /// - Parameter begin: gets the position of each statement before it runs.
  private func run(
    _ source: Source, arguments: [String: Value], isInteractive: Bool, begin: (Int) -> Void = { _ in }, show: (Statement, Value) -> Void
  ) -> Ending {
    let (script, findings) = examine(source, isInteractive: isInteractive)
    if findings.contains(where: { $0.severity == .error }) { return .rejected(findings) }
    for warning in findings { session.host.warn(warning.drawn(session.host.style)) }
    let scope = ModuleScope(source: source, globals: globals, session: session, prelude: session.modules.prelude, isInteractive: isInteractive)
    scope.arguments = arguments
    let machine = Machine(session: session, isWorker: false)
    do {
      try TopLevelProgram(script, scope).run(machine, begin: begin) { statement, value in
        if !statement.isSilent, !value.isNil { show(statement, value) }
      }
      return .completed
    } catch let exit as Exit {
      return .exit(exit.code)
    } catch let end as Undecided {
      session.dryRun?.end(end.reason, end.site)
      return .completed
    } catch {
      let failure = Failure(error)
      return failure.kind == .interrupted ? .interrupted(failure) : .failed(failure)
    }
  }

  // MARK: Checking

  /// All findings of a script, in the order of the text; nothing runs, nothing but imports is read.
  package func check(_ source: Source) -> [Diagnostic] { examine(source, isInteractive: false).findings }

  private func examine(_ source: Source, isInteractive: Bool) -> (script: Script, findings: [Diagnostic]) {
    let (script, mistakes) = Parser.parse(source)
    let surroundings = Checker.Surroundings(session: session, globals: isInteractive ? globals : nil, isInteractive: isInteractive)
    var findings = Checker.check(script, surroundings)
    // what a broken statement would have bound is not unknown
    if !mistakes.isEmpty { findings.removeAll { $0.kind == .name || $0.kind == .unbound } }
    return (script, (mistakes + findings).sorted { ($0.site?.span.start ?? 0) < ($1.site?.span.start ?? 0) })
  }

  /// The text that the tree of a source is written as, and whether it parses to the same tree; nil if the source has mistakes.
  package static func reprinted(_ source: Source) -> (text: String, isSame: Bool)? {
    let (script, mistakes) = Parser.parse(source)
    guard mistakes.isEmpty else { return nil }
    let text = Printer.text(of: script)
    let (again, more) = Parser.parse(Source(name: source.name, text: text))
    return (text, more.isEmpty && again.isSame(as: script))
  }

  /// Whether two sources say the same: all but blanks, comments and superfluous parentheses.
  package static func areSame(_ a: Source, _ b: Source) -> Bool { Parser.parse(a).script.isSame(as: Parser.parse(b).script) }

  /// Whether a text can be run as it is.
  package enum Completeness: Sendable { case complete, needsMore, wrong }

  /// `needsMore`: open brackets, an operator at the end. `wrong`: those, and a mistake that no further line mends.
  package static func completeness(_ text: String) -> Completeness {
    let (_, mistakes) = Parser.parse(Source(name: "", text: text))
    if !mistakes.contains(where: \.isIncomplete) { return .complete }
    return mistakes.allSatisfy(\.isIncomplete) ? .needsMore : .wrong
  }

  package static func isComplete(_ text: String) -> Bool { completeness(text) == .complete }

  // MARK: Names

  /// Names that statements have bound, sorted.
  package var names: [String] { globals.names.filter { globals.bound.contains($0) && globals[$0] != nil }.sorted() }

  /// What a name means at the top level now.
  package func value(of name: String) -> Value? { globals[name] ?? session.modules.prelude?[name] ?? session.registry[name] }

  package func bind(_ name: String, _ value: Value) { globals[globals.declare(name, binds: true)] = value }

  package static let keywords: [String] = Keyword.allCases.map(\.rawValue)

  /// All words that could be written: bound names, the prelude's, the registry's, keywords.
  package var words: [String] {
    Array(Set(names + (session.modules.prelude?.names ?? []) + session.registry.names + Keyword.allCases.map(\.rawValue))).sorted()
  }

  /// Reads the modules that names hold again, and binds them again. Their names.
  package func reloadModules() throws -> [String] {
    session.modules.forget()
    return try names.filter { name in
      guard let module = globals[name]?.object as? ModuleValue else { return false }
      let fresh = try session.modules.load(module.reference, Machine(session: session, isWorker: false))
      bind(name, Value(ModuleValue(name: module.name, globals: fresh, reference: module.reference)))
      return true
    }
  }

  /// For calls that Swift makes on its own: displays, completion.
  package var context: CallContext { CallContext(session: session) }
}

/// How a run ended.
package enum Ending: Sendable {
  case completed
  /// The check found errors; nothing ran.
  case rejected([Diagnostic])
  case failed(Failure)
  case interrupted(Failure)
  case exit(Int)

  /// The exit code of the process (reference page, "Programs").
  package var exitCode: Int32 {
    switch self {
    case .completed: 0
    case .rejected: 1
    case .failed(let failure): failure.kind == .block ? 3 : 1
    case .interrupted: 130
    case .exit(let code): Int32(truncatingIfNeeded: code & 0xff)
    }
  }

  /// What to draw for people.
  package var diagnostics: [Diagnostic] {
    switch self {
    case .completed, .exit: []
    case .rejected(let diagnostics): diagnostics
    case .failed(let failure), .interrupted(let failure): [Diagnostic(failure)]
    }
  }
}
