// Modules: scripts whose top-level names are read through a dot. Each is run once a session.

import Synchronization

/// `metrics` of `metrics.f1(a, b)`.
struct ModuleValue: ObjectValue {
  let name: String
  let globals: Globals
  let reference: ModuleReference

  var typeName: String { "module" }
  var fieldNames: [String] { globals.names.filter { globals.bound.contains($0) && !$0.hasPrefix("_") }.sorted() }
  func field(_ member: String, _ context: CallContext) -> Value? { member.hasPrefix("_") ? nil : globals[member] }
  func equals(_ other: any ObjectValue) -> Bool { (other as? ModuleValue)?.globals === globals }
  var brief: String { "module \(name)" }

  func summary(_ style: DisplayStyle) -> String {
    let lines = fieldNames.map { member -> String in
      if case .function(let function)? = globals[member] { return "  " + function.signature + (function.summary.map { "    " + $0 } ?? "") }
      return "  " + member
    }
    return (["module \(name)"] + lines).joined(separator: "\n")
  }
}

final class ModuleStore: Sendable {
  private enum State {
    case loading
    case loaded(Globals)
  }
  private let states = Mutex<[String: State]>([:])
  private let parsed = Mutex<[ModuleReference: ParsedModule]>([:])
  private let preludeGlobals = Mutex<Globals?>(nil)

  /// Names in front of the registry's, once the prelude has run.
  var prelude: Globals? {
    get { preludeGlobals.withLock { $0 } }
    set { preludeGlobals.withLock { $0 = newValue } }
  }

  /// The top-level names of all modules that have run.
  var loadedGlobals: [Globals] { states.withLock { $0.values.compactMap { if case .loaded(let globals) = $0 { globals } else { nil } } } }

  struct ParsedModule: Sendable {
    var text: ModuleText
    var source: Source
    var script: Script
    var diagnostics: [Diagnostic]
  }

  /// Reads and runs modules again when they are next asked for; the prelude stays.
  func forget() {
    states.withLock { $0 = [:] }
    parsed.withLock { $0 = [:] }
  }

  /// The tree of a module; nil if the host has none of that name.
  func parse(_ reference: ModuleReference, _ session: Session) throws -> ParsedModule? {
    if let known = parsed.withLock({ $0[reference] }) { return known }
    guard let text = try session.host.load(reference) else { return nil }
    let shortName = text.name.split(separator: "/").last.map(String.init) ?? text.name
    let source = Source(name: text.isLibrary ? shortName : text.name, text: text.text, isLibrary: text.isLibrary)
    let (script, diagnostics) = Parser.parse(source)
    let module = ParsedModule(text: text, source: source, script: script, diagnostics: diagnostics)
    parsed.withLock { $0[reference] = module }
    return module
  }

  /// The top-level names of a module, which runs now if it has not.
  func load(_ reference: ModuleReference, _ machine: Machine) throws -> Globals {
    guard let module = try parse(reference, machine.session) else { throw Self.absent(reference) }
    let key = module.text.name
    switch states.withLock({ $0[key] }) {
    case .loaded(let globals): return globals
    case .loading: throw Failure(.module, "the module `\(key)` imports itself")
    case nil: break
    }
    states.withLock { $0[key] = .loading }
    do {
      let globals = try run(module, machine)
      states.withLock { $0[key] = .loaded(globals) }
      return globals
    } catch {
      states.withLock { $0[key] = nil }
      throw error
    }
  }

  private func run(_ module: ParsedModule, _ machine: Machine) throws -> Globals {
    if let first = module.diagnostics.first { throw Failure(first) }
    let findings = Checker.check(module.script, Checker.Surroundings(session: machine.session, isModule: true))
    if let first = findings.first(where: { $0.severity == .error }) { throw Failure(first) }
    let globals = Globals()
    let scope = ModuleScope(source: module.source, globals: globals, session: machine.session, prelude: prelude, isInteractive: false)
    try TopLevelProgram(module.script, scope).run(machine)
    return globals
  }

  static func absent(_ reference: ModuleReference) -> Failure {
    switch reference {
    case .name(let name): Failure(.module, "there is no module `\(name)`", hint: "a file of yours: import \"\(name).dcs\"")
    case .file(let path, _): Failure(.module, "there is no file \"\(path)\" beside this script")
    }
  }
}

extension Failure {
  init(_ diagnostic: Diagnostic) {
    self.init(diagnostic.kind, diagnostic.message, label: diagnostic.label, hint: diagnostic.hint, notes: diagnostic.notes)
    site = diagnostic.site
  }
}

extension Compiler {
  func importing(_ reference: ModuleReference, _ place: Span, _ name: Name) -> Step {
    let store = store(name.text), site = site(place)
    return { f in
      let machine = f.machine
      do {
        store(f, Value(ModuleValue(name: name.text, globals: try machine.session.modules.load(reference, machine), reference: reference)))
      } catch { throw located(error, site) }
      return .next
    }
  }

  /// `param`: what the command line said, else the default.
  func parameter(_ param: ParamSyntax) -> Step {
    let name = param.name.text, store = store(name), site = site(param.name.span)
    let initial = param.initial.map(code), type = param.type.map { ParameterType(parsing: $0.text[...]) }
    let module = module, isTopLevel = scope.isTopLevel
    return { f in
      if isTopLevel, let value = module.arguments[name] {
        store(f, value)
      } else if let initial {
        store(f, try f.settle(try initial(f), .binding(name)))
      } else if let type, type.accepts(.nil), !type.isAny {
        store(f, .nil)
      } else {
        throw Failure(.argument, "the script needs its argument `\(name)`", hint: "--\(name) …").at(site)
      }
      return .next
    }
  }
}

/// Top-level statements, compiled.
struct TopLevelProgram {
  let scope: FunctionScope
  let module: ModuleScope
  let statements: [(statement: Statement, run: Run)]

  enum Run {
    /// Its value may be shown.
    case value(Code)
    /// Binds a name whose value may be shown.
    case binding(Step, name: String)
    case step(Step)
  }

  init(_ script: Script, _ module: ModuleScope) {
    // functions may use names that are bound further down
    var names = NameCollector()
    for statement in script.statements { names.collect(statement) }
    for name in names.assigned.sorted() { _ = module.globals.declare(name, binds: true) }
    let scope = FunctionScope(module)
    let compiler = Compiler(scope)
    (self.scope, self.module) = (scope, module)
    statements = script.statements.map { statement in
      switch statement.kind {
      case .expression(let expression) where !expression.bindsFunction: (statement, .value(compiler.shown(expression)))
      case .assign(let target, nil, _, _) where target.path.isEmpty: (statement, .binding(compiler.step(statement), name: target.name.text))
      default: (statement, .step(compiler.step(statement)))
      }
    }
  }

  /// Runs all statements; `show` gets the values of expressions.
  func run(_ machine: Machine, begin: (Int) -> Void = { _ in }, show: (Statement, Value) throws -> Void = { _, _ in }) throws {
    try machine.run(scope.size, module.globals) { f in
      for (position, (statement, run)) in statements.enumerated() {
        begin(position)
        do {
          try f.poll()
          let dry = machine.session.dryRun, first = dry?.count ?? 0
          defer { dry?.stamp(from: first, Site(module.source, statement.span)) }
          switch run {
          case .value(let code): try show(statement, try code(f))
          case .step(let step): _ = try step(f)
          case .binding(let step, let name):
            _ = try step(f)
            if let value = module.globals[name], value.object?.showsWhenBound == true { try show(statement, value) }
          }
        } catch let signal as Signal {
          throw Failure(.control, signal.flow == .return ? "`return` outside of a function" : "outside of a loop").at(Site(module.source, statement.span))
        } catch { throw located(error, Site(module.source, statement.span)) }
      }
    }
  }
}
