import Synchronization

/// What a frame sees of the top level.
struct TopLevel {
  var slots: Slots
  unowned(unsafe) let owner: Globals   // which frees this
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
    cell.initialize(to: TopLevel(slots: Slots.allocate(capacity: capacity), owner: self))
    cell.pointee.slots.initialize(repeating: nil, count: capacity)
  }

  deinit {
    cell.pointee.slots.deinitialize(count: capacity)
    cell.pointee.slots.deallocate()
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
    set { cell.pointee.slots[slot] = newValue }
  }

  subscript(name: String) -> Value? { index[name].flatMap { self[$0] } }

  private func grow() {
    let larger = Slots.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: cell.pointee.slots, count: capacity)
    (larger + capacity).initialize(repeating: nil, count: capacity)
    cell.pointee.slots.deallocate()
    cell.pointee.slots = larger
    capacity *= 2
  }

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
