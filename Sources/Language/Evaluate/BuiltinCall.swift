// Calls of builtins: bind, settle, check the types that the signature declares, run, and give errors their place.

extension Frame {
  /// Calls the builtin whose parameters the arguments fit.
  func call(_ set: BuiltinSet, _ arguments: [Argument], _ sites: ArgumentSites) throws -> Value {
    let shape = CallShape(labels: arguments.map(\.name))
    if set.builtins.count == 1 {
      switch Binding.bind(set.builtins[0], shape) {
      case .success(let targets): return try call(set.builtins[0], targets, arguments.map(\.value), sites)
      case .failure(let mismatch): throw mismatch.located(sites)
      }
    }
    var nearest: (score: Int, error: any Error)?
    for builtin in set.builtins {
      switch Binding.bind(builtin, shape) {
      case .failure(let mismatch):
        if nearest == nil { nearest = (0, mismatch.located(sites)) }
      case .success(let targets):
        let misfit = arguments.indices.first { !builtin.signature.parameters[targets[$0]].accepts(arguments[$0].value) && !arguments[$0].value.isUnknown }
        guard let misfit else { return try call(builtin, targets, arguments.map(\.value), sites) }
        let score = misfit + 1
        if score > (nearest?.score ?? -1) {
          nearest = (score, Binding.wrongType(builtin, builtin.signature.parameters[targets[misfit]], arguments[misfit].value).at(sites[misfit]))
        }
      }
    }
    guard let nearest else { throw Failure(.argument, "`\(set.name)` cannot be called").at(sites.call) }
    // no form takes the first argument: none of them is more to blame than another
    if nearest.score == 1, let first = arguments.first {
      throw Binding.noForm(set, first.value).at(sites[0])
    }
    throw nearest.error
  }

  /// Calls one builtin; `targets` says which parameter each value is for.
  func call(_ builtin: Builtin, _ targets: [Int], _ values: [Value], _ sites: ArgumentSites) throws -> Value {
    let parameters = builtin.signature.parameters
    var bound: [Value?] = parameters.map(\.defaultValue)
    var given = [Bool](repeating: false, count: parameters.count)
    var rest: [Value] = []
    for (position, target) in targets.enumerated() {
      let parameter = parameters[target]
      var value = values[position]
      if case .object = value, !builtin.streams.contains(parameter.name) {
        do { value = try settle(value, .passing(argument: parameter.name, to: builtin.name)) } catch { throw located(error, sites[position]) }
      }
      if !parameter.accepts(value), !value.isUnknown { throw Binding.wrongType(builtin, parameter, value).at(sites[position]) }
      given[target] = true
      if parameter.isVariadic { rest.append(value) } else { bound[target] = value }
    }
    if let variadic = parameters.firstIndex(where: \.isVariadic) { bound[variadic] = .list(rest) }
    do {
      let call = Call(builtin: builtin, context: context, arguments: bound, given: given)
      if let dry = machine.session.dryRun { return try dryCall(builtin, call, dry, sites.call) }
      let result = try builtin.body(call)
      if result.holdsValues { try nested(result) }
      return result
    } catch {
      throw blamed(error, builtin, targets, sites)
    }
  }

  /// `‹a›` in a hint stands for the argument `a` as it was written: a name, or where no index follows anything short; else for the letter a.
  private func named(_ hint: String, _ builtin: Builtin, _ targets: [Int], _ sites: ArgumentSites) -> String {
    var hint = hint
    while let open = hint.firstIndex(of: "‹"), let close = hint.firstIndex(of: "›"), open < close {
      let name = String(hint[hint.index(after: open)..<close]), rest = hint[hint.index(after: close)...]
      let position = targets.firstIndex { builtin.signature.parameters[$0].name == name }
      let text = position.map { sites.source.text(sites[$0].span) } ?? name
      let isName = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      let isFree = !rest.hasPrefix("[") && !rest.hasPrefix(".") && !text.isEmpty && text.count <= 40 && !text.contains { $0.isNewline || $0 == "‹" || $0 == "›" }
      hint = hint[..<open] + (isName || isFree ? text : "a") + rest
    }
    return hint
  }

  /// The caret goes under the argument that the failure names, else under the call.
  private func blamed(_ error: any Error, _ builtin: Builtin, _ targets: [Int], _ sites: ArgumentSites) -> any Error {
    if error is any Uncatchable { return error }
    var failure = Failure(error)
    failure.hint = failure.hint.map { named($0, builtin, targets, sites) }
    if failure.site != nil {
      // it happened in a function that the builtin called: the call stands where the builtin's does
      if let last = failure.calls.indices.last, failure.calls[last].site.span.isNone { failure.calls[last].site = sites.call }
      return failure
    }
    let parameters = builtin.signature.parameters
    if let name = failure.argument, let target = parameters.firstIndex(where: { $0.name == name }) {
      let positions = targets.indices.filter { targets[$0] == target }
      let position = failure.argumentPosition.flatMap { positions.indices.contains($0) ? positions[$0] : nil } ?? positions.first
      failure.argument = nil
      if let position { return failure.at(sites[position]) }
    }
    return failure.at(sites.call)
  }
}

extension Signature.Parameter {
  func accepts(_ value: Value) -> Bool { type.isAny || type.accepts(value) }
}

extension Binding.Mismatch {
  func located(_ sites: ArgumentSites) -> Failure {
    guard let argument else { return failure.at(sites.call) }
    return failure.at(atLabel ? sites.label(argument) : sites[argument])
  }
}

extension Machine {
  /// Calls a function of one parameter from Swift.
  func invoke(_ function: Function, _ template: Template, _ argument: Value) throws -> Value {
    let base = Frame(slots: state.pointee.top, state: state, globals: session.nothing.cell)
    return try base.call(function, template, ArgumentSites(source: template.source, callSpan: .none, spans: [], labels: []), one: argument)
  }

  /// Calls a function from Swift.
  func invoke(_ function: Function, _ arguments: [Value], named: [(String, Value)]) throws -> Value {
    let base = Frame(slots: state.pointee.top, state: state, globals: session.nothing.cell)
    if let template = function.template {
      if named.isEmpty, arguments.count == template.parameterCount {
        return try base.call(function, template, Site(template.source, .none)) { slots in
          for (position, value) in arguments.enumerated() { slots[position] = value }
        }
      }
      let sites = ArgumentSites(source: template.source, callSpan: .none, spans: [], labels: [])
      return try base.callGeneral(function, template, arguments.map { Argument(name: nil, value: $0) } + named.map { Argument(name: $0.0, value: $0.1) }, sites)
    }
    guard let set = function.builtins else { return .nil }
    // no text to point at: whoever called from Swift has
    let sites = ArgumentSites(source: session.outside, callSpan: .none, spans: [], labels: [])
    return try base.call(set, arguments.map { Argument(name: nil, value: $0) } + named.map { Argument(name: $0.0, value: $0.1) }, sites)
  }
}
