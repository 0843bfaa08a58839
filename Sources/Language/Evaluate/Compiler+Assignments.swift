// Binding names and changing what they hold: `x = …`, `x += …`, `x[i].f = …`. A value leaves its slot while it changes, so that it is changed
// in place and not copied.

import Execution

extension Compiler {
  /// Puts a value where a name means to have it.
  func store(_ name: String) -> (Frame, Value) -> Void {
    if scope.isTopLevel {
      let slot = module.globals.declare(name, binds: true)
      return { f, value in f.globals.pointee.bind(slot, value) }
    }
    guard let slot = scope.slot(name) else { return { _, _ in } }
    return { f, value in f.slots[slot] = value }
  }

  private func place(_ name: String) -> ((Frame) -> Slots)? {
    if scope.isTopLevel {
      let slot = module.globals.declare(name, binds: true)
      return { f in f.globals.pointee.slots + slot }
    }
    guard scope.isOwn(name), let slot = scope.slot(name) else { return nil }
    return { f in f.slots + slot }
  }

  private final class Bind {
    let slot: Int, name: String, code: Code
    private let compiler: Compiler, expression: Expression
    init(_ slot: Int, _ name: String, _ code: @escaping Code, _ compiler: Compiler, _ expression: Expression) {
      (self.slot, self.name, self.code, self.compiler, self.expression) = (slot, name, code, compiler, expression)
    }

    @inline(__always) func value(_ f: Frame) throws -> Value {
      let value = try code(f)
      guard case .object = value else { return value }
      return try settled(value, f)
    }

    @inline(never) private func settled(_ value: Value, _ f: Frame) throws -> Value {
      do { return try f.settle(value, .binding(name)) } catch { throw compiler.worded(error, expression, f) }
    }
  }

  func assignment(_ target: Target, _ operation: BinaryOperator?, _ value: Expression, _ span: Span) -> Step {
    let name = target.name.text, code = code(value)
    if target.path.isEmpty {
      guard let operation else {
        if scope.isTopLevel {
          let bind = Bind(module.globals.declare(name, binds: true), name, code, self, value)
          return { f in
            f.globals.pointee.bind(bind.slot, try bind.value(f))
            return .next
          }
        }
        guard let slot = scope.slot(name) else { return { _ in .next } }
        if let step = arithmeticStep(slot, value) { return step }
        let bind = Bind(slot, name, code, self, value)
        return { f in
          f.slots[bind.slot] = try bind.value(f)
          return .next
        }
      }
      return compound(target.name, operation, value, code, span)
    }
    guard let place = place(name) else {
      let failure = Failure(
        .unbound, "a function cannot change the outer `\(name)`", label: "bound outside of this function", hint: "return the new value, and bind it there"
      ).at(site(target.name.span))
      return { _ in throw failure }
    }
    return pathAssignment(target, place, operation, value, code, site(span))
  }

  /// `x += …`: the old value leaves its slot first, so that a list grows in place.
  private func compound(_ target: Name, _ operation: BinaryOperator, _ value: Expression, _ code: @escaping Code, _ span: Span) -> Step {
    let name = target.text, site = site(span), operands = self.place(Expression(.name(name), target.span), value, span)
    let read = self.own(name, target.span)
    guard let place = place(name) else { return { _ in .next } }
    let store = store(name)
    let single: Code? = if case .list(let elements) = value.kind, elements.count == 1 { self.code(elements[0]) } else { nil }
    let n = Change(code: code, single: single ?? code, isSingle: single != nil, read: read, place: place, store: store, operation: operation, name: name, site: site, operands: operands)
    return { f in
      if n.operation == .add, case .some(.list) = n.place(f).pointee { return try n.append(f) }
      let old = try n.read(f), change = try n.code(f)
      switch (old, change) {
      case (.int(let x), .int(let y)) where n.operation == .add || n.operation == .subtract:
        let (value, overflow) = n.operation == .add ? x.addingReportingOverflow(y) : x.subtractingReportingOverflow(y)
        if !overflow {
          n.store(f, .int(value))
          return .next
        }
      case (.float(let x), .float(let y)) where n.operation == .add:
        n.store(f, .float(x + y))
        return .next
      default: break
      }
      do { n.store(f, try f.settle(try Operators.binary(n.operation, old, change, f.context), .binding(n.name))) } catch { throw n.operands.locate(error) }
      return .next
    }
  }

  /// What the closure of `x += …` needs.
  private final class Change {
    let code: Code, single: Code, isSingle: Bool, read: Code, place: (Frame) -> Slots, store: (Frame, Value) -> Void
    let operation: BinaryOperator, name: String, site: Site, operands: OperatorPlace

    init(
      code: @escaping Code, single: @escaping Code, isSingle: Bool, read: @escaping Code, place: @escaping (Frame) -> Slots, store: @escaping (Frame, Value) -> Void,
      operation: BinaryOperator, name: String, site: Site, operands: OperatorPlace
    ) {
      (self.code, self.single, self.isSingle, self.read, self.place, self.store) = (code, single, isSingle, read, place, store)
      (self.operation, self.name, self.site, self.operands) = (operation, name, site, operands)
    }

    /// `xs += [x]` and `xs += ys`: what is added is computed first, then the list leaves its slot, grows and comes back.
    func append(_ f: Frame) throws -> Flow {
      var one = Value.nil, more: [Value] = []
      if isSingle {
        one = try f.settle(try single(f), .storing)
        if one.holdsValues { do { try f.nested(.list([one])) } catch { throw located(error, site) } }
      } else {
        let value = try f.settle(try code(f), .storing)
        guard case .list(let list) = value else { throw Operators.mismatch(operation, try read(f), value).at(site) }
        more = list
      }
      let slot = place(f)
      guard case .some(.list(var values)) = slot.pointee else { return .next }
      do { try Operators.checkSize(values.count + max(1, more.count), MemoryLayout<Value>.stride, "a list of % elements", f.context) } catch { throw located(error, site) }
      slot.pointee = nil
      if isSingle { values.append(one) } else { values += more }
      slot.pointee = .list(values)
      return .next
    }
  }

  private func pathAssignment(
    _ target: Target, _ place: @escaping (Frame) -> Slots, _ operation: BinaryOperator?, _ expression: Expression, _ code: @escaping Code, _ operatorSite: Site
  ) -> Step {
    if target.path.count == 1, case .field(let field) = target.path[0] {
      guard let operation else { return fieldAssignment(target, field.text, place, code) }
      let general = longAssignment(target, place, operation, expression, code, operatorSite)
      return fieldChange(target, field.text, place, operation, code, operatorSite, otherwise: general)
    }
    return longAssignment(target, place, operation, expression, code, operatorSite)
  }

  private func longAssignment(
    _ target: Target, _ place: @escaping (Frame) -> Slots, _ operation: BinaryOperator?, _ expression: Expression, _ code: @escaping Code, _ operatorSite: Site
  ) -> Step {
    enum Part {
      case field(String)
      case index((Frame) throws -> [IndexArgument], slot: Int?)
    }
    let parts: [Part] = target.path.map { step in
      switch step {
      case .field(let name): return .field(name.text)
      case .index(let indices, _):
        let (evaluate, slot) = indexArguments(indices)
        return .index(evaluate, slot: slot)
      }
    }
    let read = self.code(Expression(.name(target.name.text), target.name.span)), site = site(target.span)
    return { f in
      let value = try f.settle(try code(f), .storing)
      do {
        if value.holdsValues { try f.nested(value) }
        var steps: [Indexing.Step] = []
        // only `end` and paths need to look at what is there before it changes
        var container: Value? = try read(f)
        for (position, part) in parts.enumerated() {
          switch part {
          case .field(let name): steps.append(.field(name))
          case .index(let evaluate, let slot):
            if let slot { f.slots[slot] = container }
            steps.append(.index(try evaluate(f)))
            if let slot { f.slots[slot] = nil }
          }
          let needsMore = parts[(position + 1)...].contains { if case .index(_, slot: .some) = $0 { true } else { false } }
          container = needsMore ? try Indexing.step(container ?? .nil, steps[position], f.context) : nil
        }
        container = nil
        let context = f.context
        let slot = place(f)
        guard var root = slot.move() else {
          slot.initialize(to: nil)
          return .next
        }
        slot.initialize(to: nil)
        defer { slot.pointee = root }
        try Indexing.update(&root, steps[...], reads: operation != nil, context) { old in
          guard let operation else { old = value; return }
          old = try context.machine?.settle(try Operators.binary(operation, old, value, context), .storing) ?? .nil
        }
      } catch let error as Failure where error.reword != nil {
        throw worded(error, target, expression, f)
      } catch let error as Failure where operation != nil && error.kind != .index { throw error.at(operatorSite) } catch { throw located(error, site) }
      return .next
    }
  }

  private final class FieldChange {
    let place: (Frame) -> Slots, code: Code, read: Code, field: FieldSite, site: Site
    init(_ place: @escaping (Frame) -> Slots, _ code: @escaping Code, _ read: @escaping Code, _ field: String, _ site: Site) {
      (self.place, self.code, self.read, self.field, self.site) = (place, code, read, FieldSite(field), site)
    }

    /// What the field holds, if the slot holds a record that has it.
    func value(_ f: Frame) -> Value? {
      if case .some(.record(let record)) = place(f).pointee { record[field] } else { nil }
    }

    /// Puts a value into the field of the record in the slot, which leaves the slot meanwhile. False: there is no record.
    @inline(__always) func put(_ value: Value, _ f: Frame) -> Bool {
      let slot = place(f)
      guard case .some(.record(var record)) = slot.pointee else { return false }
      slot.pointee = nil
      record[field] = value
      slot.initialize(to: .record(record))
      return true
    }
  }

  /// `x.field += …` where `x` is a record that has the field.
  private func fieldChange(
    _ target: Target, _ field: String, _ place: @escaping (Frame) -> Slots, _ operation: BinaryOperator, _ code: @escaping Code, _ operatorSite: Site,
    otherwise general: @escaping Step
  ) -> Step {
    let n = FieldChange(place, code, self.code(Expression(.name(target.name.text), target.name.span)), field, operatorSite)
    return { f in
      if n.value(f) == nil { return try general(f) }
      let change = try f.settle(try n.code(f), .storing)
      do {
        // read after the change was computed, which may have bound the name anew
        let old = try n.value(f) ?? Indexing.field(try n.read(f), n.field.name, f.context)
        let value = try operation == .add ? Operators.sum(old, change, f.context) : Operators.binary(operation, old, change, f.context)
        _ = n.put(try f.settle(value, .storing), f)
      } catch { throw located(error, n.site) }
      return .next
    }
  }

  /// `x.field = …`, which for a record needs none of the machinery of longer paths.
  private func fieldAssignment(_ target: Target, _ field: String, _ place: @escaping (Frame) -> Slots, _ code: @escaping Code) -> Step {
    let n = FieldChange(place, code, self.code(Expression(.name(target.name.text), target.name.span)), field, site(target.span))
    return { f in
      let value = try f.settle(try n.code(f), .storing)
      do {
        if value.holdsValues { try f.nested(value) }
        if n.put(value, f) { return .next }
        _ = try n.read(f)   // a name that is not bound
        let context = f.context, slot = n.place(f)
        guard var root = slot.pointee else { throw Indexing.unchangeable(try n.read(f), n.field.name) }
        slot.pointee = .nil
        defer { slot.pointee = root }
        try Indexing.update(&root, [.field(n.field.name)][...], reads: false, context) { $0 = value }
      } catch { throw located(error, n.site) }
      return .next
    }
  }
}
