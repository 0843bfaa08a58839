import Execution

/// The compiled text of a function, shared by all closures made of it.
final class Template: @unchecked Sendable {   // immutable; its closures capture immutable things only
  let name: String
  let parameters: [Parameter]
  /// Slots of a frame: parameters, then captures, then the function itself, then locals and temporaries.
  let frameSize: Int
  let captureCount: Int
  /// Where a function finds itself, if it has a name of its own.
  let selfSlot: Int?
  let body: Code
  let requiredCount: Int
  let parameterCount: Int
  let signature: String
  let documentation: [String]
  let source: Source
  let span: Span
  /// Of the expression whose value it returns: where an expression that is computed on the way out fails.
  let resultSpan: Span
  /// Names of slots: parameters, captures and locals.
  let names: [String: Int]

  struct Parameter {
    let name: String
    /// Runs in the frame of the call, where earlier parameters are bound.
    let initial: Code?
  }

  init(
    name: String, parameters: [Parameter], frameSize: Int, captureCount: Int, selfSlot: Int?, body: @escaping Code, signature: String,
    documentation: [String], source: Source, span: Span, resultSpan: Span, names: [String: Int]
  ) {
    self.names = names
    (self.name, self.parameters, self.frameSize, self.captureCount, self.selfSlot) = (name, parameters, frameSize, captureCount, selfSlot)
    (self.body, self.signature, self.documentation, self.source, self.span, self.resultSpan) = (body, signature, documentation, source, span, resultSpan)
    requiredCount = parameters.count { $0.initial == nil }
    parameterCount = parameters.count
  }

  var sourceText: String { source.text(span) }
}

/// An argument that has been evaluated.
struct Argument {
  var name: String?
  var value: Value
}

extension Frame {
  /// Runs a function of the language; `fill` puts the arguments into the first slots, which are nil.
  func call(_ function: Function, _ template: Template, _ site: @autoclosure () -> Site, _ fill: (Slots) throws -> Void) throws -> Value {
    let base = state.pointee.top, top = base + template.frameSize
    guard enter(top) else { throw Self.tooDeep().at(site()) }
    do { try fill(base) } catch {
      leave(base, top)
      throw error
    }
    do { return try run(function, template, base, top) } catch { throw Self.unwound(error, template, site()) }
  }

  /// The same with one argument, computed already: the path that recursion takes.
  @inline(__always)
  func call(_ function: Function, _ template: Template, _ sites: @autoclosure () -> ArgumentSites, one value: Value) throws -> Value {
    let base = state.pointee.top, top = base + template.frameSize
    guard enter(top) else { throw Self.tooDeep().at(sites().call) }
    base.initialize(to: value)
    do { return try run(function, template, base, top) } catch { throw Self.unwound(error, template, sites().call) }
  }

  @inline(__always) private func enter(_ top: Slots) -> Bool {
    let depth = state.pointee.depth + 1
    // the native stack is looked at every eighth level: that costs more than a comparison
    if top > state.pointee.touched || depth & 7 == 0 {
      guard state.pointee.mayNest(top, depth) else { return false }
    }
    state.pointee.top = top
    state.pointee.depth = depth
    return true
  }

  /// Runs the body on a frame whose arguments are in place, and clears the frame.
  @inline(__always) private func run(_ function: Function, _ template: Template, _ base: Slots, _ top: Slots) throws -> Value {
    if template.captureCount > 0 || template.selfSlot != nil { place(function, template, base) }
    do {
      try poll()
      let value = try template.body(Frame(slots: base, state: state, globals: function.cell))
      leave(base, top)
      return value
    } catch {
      let error = noting(error, template, base)
      leave(base, top)
      throw error
    }
  }

  /// At the prompt the innermost function that fails says what its names were, for `:why`.
  @inline(never) private func noting(_ error: any Error, _ template: Template, _ base: Slots) -> any Error {
    guard machine.session.keepsNames, !(error is Exit), !(error is Signal) else { return error }
    var failure = Failure(error)
    if failure.names == nil { failure.names = template.names.compactMap { name, slot in base[slot].map { (name: name, value: $0) } } }
    return failure
  }

  @inline(never) private func place(_ function: Function, _ template: Template, _ base: Slots) {
    let first = base + template.parameterCount
    for position in 0..<template.captureCount { first[position] = function.captures[position] }
    if let selfSlot = template.selfSlot { base[selfSlot] = .function(function) }
  }

  @inline(__always) private func leave(_ base: Slots, _ top: Slots) {
    var slot = base
    while slot < top {
      slot.pointee = nil
      slot += 1
    }
    state.pointee.top = base
    state.pointee.depth -= 1
  }

  /// Adds the call to the error's way out.
  @inline(never) private static func unwound(_ error: any Error, _ template: Template, _ site: Site) -> any Error {
    if error is any Uncatchable { return error }
    var failure = Failure(error).at(Site(template.source, template.span))
    if failure.calls.count >= 64 { failure.moreCalls += 1 } else { failure.calls.append(CallSite(function: template.name.isEmpty ? "fn" : template.name, site: site)) }
    return failure
  }

  /// Any call of a script function: named arguments and defaults included.
  @inline(never)
  func callGeneral(_ function: Function, _ template: Template, _ arguments: [Argument], _ sites: ArgumentSites) throws -> Value {
    let parameters = template.parameters
    let name = template.name.isEmpty ? "fn" : template.name
    return try call(function, template, sites.call) { slots in
      var given = [Bool](repeating: false, count: parameters.count)
      var next = 0
      for (position, argument) in arguments.enumerated() {
        let target: Int
        if let label = argument.name {
          guard let found = parameters.firstIndex(where: { $0.name == label }) else {
            throw Binding.unknown(label, of: name, parameters: parameters.map(\.name)).at(sites.label(position))
          }
          target = found
          if given[found] { throw Failure(.argument, "`\(name)` is given `\(label)` twice").at(sites.label(position)) }
        } else {
          guard next < parameters.count else { throw Binding.tooMany(name, parameters.map(\.name), arguments.count).at(sites[position]) }
          target = next
          next += 1
          if given[target] { throw Failure(.argument, "`\(name)` is given `\(parameters[target].name)` twice").at(sites[position]) }
        }
        given[target] = true
        slots[target] = try settle(argument.value, .passing(argument: parameters[target].name, to: name))
      }
      try fillDefaults(function, template, name, slots, given, sites.call)
    }
  }

  private func fillDefaults(_ function: Function, _ template: Template, _ name: String, _ slots: Slots, _ given: [Bool], _ site: Site) throws {
    let inner = Frame(slots: slots, state: state, globals: function.cell)
    for position in 0..<template.captureCount { slots[template.parameterCount + position] = function.captures[position] }
    for (position, parameter) in template.parameters.enumerated() where !given[position] {
      guard let initial = parameter.initial else {
        throw Binding.missing(parameter.name, of: name, parameters: template.parameters.map(\.name)).at(site)
      }
      slots[position] = try settle(try initial(inner), .binding(parameter.name))
    }
  }
}

/// Where the arguments of a call stand, for messages.
struct ArgumentSites {
  let source: Source
  let callSpan: Span
  let spans: [Span]
  let labels: [Span?]

  var call: Site { Site(source, callSpan) }
  subscript(position: Int) -> Site { Site(source, position < spans.count ? spans[position] : callSpan) }
  func label(_ position: Int) -> Site { Site(source, (position < labels.count ? labels[position] : nil) ?? self[position].span) }
}
