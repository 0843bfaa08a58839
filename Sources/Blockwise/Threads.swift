import Execution
import Glibc

/// Runs `body(0)`, …, `body(count - 1)`, each on a thread of its own, and calls `tick` on the caller's every 50 ms until all have returned.
///
/// Blocks are long (milliseconds to minutes) and call the shared pool inside, so they get threads of their own with deep stacks: an
/// interpreted function may recurse. Signals stay with the caller's thread. Fewer threads than asked for is not an error, none is.
package func onThreads(_ count: Int, tick: () -> Void, body: @escaping @Sendable (Int) -> Void) throws(BlockwiseError) {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  // where addresses are limited, all stacks together take an eighth of what is left
  let share = ProcessMemory.addressesLeft.map { max(1 << 20, $0 / 8 / max(1, count) / 65_536 * 65_536) }
  pthread_attr_setstacksize(&attributes, min(64 << 20, share ?? .max))
  var all = sigset_t(), before = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, &before)
  let gate = Gate()
  var threads: [pthread_t] = []
  for worker in 0..<max(1, count) {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start { body(worker); gate.leave() })
    gate.enter()
    guard pthread_create(&thread, &attributes, { Start.run($0) }, start.toOpaque()) == 0 else {
      gate.leave()
      start.release()
      break
    }
    threads.append(thread)
  }
  pthread_sigmask(SIG_SETMASK, &before, nil)
  pthread_attr_destroy(&attributes)
  if threads.isEmpty { throw .failed("start", "a thread") }

  repeat { tick() } while !gate.wait(nanoseconds: 50_000_000)
  for thread in threads { pthread_join(thread, nil) }
  tick()
}

private final class Start: Sendable {
  private let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
    return nil
  }
}

/// Counts threads inside and lets one thread wait until there is none. The standard library has no timed wait, so this is POSIX's.
private final class Gate: @unchecked Sendable {   // `inside` is guarded by `mutex`; both live at fixed addresses until deinit
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var inside = 0

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func enter() {
    pthread_mutex_lock(mutex)
    inside += 1
    pthread_mutex_unlock(mutex)
  }

  func leave() {
    pthread_mutex_lock(mutex)
    inside -= 1
    if inside == 0 { pthread_cond_broadcast(condition) }
    pthread_mutex_unlock(mutex)
  }

  /// True if nobody is inside any more, false after the time has passed.
  func wait(nanoseconds: Int) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_nsec += nanoseconds
    if deadline.tv_nsec >= 1_000_000_000 { (deadline.tv_sec, deadline.tv_nsec) = (deadline.tv_sec + 1, deadline.tv_nsec - 1_000_000_000) }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while inside > 0 { if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { break } }
    return inside == 0
  }
}
