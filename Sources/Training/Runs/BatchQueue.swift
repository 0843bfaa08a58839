// Makes batches ahead of the training step on a thread of its own: a bounded queue, in order of iterations.
//
// The batch of an iteration is the same whoever makes it, so the queue changes when batches are made and nothing else.

import Execution
import Glibc

final class BatchQueue: @unchecked Sendable {   // all mutable state is guarded by `lock`
  private let make: @Sendable (Int) throws -> Batch
  private let depth: Int
  private var ready: [Result<Batch, any Error>] = []
  private var stopped = false
  private var finished = true
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let first: Int
  /// Seconds that `next` waited so far; of the thread that calls it.
  private(set) var waited = 0.0

  /// - Parameter depth: batches held at most.
  init(from first: Int, depth: Int = 3, _ make: @escaping @Sendable (Int) throws -> Batch) {
    (self.first, self.depth, self.make) = (first, max(1, depth), make)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
    var thread = pthread_t()
    finished = false
    let me = Unmanaged.passRetained(self)
    let failed = pthread_create(&thread, nil, { argument in
      guard let argument else { return nil }
      Unmanaged<BatchQueue>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }, me.toOpaque())
    if failed == 0 { pthread_detach(thread) } else { me.release(); finished = true }
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  private static func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The next batch; waits for it.
  func next() throws -> Batch {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if ready.isEmpty && !finished {
      let begin = Self.clock()
      while ready.isEmpty && !finished { pthread_cond_wait(changed, lock) }
      waited += Self.clock() - begin
    }
    guard !ready.isEmpty else { throw Cancelled() }
    let batch = ready.removeFirst()
    pthread_cond_broadcast(changed)
    return try batch.get()
  }

  /// Ends the thread; returns when it has ended.
  func stop() {
    pthread_mutex_lock(lock)
    stopped = true
    pthread_cond_broadcast(changed)
    while !finished { pthread_cond_wait(changed, lock) }
    pthread_mutex_unlock(lock)
  }

  private func run() {
    var iteration = first
    while true {
      pthread_mutex_lock(lock)
      while ready.count >= depth && !stopped { pthread_cond_wait(changed, lock) }
      let stop = stopped
      pthread_mutex_unlock(lock)
      if stop { break }
      let made = Result { try make(iteration) }
      iteration += 1
      pthread_mutex_lock(lock)
      ready.append(made)
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
      if case .failure = made { break }
    }
    pthread_mutex_lock(lock)
    finished = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }
}
