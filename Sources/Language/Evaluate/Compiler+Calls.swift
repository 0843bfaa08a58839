// Calls. A builtin known by name is bound here and now; functions of the language take their arguments straight into the new frame.

extension Compiler {
  func sites(_ callee: Expression, _ arguments: [ArgumentSyntax], _ isPiped: Bool, _ span: Span) -> ArgumentSites {
    // of `x |> f(a)` the call is `f(a)`
    let callSpan = isPiped ? Span(callee.span.start, span.end) : span
    return ArgumentSites(source: module.source, callSpan: callSpan, spans: arguments.map(\.value.span), labels: arguments.map { $0.name?.span })
  }

  func call(_ callee: Expression, _ arguments: [ArgumentSyntax], _ isPiped: Bool, _ span: Span) -> Code {
    let sites = sites(callee, arguments, isPiped, span)
    if case .function(let function)? = known(callee) {
      if let set = function.builtins { return builtin(set, arguments, sites) }
      return script(constant: function, arguments, sites)
    }
    return dynamic(callee, arguments, sites)
  }

  /// What a callee is whatever happens before: a word of the registry or the prelude.
  private func known(_ callee: Expression) -> Value? {
    switch callee.kind {
    case .name(let name):
      if case .constant(let value) = scope.locate(name) { return value }
      return nil
    case .field(let base, let member):
      guard case .name(let space) = base.kind, case .constant = scope.locate(space) else { return nil }
      return module.session.registry["\(space).\(member.text)"]
    default: return nil
    }
  }

  // MARK: Builtins

  private func builtin(_ set: BuiltinSet, _ arguments: [ArgumentSyntax], _ sites: ArgumentSites) -> Code {
    let codes = arguments.map { Evaluation(run: code($0.value)) }, labels = arguments.map { $0.name?.text }
    guard set.builtins.count == 1 else {
      return { f in
        var values: [Argument] = []
        values.reserveCapacity(codes.count)
        for (position, code) in codes.enumerated() { values.append(Argument(name: labels[position], value: try code.run(f))) }
        return try f.call(set, values, sites)
      }
    }
    let builtin = set.builtins[0]
    switch Binding.bind(builtin, CallShape(labels: labels)) {
    case .failure(let mismatch):
      let failure = mismatch.located(sites)
      return { _ in throw failure }
    case .success(let targets):
      return { f in
        var values: [Value] = []
        values.reserveCapacity(codes.count)
        for code in codes { values.append(try code.run(f)) }
        return try f.call(builtin, targets, values, sites)
      }
    }
  }

  // MARK: Functions of the language

  private func script(constant function: Function, _ arguments: [ArgumentSyntax], _ sites: ArgumentSites) -> Code {
    let codes = arguments.map { Evaluation(run: code($0.value)) }, labels = arguments.map { $0.name?.text }
    return { f in try Self.run(function, codes, labels, sites, f) }
  }

  private func dynamic(_ callee: Expression, _ arguments: [ArgumentSyntax], _ sites: ArgumentSites) -> Code {
    let codes = arguments.map { Evaluation(run: code($0.value)) }, labels = arguments.map { $0.name?.text }
    let calleeCode = code(callee), calleeSite = site(callee.span)
    if codes.count == 1, labels[0] == nil {
      let only = codes[0].run
      return { f in
        let value = try calleeCode(f)
        guard case .function(let function) = value else { throw Self.notCallable(value, callee).at(calleeSite) }
        if let script = function.script, script.template.parameters.count == 1 {
          return try f.call(function, script, sites.call) { slots in slots[0] = try f.settle(try only(f), Self.passing(script, 0)) }
        }
        return try Self.run(function, codes, labels, sites, f)
      }
    }
    return { f in
      let value = try calleeCode(f)
      guard case .function(let function) = value else { throw Self.notCallable(value, callee).at(calleeSite) }
      return try Self.run(function, codes, labels, sites, f)
    }
  }

  private static func passing(_ script: ScriptFunction, _ position: Int) -> SettleReason {
    .passing(argument: script.template.parameters[position].name, to: script.template.name.isEmpty ? "fn" : script.template.name)
  }

  private static func run(_ function: Function, _ codes: [Evaluation], _ labels: [String?], _ sites: ArgumentSites, _ f: Frame) throws -> Value {
    if let script = function.script, script.template.parameters.count == codes.count, labels.allSatisfy({ $0 == nil }) {
      return try f.call(function, script, sites.call) { slots in
        for (position, code) in codes.enumerated() { slots[position] = try f.settle(try code.run(f), passing(script, position)) }
      }
    }
    var values: [Argument] = []
    values.reserveCapacity(codes.count)
    for (position, code) in codes.enumerated() { values.append(Argument(name: labels[position], value: try code.run(f))) }
    if let script = function.script { return try f.callGeneral(function, script, values, sites) }
    guard let set = function.builtins else { return .nil }
    return try f.call(set, values, sites)
  }

  private static func notCallable(_ value: Value, _ callee: Expression) -> Failure {
    var hint: String?
    if case .list = value { hint = "x[0] indexes" }
    return Failure(.type, "\(value.typePhrase) cannot be called", hint: hint)
  }

  // MARK: Making functions

  /// `isBound`: the statement `fn f(…)`, which binds `f` where it stands.
  func function(_ syntax: FunctionSyntax, isBound: Bool) -> Code {
    let inner = FunctionScope(module, in: scope, syntax, isBound: isBound)
    let compiler = Compiler(inner)
    let parameters = syntax.parameters.map { parameter in
      Template.Parameter(name: parameter.name.text, initial: parameter.initial.map(compiler.code))
    }
    let body = compiler.body(syntax.body)
    let signature = "fn " + (syntax.name?.text ?? "") + "(" + syntax.parameters.map { parameter in
      parameter.name.text + (parameter.initial.map { "=" + module.source.text($0.span) } ?? "")
    }.joined(separator: ", ") + ")"
    let template = Template(
      name: syntax.name?.text ?? "", parameters: parameters, frameSize: inner.size, captureCount: inner.captures.count,
      selfSlot: inner.selfSlot, body: body, signature: signature, documentation: syntax.documentation, source: module.source, span: syntax.span)
    let captures = inner.captures.map(\.from)
    // a frozen function makes closures that see its frozen names: hence the frame's globals, not the module's
    return { f in
      .function(Function(ScriptFunction(template: template, captures: captures.map { f.slots[$0] }, globals: f.globals.pointee.owner)))
    }
  }
}
