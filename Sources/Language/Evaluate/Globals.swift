import Synchronization

/// What a frame sees of the top level.
struct TopLevel {
  /// To be read, and to be changed in place where a value stays of its kind; `bind` for all else.
  fileprivate(set) var slots: Slots
  /// The function in each slot, if it holds one: calls find it without touching its counter.
  fileprivate(set) var functions: UnsafeMutablePointer<Unmanaged<Function>?>
  unowned(unsafe) let owner: Globals   // which frees this

  init(owner: Globals, capacity: Int) {
    self.owner = owner
    slots = Slots.allocate(capacity: capacity)
    slots.initialize(repeating: nil, count: capacity)
    functions = UnsafeMutablePointer<Unmanaged<Function>?>.allocate(capacity: capacity)
    functions.initialize(repeating: nil, count: capacity)
  }

  fileprivate func free(_ capacity: Int) {
    slots.deinitialize(count: capacity)
    slots.deallocate()
    functions.deallocate()
  }

  @inline(__always) func bind(_ slot: Int, _ value: Value?) {
    if case .some(.function(let function)) = value { functions[slot] = Unmanaged.passUnretained(function) } else { functions[slot] = nil }
    slots[slot] = value
  }
}

/// The top-level names of a script, a module or a session: slots that functions look up when called.
///
/// Slots are written by the one thread that runs top-level code; kernels on other threads read while it waits for them.
final class Globals: @unchecked Sendable {
  /// Where the slots are: a pointer to a pointer, because a session adds names while functions hold on.
  let cell: UnsafeMutablePointer<TopLevel>
  private var capacity: Int
  private(set) var names: [String] = []
  private var index: [String: Int] = [:]
  /// Names that some statement binds, as opposed to names that a function hopes to find.
  private(set) var bound: Set<String> = []

  init() {
    capacity = 64
    cell = UnsafeMutablePointer<TopLevel>.allocate(capacity: 1)
    cell.initialize(to: TopLevel(owner: self, capacity: capacity))
  }

  deinit {
    cell.pointee.free(capacity)
    cell.deallocate()
  }

  func slot(_ name: String) -> Int? { index[name] }

  /// The slot of a name, made if it has none. `binds`: some statement gives it a value.
  func declare(_ name: String, binds: Bool) -> Int {
    if binds { bound.insert(name) }
    if let slot = index[name] { return slot }
    if names.count == capacity { grow() }
    index[name] = names.count
    names.append(name)
    return names.count - 1
  }

  subscript(slot: Int) -> Value? {
    get { cell.pointee.slots[slot] }
    set { cell.pointee.bind(slot, newValue) }
  }

  subscript(name: String) -> Value? { index[name].flatMap { self[$0] } }

  private func grow() {
    let larger = TopLevel(owner: self, capacity: capacity * 2)
    for slot in 0..<capacity { larger.bind(slot, cell.pointee.slots[slot]) }
    cell.pointee.free(capacity)
    cell.pointee = larger
    capacity *= 2
  }

  /// Names whose statement failed before it bound them are unknown again.
  func forgetUnbound() { bound = bound.filter { self[$0] != nil } }

  /// Forgets all values: functions refer to their globals, which hold them.
  func clear() { for slot in 0..<names.count { self[slot] = nil } }

  /// A copy whose functions refer to the copy: later bindings do not reach it.
  func frozen(_ thaw: inout [ObjectIdentifier: Globals]) -> Globals {
    if let known = thaw[ObjectIdentifier(self)] { return known }
    let copy = Globals()
    thaw[ObjectIdentifier(self)] = copy
    for (slot, name) in names.enumerated() {
      _ = copy.declare(name, binds: bound.contains(name))
      copy[slot] = self[slot].map { $0.frozen(&thaw) }
    }
    return copy
  }
}

extension Value {
  /// The same value with all functions in it frozen.
  fileprivate func frozen(_ thaw: inout [ObjectIdentifier: Globals]) -> Value {
    switch self {
    case .function(let function): return .function(function.frozen(&thaw))
    case .list(let values):
      guard values.contains(where: \.mayHoldFunctions) else { return self }
      return .list(values.map { $0.frozen(&thaw) })
    case .record(let record):
      guard record.values.contains(where: \.mayHoldFunctions) else { return self }
      return .record(Record(record.fields.map { ($0.key, $0.value.frozen(&thaw)) }))
    default: return self
    }
  }

  private var mayHoldFunctions: Bool {
    switch self {
    case .function, .list, .record: true
    default: false
    }
  }
}

extension Function {
  /// A function that sees the top-level names as they are now, whatever is bound later: what may run on other threads.
  package func frozen() -> Function {
    var thaw: [ObjectIdentifier: Globals] = [:]
    return frozen(&thaw)
  }

  fileprivate func frozen(_ thaw: inout [ObjectIdentifier: Globals]) -> Function {
    guard let template, let globals else { return self }
    return Function(template, captures: captures.map { $0?.frozen(&thaw) }, globals: globals.frozen(&thaw))
  }
}
