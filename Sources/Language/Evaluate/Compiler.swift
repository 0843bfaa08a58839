// Trees to closures. Every name has become a slot, every literal a constant, every builtin call a bound list of arguments; what can fail
// holds its place in the source. Expressions are here, by kind; arithmetic, calls and statements in Compiler+….swift.

import Geometry

struct Compiler {
  let module: ModuleScope
  let scope: FunctionScope
  /// What `end` means: the slot of the container, which index it is, and how many there are.
  var container: (slot: Int, position: Int, axis: String?, count: Int)?

  init(_ scope: FunctionScope) { (module, self.scope) = (scope.module, scope) }

  func site(_ span: Span) -> Site { Site(module.source, span) }

  // MARK: Expressions

  func code(_ expression: Expression) -> Code {
    switch expression.kind {
    case .literal(let value): return { _ in value }
    case .name(let name): return self.name(name, expression.span)
    case .end: return end(expression.span)
    case .interpolation(let pieces): return interpolation(pieces)
    case .coordinate(let elements, let unit): return coordinate(elements, unit, expression.span)
    case .list(let elements): return list(elements, expression.span)
    case .record(let fields): return record(fields, expression.span)
    case .call(let callee, let arguments, let isPiped): return call(callee, arguments, isPiped, expression.span)
    case .index(let base, let indices): return index(base, indices, expression.span)
    case .field(let base, let name): return field(base, name)
    case .unary(.negate, let operand): return negation(operand, expression.span)
    case .unary(.not, _), .logical(.and, _, _, _), .logical(.or, _, _, _): return logical(expression)
    case .logical(.coalesce, let left, let right, _): return coalescing(left, right)
    case .binary(let operation, let left, let right, let span): return binary(operation, left, right, span)
    case .range(let left, let right): return range(left, right, expression.span)
    case .function(let syntax): return function(syntax, isBound: false)
    case .conditional, .tryCatch: return blockValue(expression)
    case .tryElse(let value, let otherwise): return tryElse(value, otherwise)
    case .error: return fail(Failure(.syntax, "this could not be read"), expression.span)
    }
  }

  func fail(_ failure: Failure, _ span: Span) -> Code {
    let failure = failure.at(site(span))
    return { _ in throw failure }
  }

  /// The value, if it is known now.
  func constant(_ expression: Expression) -> Value? {
    switch expression.kind {
    case .literal(let value): value
    default: Literal.value(expression)
    }
  }

  // MARK: Names

  private func name(_ name: String, _ span: Span) -> Code {
    switch scope.locate(name) {
    case .constant(let value): return { _ in value }
    case .local(let slot, let otherwise):
      if let otherwise { return { f in f.slots[slot] ?? otherwise } }
      let read = Read(slot: slot, name: name, module: module, site: site(span))
      return { f in
        if let value = f.slots[read.slot] { return value }
        throw Self.unbound(read.name, read.module, isLocal: true).at(read.site)
      }
    case .global(let slot, let otherwise):
      if let otherwise { return { f in f.globals.pointee.slots[slot] ?? otherwise } }
      let read = Read(slot: slot, name: name, module: module, site: site(span))
      return { f in
        if let value = f.globals.pointee.slots[read.slot] { return value }
        throw Self.unbound(read.name, read.module, isLocal: false).at(read.site)
      }
    case .unknown: return fail(Self.unknown(name, module), span)
    }
  }

  /// The value of a name that `+=` changes: never the word of the vocabulary that it would shadow.
  func own(_ name: String, _ span: Span) -> Code {
    let site = site(span), module = module
    switch scope.locate(name) {
    case .local(let slot, otherwise: .some):
      return { f in
        if let value = f.slots[slot] { return value }
        throw Self.unbound(name, module, isLocal: true).at(site)
      }
    case .global(let slot, otherwise: .some):
      return { f in
        if let value = f.globals.pointee.slots[slot] { return value }
        throw Self.unbound(name, module, isLocal: false).at(site)
      }
    default: return self.name(name, span)
    }
  }

  // Hot closures capture one object: it is then their context itself, with nothing to unpack at each call.
  private final class Read {
    let slot: Int, name: String, module: ModuleScope, site: Site
    init(slot: Int, name: String, module: ModuleScope, site: Site) { (self.slot, self.name, self.module, self.site) = (slot, name, module, site) }
  }

  static func unknown(_ name: String, _ module: ModuleScope) -> Failure {
    let names = module.session.registry.plainNames + (module.prelude?.names ?? []) + module.globals.names.filter { module.globals.bound.contains($0) }
    return Failure(.name, "unknown name `\(name)`", label: Suggestion.label(for: name, among: names))
  }

  private static func unbound(_ name: String, _ module: ModuleScope, isLocal: Bool) -> Failure {
    if !isLocal, !module.globals.bound.contains(name) { return unknown(name, module) }
    let outer = isLocal && module.globals.bound.contains(name)
    return Failure(
      .unbound, "`\(name)` is read before it is bound",
      label: outer ? "a function cannot change the outer `\(name)`; this is a name of its own" : nil)
  }

  private func end(_ span: Span) -> Code {
    guard let container else { return fail(Failure(.syntax, "`end` has a meaning only between `[` and `]`"), span) }
    let site = site(span)
    return { f in
      do {
        return try Indexing.length(f.slots[container.slot] ?? .nil, container.position, axis: container.axis, of: container.count)
      } catch { throw located(error, site) }
    }
  }

  // MARK: Literals

  private func interpolation(_ pieces: [Expression.Piece]) -> Code {
    let parts = pieces.map { piece in
      switch piece {
      case .text(let text): Part(text: text, { _ in .nil }, nil, site(.none))
      case .value(let expression, let format): Part(text: nil, code(expression), format.flatMap(Format.init), site(expression.span))
      }
    }
    return { f in
      var result = ""
      for part in parts {
        if let text = part.text {
          result += text
          continue
        }
        let value = try f.settle(try part.code(f), .showing)
        guard let format = part.format else {
          result += Self.interpolated(value, f)
          continue
        }
        do { result += try format.apply(value, f.machine.session.host.style) } catch { throw located(error, part.site) }
      }
      return .string(result)
    }
  }

  /// A piece of a string: its text, or what gives it.
  private final class Part {
    let text: String?, code: Code, format: Format?, site: Site
    init(text: String?, _ code: @escaping Code, _ format: Format?, _ site: Site) { (self.text, self.code, self.format, self.site) = (text, code, format, site) }
  }

  private static func interpolated(_ value: Value, _ f: Frame) -> String {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    case .object(let box) where box.object.isBriefInText: box.object.brief
    default: value.text(f.machine.session.host.style)   // the terminal is asked for its width
    }
  }

  private func coordinate(_ elements: [Expression], _ unit: Name?, _ span: Span) -> Code {
    let codes = elements.map { Evaluation(run: code($0)) }, sites = elements.map { site($0.span) }
    let unit = unit.flatMap { Unit(suffix: $0.text) }
    if let whole = constant(Expression(.coordinate(elements, unit: unit.map { Name(text: $0.rawValue, span: span) }), span)) { return { _ in whole } }
    return { f in
      var values: [Value] = []
      for code in codes { values.append(try code.run(f)) }
      do { return try Coordinates.make(values, unit) } catch let failure as Failure {
        throw failure.at(sites[min(failure.argumentPosition ?? 0, sites.count - 1)])
      }
    }
  }

  private func list(_ elements: [Expression], _ span: Span) -> Code {
    let codes = elements.map { Evaluation(run: code($0)) }, site = site(span)
    return { f in
      var values: [Value] = []
      values.reserveCapacity(codes.count)
      var isNested = false
      for code in codes {
        let value = try f.settle(try code.run(f), .storing)
        if value.holdsValues { isNested = true }
        values.append(value)
      }
      if isNested { do { try f.nested(.list(values)) } catch { throw located(error, site) } }
      return .list(values)
    }
  }

  private func record(_ fields: [(key: Name, value: Expression)], _ span: Span) -> Code {
    let n = Fields(fields.map(\.key.text), fields.map { Evaluation(run: code($0.value)) }, site(span))
    return { f in
      var values: [Value] = []
      values.reserveCapacity(n.codes.count)
      var isNested = false
      for code in n.codes {
        let value = try f.settle(try code.run(f), .storing)
        if value.holdsValues { isNested = true }
        values.append(value)
      }
      let record = Record(distinct: n.keys, values)
      if isNested { do { try f.nested(.record(record)) } catch { throw located(error, n.site) } }
      return .record(record)
    }
  }

  private final class Fields {
    let keys: [String], codes: [Evaluation], site: Site
    init(_ keys: [String], _ codes: [Evaluation], _ site: Site) { (self.keys, self.codes, self.site) = (keys, codes, site) }
  }

  private func range(_ left: Expression, _ right: Expression, _ span: Span) -> Code {
    let left = code(left), right = code(right), site = site(span)
    return { f in
      let low = try left(f), high = try right(f)
      guard case .int(let start) = low, case .int(let end) = high else {
        if low.isUnknown || high.isUnknown { return .unknown }
        if low.integer != nil, let wide = high.integer { throw Failure(.value, "the ends of a range go from −2⁶³ to 2⁶³ − 1, not \(Int(exactly: wide) == nil ? high.written() : low.written())").at(site) }
        throw Failure(.type, "the ends of a range must be ints, not \(low.typePhrase) and \(high.typePhrase)", hint: "range(0, 1, step=0.1)").at(site)
      }
      return .range(.integers(start: start, end: end, step: 1))
    }
  }

  // MARK: Fields and indices

  private func field(_ base: Expression, _ name: Name) -> Code {
    // `task.affinities`: a word of the registry, as long as nothing else is called `task`
    if case .name(let space) = base.kind, case .constant = scope.locate(space), let value = module.session.registry["\(space).\(name.text)"] {
      return { _ in value }
    }
    let n = FieldAccess(code(base), localSlot(base) ?? -1, name.text, site(name.span))
    if n.slot >= 0 {
      return { f in
        if case .some(.record(let record)) = f.slots[n.slot], let value = record[n.field] { return value }
        do { return try Indexing.field(try n.base(f), n.field.name, f.context) } catch { throw located(error, n.site) }
      }
    }
    return { f in
      let container = try n.base(f)
      if case .record(let record) = container, let value = record[n.field] { return value }
      do { return try Indexing.field(container, n.field.name, f.context) } catch { throw located(error, n.site) }
    }
  }

  private final class FieldAccess {
    let base: Code, slot: Int, field: FieldSite, site: Site
    init(_ base: @escaping Code, _ slot: Int, _ name: String, _ site: Site) { (self.base, self.slot, field, self.site) = (base, slot, FieldSite(name), site) }
  }

  private final class Access {
    let base: Code, at: Code, site: Site, span: Span
    init(_ base: @escaping Code, _ at: @escaping Code, _ site: Site, _ span: Span) { (self.base, self.at, self.site, self.span) = (base, at, site, span) }
  }

  private func index(_ base: Expression, _ indices: [IndexSyntax], _ span: Span) -> Code {
    let code = code(base), site = site(span)
    if indices.count == 1, indices[0].axis == nil, case .at(let only) = indices[0].kind, !only.usesEnd {
      let n = Access(code, self.code(only), self.site(indices[0].span), indices[0].span)
      return { f in
        let container = try n.base(f), value = try n.at(f)
        if case .int(let position) = value {
          if case .list(let values) = container, values.indices.contains(position) { return values[position] }
          if case .string(let text) = container, let character = Text.byte(text, at: position) { return .string(character) }
        }
        do { return try Indexing.get(container, [IndexArgument(.at(value), span: n.span)], f.context) } catch { throw located(error, n.site) }
      }
    }
    let (arguments, slot) = indexArguments(indices)
    return { f in
      let container = try code(f)
      if let slot { f.slots[slot] = container }
      let indices = try arguments(f)
      if let slot { f.slots[slot] = nil }
      do { return try Indexing.get(container, indices, f.context) } catch { throw located(error, site) }
    }
  }

  /// Evaluates indices; the slot, if any, has to hold the container meanwhile.
  func indexArguments(_ indices: [IndexSyntax]) -> ((Frame) throws -> [IndexArgument], slot: Int?) {
    let slot = indices.contains { $0.expressions.contains(where: \.usesEnd) } ? scope.temporary() : nil
    typealias Part = (axis: String?, span: Span, codes: [Code?], isSlice: Bool)
    let parts: [Part] = indices.enumerated().map { position, index in
      var inner = self
      if let slot { inner.container = (slot, position, index.axis?.text, indices.count) }
      switch index.kind {
      case .at(let expression): return (index.axis?.text, index.span, [inner.code(expression)], false)
      case .slice(let from, let to, let step): return (index.axis?.text, index.span, [from, to, step].map { $0.map(inner.code) }, true)
      }
    }
    let evaluate: (Frame) throws -> [IndexArgument] = { f in
      try parts.map { part in
        let values = try part.codes.map { code in try code.map { try f.settle(try $0(f), .storing) } }
        return IndexArgument(
          axis: part.axis, part.isSlice ? .slice(from: values[0], to: values[1], step: values[2]) : .at(values[0] ?? .nil), span: part.span)
      }
    }
    return (evaluate, slot)
  }
}

extension Expression {
  /// Whether `end` occurs in it, outside inner indices.
  var usesEnd: Bool {
    switch kind {
    case .end: true
    case .index(let base, _): base.usesEnd
    case .conditional(let branches, let otherwise):
      branches.contains { $0.condition.usesEnd || $0.block.usesEnd } || otherwise?.usesEnd ?? false
    default: children.contains(where: \.usesEnd)
    }
  }
}

extension Block {
  fileprivate var usesEnd: Bool {
    statements.contains { if case .expression(let value) = $0.kind { value.usesEnd } else { false } }
  }
}
