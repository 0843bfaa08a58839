extension Checker {
  mutating func check(_ expression: Expression) {
    switch expression.kind {
    case .literal, .error: break
    case .name(let name): checkName(name, expression.span)
    case .end:
      if indexDepth == 0 { report(.error, .syntax, "`end` has a meaning only between `[` and `]`", expression.span) }
    case .call(let callee, let arguments, let isPiped): checkCall(callee, arguments, isPiped, expression.span)
    case .index(let base, let indices):
      check(base)
      checkIndices(indices)
    case .field(let base, let name): checkField(base, name)
    case .binary(let operation, let left, let right, let span):
      check(left)
      check(right)
      checkOperands(operation, left, right, span)
    case .coordinate(let elements, let unit):
      for element in elements { check(element) }
      let values = elements.compactMap(fold)
      if values.count == elements.count {
        do { _ = try Coordinates.make(values, unit.flatMap { Unit(suffix: $0.text) }) } catch {
          let failure = Failure(error)
          report(failure, elements[min(failure.argumentPosition ?? 0, elements.count - 1)].span)
        }
      }
    case .function(let syntax): check(syntax)
    case .conditional(let branches, let otherwise): checkConditional(branches, otherwise)
    case .tryCatch(let body, let error, let handler):
      let before = scope.bound
      tryDepth += 1
      check(body)
      tryDepth -= 1
      let after = scope.bound
      scope.bound = before
      scope.bind(error, mustBeRead: false)
      check(handler)
      scope.bound.formUnion(after)
    case .tryElse(let value, let otherwise):
      tryDepth += 1
      check(value)
      tryDepth -= 1
      check(otherwise)
    case .unary(.not, let operand): checkCondition(operand)
    case .logical(.and, let left, let right, _), .logical(.or, let left, let right, _):
      checkCondition(left)
      checkCondition(right)
    default: for child in expression.children { check(child) }
    }
  }

  mutating func checkCondition(_ expression: Expression) {
    check(expression)
    if let value = fold(expression), !value.isBool { report(Operators.notACondition(value), expression.span) }
  }

  private mutating func checkConditional(_ branches: [(condition: Expression, block: Block)], _ otherwise: Block?) {
    let before = scope.bound
    var after = before
    for branch in branches {
      scope.bound = before
      checkCondition(branch.condition)
      check(branch.block)
      after.formUnion(scope.bound)
    }
    scope.bound = before
    if let otherwise { check(otherwise) }
    scope.bound.formUnion(after)
  }

  mutating func checkIndices(_ indices: [IndexSyntax]) {
    indexDepth += 1
    for index in indices { for expression in index.expressions { check(expression) } }
    indexDepth -= 1
  }

  mutating func check(_ syntax: FunctionSyntax) {
    var names = NameCollector()
    names.collect(syntax)
    let parameters = Set(syntax.parameters.map(\.name.text))
    var functions: [String: FunctionSyntax] = [:]
    if case .block(let block) = syntax.body { functions = CheckScope.functions(block.statements) }
    let inner = CheckScope(own: names.assigned.union(parameters), functions: functions, isFunction: true)
    inner.bound = parameters
    inner.read = parameters   // a kernel need not use all it is given
    if let name = syntax.name, !inner.own.contains(name.text) {
      scope.bound.insert(name.text)
    }
    scopes.append(inner)
    let outerIndexDepth = indexDepth
    indexDepth = 0
    for parameter in syntax.parameters { if let initial = parameter.initial { check(initial) } }
    switch syntax.body {
    case .expression(let value): check(value)
    case .block(let block): check(block)
    }
    indexDepth = outerIndexDepth
    scopes.removeLast()
    if !surroundings.isInteractive { reportUnread(inner) }
  }

  // MARK: Names

  /// Whether the name means the word of the registry or the prelude here.
  private func isWord(_ name: String) -> Bool {
    !scopes.contains { $0.own.contains(name) } && surroundings.globals?.bound.contains(name) != true
  }

  private func word(_ name: String) -> Value? { session.modules.prelude?[name] ?? session.registry[name] }

  /// - Parameter asOwn: `name += …` changes a bound name, never a word of the vocabulary.
  mutating func checkName(_ name: String, _ span: Span, asOwn: Bool = false) {
    for (position, scope) in scopes.enumerated().reversed() where scope.own.contains(name) {
      scope.read.insert(name)
      // a function at the top level looks its names up when it is called
      let isLater = position == 0 && scopes.count > 1
      if !isLater, !scope.bound.contains(name), asOwn || word(name) == nil, surroundings.globals?.bound.contains(name) != true {
        let outer = position > 0 && scopes[..<position].contains { $0.own.contains(name) }
        report(
          .error, .unbound, "`\(name)` is read before it is bound", span,
          label: outer ? "a function cannot change the outer `\(name)`; this is a name of its own" : nil)
        scope.bound.insert(name)   // once is enough
      }
      return
    }
    if surroundings.globals?.slot(name) != nil || word(name) != nil { return }
    if surroundings.isInteractive, scopes.count > 1 { return }
    let label: String?
    if let known = suggestions[name] { label = known } else {
      let known = session.registry.plainNames + (session.modules.prelude?.names ?? []) + (surroundings.globals?.names ?? []) + scopes.flatMap(\.own).sorted()
      label = Suggestion.label(for: name, among: known)
      suggestions[name] = label
    }
    report(.error, .name, "unknown name `\(name)`", span, label: label)
  }

  private mutating func checkField(_ base: Expression, _ name: Name) {
    if case .name(let space) = base.kind {
      if let module = module(space) {
        checkName(space, base.span)
        let exports = Self.exports(module)
        if !exports.contains(name.text) {
          report(.error, .key, "the module `\(space)` has no `\(name.text)`", name.span, label: Suggestion.label(for: name.text, amongMembers: exports.sorted()))
        }
        return
      }
      if isWord(space), let members = session.registry.namespaces[space], session.modules.prelude?[space] == nil {
        if !members.contains(name.text) {
          report(.error, .key, "`\(space)` has no `\(name.text)`", name.span, label: Suggestion.label(for: name.text, amongMembers: members.sorted()))
        }
        return
      }
    }
    check(base)
  }

  private func module(_ name: String) -> Script? {
    for scope in scopes.reversed() where scope.own.contains(name) { return scope.modules[name] }
    return nil
  }

  private static func exports(_ script: Script) -> [String] {
    var names = NameCollector()
    for statement in script.statements { names.collect(statement) }
    return names.assigned.filter { !$0.hasPrefix("_") }.sorted()
  }

  // MARK: Calls

  private mutating func checkCall(_ callee: Expression, _ arguments: [ArgumentSyntax], _ isPiped: Bool, _ span: Span) {
    check(callee)
    for argument in arguments { check(argument.value) }
    let shape = CallShape(labels: arguments.map { $0.name?.text })
    let callSpan = isPiped ? Span(callee.span.start, span.end) : span
    func place(_ mismatch: Binding.Mismatch) -> Span {
      guard let position = mismatch.argument else { return callSpan }
      return mismatch.atLabel ? arguments[position].name?.span ?? arguments[position].span : arguments[position].value.span
    }
    var first: Binding.Mismatch?
    switch target(callee) {
    case .builtins(let set):
      var misfit: (position: Int, failure: Failure)?
      for builtin in set.builtins {
        switch Binding.bind(builtin, shape) {
        case .success(let targets):
          guard let found = self.misfit(builtin, targets, arguments) else { return }
          if found.position > misfit?.position ?? -1 { misfit = found }
        case .failure(let mismatch): if first == nil || mismatch.argument != nil && first?.argument == nil { first = mismatch }
        }
      }
      if let misfit {
        let isFirst = misfit.position == 0 && set.builtins.count > 1
        let failure = isFirst ? kindOfValue(arguments[0].value).map { Binding.noForm(set, $0.value) } : nil
        report(failure ?? misfit.failure, arguments[misfit.position].value.span)
        return
      }
    case .parameters(let name, let parameters): first = Binding.mismatch(name, parameters, shape)
    case nil: break
    }
    if let first { report(first.failure, place(first)) }
  }

  private enum CallTarget {
    case builtins(BuiltinSet)
    case parameters(String, [(name: String, isRequired: Bool)])
  }

  private func target(_ callee: Expression) -> CallTarget? {
    switch callee.kind {
    case .name(let name):
      for scope in scopes.reversed() where scope.own.contains(name) { return scope.functions[name].map { parameters(name, $0) } }
      if surroundings.globals?.bound.contains(name) == true { return surroundings.globals?[name].flatMap(target) }
      return word(name).flatMap(target)
    case .field(let base, let member):
      guard case .name(let space) = base.kind else { return nil }
      if let module = module(space) { return CheckScope.functions(module.statements)[member.text].map { parameters("\(space).\(member.text)", $0) } }
      return isWord(space) ? session.registry["\(space).\(member.text)"].flatMap(target) : nil
    case .function(let syntax): return parameters(syntax.name?.text ?? "fn", syntax)
    default: return nil
    }
  }

  private func target(_ value: Value) -> CallTarget? {
    guard case .function(let function) = value else { return nil }
    if let set = function.builtins { return .builtins(set) }
    return function.template.map { template in
      .parameters(function.name.isEmpty ? "fn" : function.name, template.parameters.map { ($0.name, $0.initial == nil) })
    }
  }

  private func parameters(_ name: String, _ syntax: FunctionSyntax) -> CallTarget {
    .parameters(name, syntax.parameters.map { ($0.name.text, $0.initial == nil) })
  }

  /// The first argument of which the text alone tells that its parameter does not take it.
  private func misfit(_ builtin: Builtin, _ targets: [Int], _ arguments: [ArgumentSyntax]) -> (position: Int, failure: Failure)? {
    for (position, target) in targets.enumerated() {
      let parameter = builtin.signature.parameters[target]
      guard let (value, isExact) = kindOfValue(arguments[position].value), !parameter.accepts(value) else { continue }
      if !isExact, value.isString, parameter.type.alternatives.contains(where: \.isWord) { continue }
      return (position, Binding.wrongType(builtin, parameter, value))
    }
    return nil
  }

  /// A value of the kind that an expression has whatever its names mean; nil if that cannot be told.
  private func kindOfValue(_ expression: Expression) -> (value: Value, isExact: Bool)? {
    if let value = fold(expression) { return (value, true) }
    switch expression.kind {
    case .interpolation: return (.string(""), false)
    case .list: return (.list([]), false)
    case .record: return (.record(Record()), false)
    case .logical(.and, _, _, _), .logical(.or, _, _, _): return (.bool(true), false)
    case .range: return (.range(.integers(start: 0, end: 0, step: 1)), false)
    default: return nil
    }
  }

  // MARK: Literals

  /// The value of an expression of literals.
  func fold(_ expression: Expression) -> Value? {
    if let value = Literal.value(expression) { return value }
    if case .binary(let operation, let left, let right, _) = expression.kind, let a = fold(left), let b = fold(right) {
      return try? Operators.binary(operation, a, b, CallContext(session: session))
    }
    return nil
  }

  private mutating func checkOperands(_ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ span: Span) {
    guard let a = fold(left), let b = fold(right) else { return }
    do {
      _ = try Operators.binary(operation, a, b, CallContext(session: session))
      let isComparison = operation == .equal || operation == .notEqual
      if isComparison, a.typeName != b.typeName, a.number == nil || b.number == nil, !a.isNil, !b.isNil {
        report(.warning, .type, "\(a.typePhrase) never equals \(b.typePhrase)", span)
      }
    } catch {
      let failure = Failure(error)
      if failure.kind != .arithmetic || tryDepth == 0 { report(failure, span) }
    }
  }
}

extension Binding {
  /// The same for a function of the language.
  static func mismatch(_ name: String, _ parameters: [(name: String, isRequired: Bool)], _ shape: CallShape) -> Mismatch? {
    let names = parameters.map(\.name)
    var given: Set<String> = []
    var next = 0
    for (position, label) in shape.labels.enumerated() {
      let target: String
      if let label {
        guard names.contains(label) else { return Mismatch(failure: unknown(label, of: name, parameters: names), argument: position, atLabel: true) }
        target = label
      } else {
        guard next < names.count else { return Mismatch(failure: tooMany(name, names, shape.labels.count), argument: position) }
        target = names[next]
        next += 1
      }
      if !given.insert(target).inserted { return Mismatch(failure: Failure(.argument, "`\(name)` is given `\(target)` twice"), argument: position, atLabel: label != nil) }
    }
    guard let absent = parameters.first(where: { $0.isRequired && !given.contains($0.name) }) else { return nil }
    return Mismatch(failure: missing(absent.name, of: name, parameters: names), argument: nil)
  }
}
