// What a thread needs to run compiled code: a stack of slots, a native stack that is watched, a flag that asks to stop.
//
// Code is closures over resolved slots (Compiler.swift). A frame is three pointers in registers; a local is `slots[i]`, a top-level name
// `globals[i]`; nil in a slot means unbound. Slots of a call are pushed on one contiguous stack and cleared on the way out.
// This file and Globals.swift hold the module's unsafe pointers; slot numbers are the compiler's, never a script's.

import CKernels
import Execution
import Glibc

typealias Slots = UnsafeMutablePointer<Value?>
typealias Code = (Frame) throws -> Value
typealias Test = (Frame) throws -> Bool
typealias Step = (Frame) throws -> Flow

// Closures in arrays, tuples and optionals are called through a thunk that moves arguments to memory; in a struct's field they are not.
struct Evaluation { let run: Code }
struct Action { let run: Step }
struct ValueBranch {
  let test: Test, value: Code, interval: IntervalTest
  init(_ test: @escaping Test, _ value: @escaping Code, _ interval: IntervalTest) { (self.test, self.value, self.interval) = (test, value, interval) }
}
struct StepBranch { let test: Test, step: Step }

/// How a statement ended.
enum Flow { case next, `break`, `continue`, `return` }

/// `break`, `continue` and `return` from inside an expression (`x = if c { return 1 } else { 2 }`).
struct Signal: Error { let flow: Flow }

struct Frame {
  let slots: Slots
  let state: UnsafeMutablePointer<MachineState>
  let globals: UnsafeMutablePointer<TopLevel>

  var machine: Machine { state.pointee.machine }
  var context: CallContext { CallContext(machine) }

  /// Stores a number or a bool; the old value, if it is one too, needs no clearing.
  @inline(__always) func put(_ slot: Int, _ value: Value) {
    let place = slots + slot
    switch place.pointee {
    case .none, .some(.int), .some(.float), .some(.bool): place.initialize(to: value)
    default: place.pointee = value
    }
  }

  /// Stops here if asked to.
  @inline(__always) func poll() throws {
    if state.pointee.cancellation._withUnsafeGuaranteedRef({ $0.isCancelled }) { throw Cancelled() }
  }
}

struct MachineState {
  unowned(unsafe) let machine: Machine
  let cancellation: Unmanaged<Cancellation>   // which the machine holds
  var top: Slots
  /// Slots below this one have been initialised, and those of them at and above `top` are nil.
  var touched: Slots
  let limit: Slots
  var depth = 0
  /// Operations that may have made some value deeper since all were measured, and how many there may be before they are measured again.
  var nestings = 0, nestingRoom = 0
  /// What `return` returns, until the call takes it.
  var result: Value = .nil
  /// The native stack may not grow below this address.
  let floor: UInt
}

extension MachineState {
  /// Whether a call may go this deep; initialises the slots below `top` that have never been used.
  @inline(never) mutating func mayNest(_ top: Slots, _ depth: Int) -> Bool {
    var marker: UInt8 = 0
    let here = withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    guard top <= limit, depth < Machine.depthLimit, here > floor else { return false }
    if top > touched {
      // some more than asked for: calls nest
      let goal = min(limit, top + 256)
      touched.initialize(repeating: nil, count: goal - touched)
      touched = goal
    }
    return true
  }
}

final class Machine: @unchecked Sendable {   // used by the thread that made it only; `belongsToThisThread` is asked first elsewhere
  let session: Session
  let isWorker: Bool
  /// `Session.changes` when it was made.
  let version: Int
  private let cancellation: Cancellation
  private let thread: pthread_t
  private let memory: Slots
  /// The first of its slots.
  var bottom: Slots { memory }
  let state: UnsafeMutablePointer<MachineState>

  /// Calls inside calls: an error, long before the stack ends.
  static let depthLimit = 2000
  private static let slotLimit = 1 << 17
  /// Left for what builtins do natively.
  private static let nativeReserve: UInt = 1 << 20

  init(session: Session, isWorker: Bool) {
    self.session = session
    self.isWorker = isWorker
    version = session.changes.load(ordering: .relaxed)
    cancellation = session.execution.cancellation
    thread = pthread_self()
    memory = Slots.allocate(capacity: Self.slotLimit)   // pages are touched only as calls nest
    state = UnsafeMutablePointer<MachineState>.allocate(capacity: 1)
    state.initialize(to: MachineState(
      machine: self, cancellation: Unmanaged.passUnretained(cancellation), top: memory, touched: memory, limit: memory + Self.slotLimit, floor: Self.stackFloor()))
  }

  deinit {
    memory.deinitialize(count: state.pointee.top - memory)   // the others are nil
    state.deinitialize(count: 1)
    state.deallocate()
    memory.deallocate()
  }

  var belongsToThisThread: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// The lowest address of this thread's stack that calls may reach.
  private static func stackFloor() -> UInt {
    var size: UInt = 0
    let bottom = dcs_stack_bottom(&size)
    return bottom == 0 ? 0 : bottom + min(nativeReserve, size / 3)
  }

  /// Runs code on a fresh frame with `size` slots.
  func run<T>(_ size: Int, _ globals: Globals, _ body: (Frame) throws -> T) throws -> T {
    let base = state.pointee.top
    guard state.pointee.mayNest(base + size, state.pointee.depth) else { throw Frame.tooDeep() }
    state.pointee.top = base + size
    defer {
      for slot in 0..<size { base[slot] = nil }
      state.pointee.top = base
    }
    return try withExtendedLifetime(globals) { try body(Frame(slots: base, state: state, globals: globals.cell)) }
  }

  /// The computed value of an expression, anything else as it is.
  @inline(__always) func settle(_ value: Value, _ reason: @autoclosure () -> SettleReason) throws -> Value {
    guard case .object(let box) = value, !box.object.isSettled else { return value }
    return try box.object.settled(reason(), CallContext(self))
  }
}

extension Frame {
  @inline(never) static func tooDeep() -> Failure {
    Failure(.recursion, "calls are nested too deep (\(Words.grouped(Machine.depthLimit)) at most)", hint: "does the function stop calling itself?")
  }

  @inline(__always) func settle(_ value: Value, _ reason: @autoclosure () -> SettleReason) throws -> Value {
    guard case .object(let box) = value else { return value }
    return try settleObject(box, reason())
  }

  @inline(never) private func settleObject(_ box: ObjectBox, _ reason: SettleReason) throws -> Value {
    box.object.isSettled ? .object(box) : try box.object.settled(reason, context)
  }
}

/// Puts a place on an error that has none.
@inline(never) func located(_ error: any Error, _ site: Site) -> any Error {
  switch error {
  case let end as Undecided where end.site == nil: Undecided(reason: end.reason, site: site)
  case is Signal, is any Uncatchable: error
  case let failure as Failure: failure.at(site)
  default: Failure(error).at(site)
  }
}
