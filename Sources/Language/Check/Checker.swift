// `--check`: what can be said about a script without running it. Unknown names, calls that cannot fit, units that cannot mix, jumps
// that lead nowhere, names read before they are bound or never read. It reports all it finds, in the order of the text.

struct Checker {
  /// What the script is checked against.
  struct Surroundings {
    var session: Session
    /// Names bound by earlier statements of a session.
    var globals: Globals?
    /// At the prompt nothing is "never read", and functions may use names that come later.
    var isInteractive = false
    /// A module's top-level names are for others to read.
    var isModule = false
  }

  let surroundings: Surroundings
  let source: Source
  var diagnostics: [Diagnostic] = []
  var scopes: [CheckScope] = []
  /// What unknown names could have been: a name is looked for once.
  var suggestions: [String: String?] = [:]
  /// How many indices are open, for `end`.
  var indexDepth = 0
  /// How many `try`s are open: what may fail in them is meant to.
  var tryDepth = 0

  var session: Session { surroundings.session }
  var scope: CheckScope { scopes[scopes.count - 1] }

  static func check(_ script: Script, _ surroundings: Surroundings) -> [Diagnostic] {
    var checker = Checker(surroundings: surroundings, source: script.source)
    var names = NameCollector()
    for statement in script.statements { names.collect(statement) }
    checker.scopes = [CheckScope(own: names.assigned, functions: CheckScope.functions(script.statements))]
    for statement in script.statements { checker.check(statement) }
    let hasEffects = script.statements.contains { statement in
      switch statement.kind {
      case .expression(let value): !value.bindsFunction
      case .for, .while: true
      default: false
      }
    }
    if !surroundings.isInteractive, !surroundings.isModule, hasEffects { checker.reportUnread(checker.scopes[0]) }
    return checker.diagnostics.sorted { ($0.site?.span.start ?? 0, $0.message) < ($1.site?.span.start ?? 0, $1.message) }
  }

  mutating func report(_ severity: Diagnostic.Severity, _ kind: Failure.Kind, _ message: String, _ span: Span, label: String? = nil, hint: String? = nil) {
    diagnostics.append(Diagnostic(severity, kind, message, site: Site(source, span), label: label, hint: hint))
  }

  mutating func report(_ failure: Failure, _ span: Span) {
    report(.error, failure.kind, failure.message, span, label: failure.label, hint: failure.hint)
  }

  mutating func reportUnread(_ scope: CheckScope) {
    for (name, span) in scope.bindings where !scope.read.contains(name) && !name.hasPrefix("_") {
      report(.warning, .unbound, "`\(name)` is bound but never read", span)
    }
  }
}

/// One function, or the top level, while its statements are walked in order.
final class CheckScope {
  /// Names that belong to it because something in it binds them.
  let own: Set<String>
  /// Those of `own` whose only binding is a `fn` statement.
  let functions: [String: FunctionSyntax]
  var bound: Set<String> = []
  var read: Set<String> = []
  /// The first binding of each name that has to be read, in order.
  private(set) var bindings: [(name: String, span: Span)] = []
  private var listed: Set<String> = []
  /// Modules by their local name, as far as they could be read.
  var modules: [String: Script] = [:]
  var loopDepth = 0
  let isFunction: Bool

  init(own: Set<String>, functions: [String: FunctionSyntax], isFunction: Bool = false) {
    (self.own, self.functions, self.isFunction) = (own, functions, isFunction)
  }

  func bind(_ name: Name, mustBeRead: Bool) {
    bound.insert(name.text)
    if mustBeRead, listed.insert(name.text).inserted { bindings.append((name.text, name.span)) }
  }

  /// Functions that statements bind, unless something else binds the name too.
  static func functions(_ statements: [Statement]) -> [String: FunctionSyntax] {
    var found: [String: FunctionSyntax] = [:]
    var others: Set<String> = []
    for statement in statements {
      if case .expression(let value) = statement.kind, case .function(let syntax) = value.kind, let name = syntax.name {
        if found.updateValue(syntax, forKey: name.text) != nil { others.insert(name.text) }
      } else {
        var names = NameCollector()
        names.collect(statement)
        others.formUnion(names.assigned)
      }
    }
    return found.filter { !others.contains($0.key) }
  }
}

// MARK: Statements

extension Checker {
  mutating func check(_ block: Block) { for statement in block.statements { check(statement) } }

  mutating func check(_ statement: Statement) {
    switch statement.kind {
    case .error: break
    case .import(let reference, let place, let name): checkImport(reference, place, name)
    case .param(let param):
      if let initial = param.initial { check(initial) }
      checkParam(param)
      if scopes.count > 1 { report(.error, .control, "`param` stands at the top level of a script only", statement.span) }
      scope.bind(param.name, mustBeRead: true)
    case .for(let names, let sequence, let block):
      check(sequence)
      for name in names { scope.bind(name, mustBeRead: false) }
      checkLoop(block)
    case .while(let condition, let block):
      // what the body binds may be read by the condition's second turn, not by its first
      checkCondition(condition)
      checkLoop(block)
    case .return(let value):
      if let value { check(value) }
      if !scopes.contains(where: \.isFunction) { report(.error, .control, "`return` outside of a function", statement.span) }
    case .break, .continue:
      let word = if case .break = statement.kind { "break" } else { "continue" }
      if scope.loopDepth == 0 { report(.error, .control, "`\(word)` outside of a loop", statement.span) }
    case .assign(let target, let operation, let value, let span): checkAssignment(target, operation, value, span)
    case .expression(let expression):
      if case .function(let syntax) = expression.kind, let name = syntax.name {
        scope.bind(name, mustBeRead: true)
        check(syntax)
      } else {
        check(expression)
        if case .binary(.equal, let left, _, _) = expression.kind, case .name(let name) = left.kind, surroundings.isInteractive == false {
          report(.warning, .value, "this comparison has no effect", expression.span, hint: "\(name) = …   binds")
        }
      }
    }
  }

  /// The declared type exists, and takes a default that is a literal.
  private mutating func checkParam(_ param: ParamSyntax) {
    guard let type = param.type else { return }
    if !ParameterType.plainNames.contains(type.text), !session.registry.objectKinds.contains(type.text) {
      let known = ParameterType.plainNames + session.registry.objectKinds.sorted()
      report(.error, .name, "unknown type `\(type.text)`", type.span, label: Suggestion.label(for: type.text, among: known))
    } else if let initial = param.initial, let value = fold(initial), !value.isNil, case let wanted = ParameterType(parsing: type.text[...]), !wanted.accepts(value) {
      report(.error, .type, "`\(param.name.text)` must be \(wanted.phrase), not \(value.typePhrase)", initial.span)
    }
  }

  private mutating func checkLoop(_ block: Block) {
    var names = NameCollector()
    names.collect(block)
    let before = scope.bound
    // a later statement of the body may have bound it in the turn before
    scope.bound.formUnion(names.assigned)
    scope.loopDepth += 1
    check(block)
    scope.loopDepth -= 1
    scope.bound = before.union(names.assigned)
  }

  private mutating func checkImport(_ reference: ModuleReference, _ place: Span, _ name: Name) {
    scope.bind(name, mustBeRead: true)
    do {
      guard let module = try session.modules.parse(reference, session) else {
        report(ModuleStore.absent(reference), place)
        return
      }
      scope.modules[name.text] = module.script
      if let first = module.diagnostics.first {
        report(.error, .module, "the module `\(name.text)` cannot be read: \(first.message)", place, label: first.site?.location)
      }
    } catch { report(Failure(error), place) }
  }

  private mutating func checkAssignment(_ target: Target, _ operation: BinaryOperator?, _ value: Expression, _ span: Span) {
    check(value)
    for case .index(let indices, _) in target.path { checkIndices(indices) }
    if target.path.isEmpty {
      if operation != nil {
        let wasRead = scope.read.contains(target.name.text)
        checkName(target.name.text, target.name.span, asOwn: true)
        if !wasRead { scope.read.remove(target.name.text) }
      }
      scope.bind(target.name, mustBeRead: true)
    } else if scope.isFunction, !scope.own.contains(target.name.text) {
      report(
        .error, .unbound, "a function cannot change the outer `\(target.name.text)`", target.name.span, label: "bound outside of this function",
        hint: "return the new value, and bind it there")
    } else {
      checkName(target.name.text, target.name.span)
    }
  }
}
