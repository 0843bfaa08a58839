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

  /// A call whose callee is known when it runs.
  private final class Dynamic {
    let callee: Code, calleeSite: Site, slot: Int, local: Int
    let first: Code, offset: OffsetOperand, codes: [Evaluation], labels: [String?], sites: ArgumentSites

    init(
      callee: @escaping Code, calleeSite: Site, slot: Int, local: Int, codes: [Evaluation], offset: OffsetOperand, labels: [String?], sites: ArgumentSites
    ) {
      (self.callee, self.calleeSite, self.slot, self.local, self.codes, self.labels, self.sites) = (callee, calleeSite, slot, local, codes, labels, sites)
      self.offset = offset
      first = codes.isEmpty ? { _ in .nil } : codes[0].run   // not through an optional: see Evaluation
    }

    @inline(__always) func argument(_ f: Frame, _ template: Template) throws -> Value {
      if let value = offset.value(f) { return value }
      let value = try first(f)
      if case .object = value { return try settled(value, f, template) }
      return value
    }

    @inline(never) private func settled(_ value: Value, _ f: Frame, _ template: Template) throws -> Value {
      do { return try f.settle(value, passing(template, 0)) } catch { throw located(error, sites[0]) }
    }

    @inline(never) func function(_ f: Frame) throws -> Function {
      let value = try callee(f)
      if value.isUnknown { throw Undecided(reason: "which function is called is known only when the script runs", site: calleeSite) }
      guard case .function(let function) = value else { throw notCallable(value).at(calleeSite) }
      return function
    }
  }

  private func dynamic(_ callee: Expression, _ arguments: [ArgumentSyntax], _ sites: ArgumentSites) -> Code {
    var slot = -1
    if case .name(let name) = callee.kind, case .global(let global, _) = scope.locate(name) { slot = global }
    let call = Dynamic(
      callee: code(callee), calleeSite: site(callee.span), slot: slot, local: localSlot(callee) ?? -1, codes: arguments.map { Evaluation(run: code($0.value)) },
      offset: arguments.first.map { offsetOperand($0.value) } ?? OffsetOperand(), labels: arguments.map { $0.name?.text }, sites: sites)
    guard call.codes.count == 1, call.labels[0] == nil else { return { f in try Self.run(try call.function(f), call.codes, call.labels, call.sites, f) } }
    if slot >= 0 {
      // the common case, a function of this script with one argument, without a detour
      return { f in
        // not retained: only top-level code binds the slot, and none runs while a call is under way
        if let function = f.globals.pointee.functions[call.slot] {
          return try function._withUnsafeGuaranteedRef { function in
            guard let template = function.template, template.parameterCount == 1 else { return try Self.run(function, call.codes, call.labels, call.sites, f) }
            return try f.call(function, template, call.sites, one: try call.argument(f, template))
          }
        }
        return try Self.run(try call.function(f), call.codes, call.labels, call.sites, f)
      }
    }
    return { f in
      let function: Function
      if call.local >= 0, case .some(.function(let local)) = f.slots[call.local] { function = local } else { function = try call.function(f) }
      if let template = function.template, template.parameterCount == 1 {
        return try f.call(function, template, call.sites, one: try call.argument(f, template))
      }
      return try Self.run(function, call.codes, call.labels, call.sites, f)
    }
  }

  private static func passing(_ template: Template, _ position: Int) -> SettleReason {
    .passing(argument: template.parameters[position].name, to: template.name.isEmpty ? "fn" : template.name)
  }

  private static func run(_ function: Function, _ codes: [Evaluation], _ labels: [String?], _ sites: ArgumentSites, _ f: Frame) throws -> Value {
    if let template = function.template, template.parameterCount == codes.count, labels.allSatisfy({ $0 == nil }) {
      return try f.call(function, template, sites.call) { slots in
        for (position, code) in codes.enumerated() {
          let value = try code.run(f)
          do { slots[position] = try f.settle(value, passing(template, position)) } catch { throw located(error, sites[position]) }
        }
      }
    }
    var values: [Argument] = []
    values.reserveCapacity(codes.count)
    for (position, code) in codes.enumerated() { values.append(Argument(name: labels[position], value: try code.run(f))) }
    if let template = function.template { return try f.callGeneral(function, template, values, sites) }
    guard let set = function.builtins else { return .nil }
    return try f.call(set, values, sites)
  }

  private static func notCallable(_ value: Value) -> Failure {
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
      selfSlot: inner.selfSlot, body: body, signature: signature, documentation: syntax.documentation, source: module.source, span: syntax.span, resultSpan: syntax.body.resultSpan, names: inner.names)
    let captures = inner.captures.map(\.from)
    // a frozen function makes closures that see its frozen names: hence the frame's globals, not the module's
    let site = site(syntax.span)
    return { f in
      let function = Value.function(Function(template, captures: captures.map { f.slots[$0] }, globals: f.globals.pointee.owner))
      if captures.contains(where: { f.slots[$0]?.holdsValues ?? false }) { do { try f.nested(function) } catch { throw located(error, site) } }
      return function
    }
  }
}
