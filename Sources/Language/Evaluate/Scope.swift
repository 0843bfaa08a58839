// Which slot a name means. Assignment anywhere in a function makes a name its own; other names are captured from the functions around
// (by value, when the closure is made), looked up among the top-level names (when it runs), or words of the registry.

/// Where a name is found at run time.
enum Location {
  /// `otherwise`: the builtin of that name, for as long as the slot is unbound.
  case local(Int, otherwise: Value?)
  case global(Int, otherwise: Value?)
  case constant(Value)
  case unknown
}

/// The top level of a script, a module or a session.
final class ModuleScope {
  let source: Source
  let globals: Globals
  let session: Session
  /// Names of the prelude, in front of the registry's.
  let prelude: Globals?
  /// At the prompt a function may use names that come later.
  let isInteractive: Bool
  /// Values for `param`s.
  var arguments: [String: Value] = [:]

  init(source: Source, globals: Globals, session: Session, prelude: Globals?, isInteractive: Bool) {
    (self.source, self.globals, self.session) = (source, globals, session)
    (self.prelude, self.isInteractive) = (prelude, isInteractive)
  }

  func word(_ name: String) -> Value? { prelude?[name] ?? session.registry[name] }
}

/// The slots of one function, or of the temporaries of top-level code.
final class FunctionScope {
  let module: ModuleScope
  let parent: FunctionScope?
  let isTopLevel: Bool
  private var slots: [String: Int] = [:]
  private(set) var size = 0
  /// What is copied into the frame when the closure is made: slots of the parent, in the order of the slots here.
  private(set) var captures: [(from: Int, name: String)] = []
  private let parameterCount: Int
  /// Free variables are found before the body is compiled, so that captures lie together.
  private let assigned: Set<String>
  var selfName: String?
  var selfSlot: Int?
  /// `return`, `break` or `continue` inside an expression somewhere.
  var usesSignals = false

  /// Top-level code.
  init(_ module: ModuleScope) {
    (self.module, parent, isTopLevel, parameterCount, assigned) = (module, nil, true, 0, [])
  }

  /// A function: parameters first, then captures, itself, its own names; temporaries follow.
  init(_ module: ModuleScope, in parent: FunctionScope, _ syntax: FunctionSyntax, isBound: Bool) {
    (self.module, self.parent, isTopLevel) = (module, parent, false)
    parameterCount = syntax.parameters.count
    for parameter in syntax.parameters { slots[parameter.name.text] = size; size += 1 }
    var names = NameCollector()
    names.collect(syntax)
    assigned = names.assigned.subtracting(slots.keys)
    for name in names.read.subtracting(slots.keys).subtracting(assigned).sorted() {
      if name == syntax.name?.text, !(isBound && parent.isTopLevel) { continue }
      guard let from = parent.ownSlot(name) else { continue }
      captures.append((from, name))
      slots[name] = size
      size += 1
    }
    // at top level a function finds itself by its global name, like everyone else
    if let name = syntax.name?.text, slots[name] == nil, !assigned.contains(name), !(isBound && parent.isTopLevel) {
      (selfName, selfSlot) = (name, size)
      slots[name] = size
      size += 1
    }
    for name in assigned.sorted() { slots[name] = size; size += 1 }
  }

  /// The slot of a name that this function can give to a closure.
  private func ownSlot(_ name: String) -> Int? { slots[name] }

  func isOwn(_ name: String) -> Bool { assigned.contains(name) || (slots[name].map { $0 < parameterCount } ?? false) }

  func temporary() -> Int {
    size += 1
    return size - 1
  }

  func slot(_ name: String) -> Int? { slots[name] }

  /// All names that have a slot.
  var names: [String: Int] { slots }

  func locate(_ name: String) -> Location {
    if let slot = slots[name] { return .local(slot, otherwise: assigned.contains(name) ? module.word(name) : nil) }
    if let slot = module.globals.slot(name), module.globals.bound.contains(name) || module.word(name) == nil {
      return .global(slot, otherwise: module.word(name))
    }
    if let value = module.word(name) { return .constant(value) }
    if module.isInteractive, !isTopLevel { return .global(module.globals.declare(name, binds: false), otherwise: nil) }
    return .unknown
  }
}

/// The names that a function reads and binds; nested functions only read for it.
struct NameCollector {
  var read: Set<String> = []
  var assigned: Set<String> = []

  mutating func collect(_ syntax: FunctionSyntax) {
    for parameter in syntax.parameters { if let initial = parameter.initial { collect(initial) } }
    switch syntax.body {
    case .expression(let expression): collect(expression)
    case .block(let block): collect(block)
    }
  }

  mutating func collect(_ block: Block) { for statement in block.statements { collect(statement) } }

  mutating func collect(_ statement: Statement) {
    switch statement.kind {
    case .import(_, _, let name): assigned.insert(name.text)
    case .param(let param):
      assigned.insert(param.name.text)
      if let initial = param.initial { collect(initial) }
    case .for(let names, let sequence, let block):
      for name in names { assigned.insert(name.text) }
      collect(sequence)
      collect(block)
    case .while(let condition, let block):
      collect(condition)
      collect(block)
    case .return(let value): if let value { collect(value) }
    case .assign(let target, let operation, let value, _):
      if target.path.isEmpty { assigned.insert(target.name.text) } else { read.insert(target.name.text) }
      if operation != nil { read.insert(target.name.text) }
      for case .index(let indices, _) in target.path { for index in indices { index.expressions.forEach { collect($0) } } }
      collect(value)
    case .expression(let expression):
      if case .function(let syntax) = expression.kind, let name = syntax.name { assigned.insert(name.text) }
      collect(expression)
    case .break, .continue, .error: break
    }
  }

  mutating func collect(_ expression: Expression) {
    switch expression.kind {
    case .name(let name): read.insert(name)
    case .function(let syntax):
      var inner = NameCollector()
      inner.collect(syntax)
      let own = inner.assigned.union(syntax.parameters.map(\.name.text))
      read.formUnion(inner.read.subtracting(own))
      for parameter in syntax.parameters { if let initial = parameter.initial { collect(initial) } }
    case .tryCatch(let body, let error, let handler):
      assigned.insert(error.text)
      collect(body)
      collect(handler)
    case .conditional(let branches, let otherwise):
      for branch in branches {
        collect(branch.condition)
        collect(branch.block)
      }
      if let otherwise { collect(otherwise) }
    default: for child in expression.children { collect(child) }
    }
  }
}

extension Expression {
  /// The expressions directly inside, blocks and functions excepted.
  var children: [Expression] {
    switch kind {
    case .literal, .name, .end, .error, .function, .conditional, .tryCatch: []
    case .interpolation(let pieces): pieces.compactMap { if case .value(let value, _) = $0 { value } else { nil } }
    case .coordinate(let elements, _), .list(let elements): elements
    case .record(let fields): fields.map(\.value)
    case .call(let callee, let arguments, _): [callee] + arguments.map(\.value)
    case .index(let base, let indices): [base] + indices.flatMap(\.expressions)
    case .field(let base, _): [base]
    case .unary(_, let operand): [operand]
    case .binary(_, let left, let right, _), .logical(_, let left, let right, _), .range(let left, let right), .tryElse(let left, let right): [left, right]
    }
  }
}
