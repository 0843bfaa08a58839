// Execution runs work: one thread pool, cancellation, progress, and random numbers keyed by (seed, purpose, index).

import CKernels

/// Threads that run the items of a region. Results never depend on their number: split work by items, combine in item order.
package final class ThreadPool: Sendable {
  nonisolated(unsafe) package let handle: OpaquePointer   // the C pool guards itself

  /// - Parameter threads: the caller included; at least 1.
  package init(threads: Int) {
    guard let pool = dcs_pool_create(Int32(clamping: max(1, min(threads, 1024)))) else { preconditionFailure("no memory for a thread pool") }
    handle = pool
  }

  deinit { dcs_pool_destroy(handle) }

  /// Whether the caller runs an item of a region, where a further region would run in it alone.
  package static var isInsideRegion: Bool { dcs_pool_is_inside() == 1 }

  package var threads: Int { Int(dcs_pool_threads(handle)) }

  /// Calls `body(item, worker)` once for each item in `0..<count`. A region inside a region runs in its caller alone.
  ///
  /// - Throws: the error of the lowest item that failed; items not yet started are skipped after a failure.
  package func forEach(_ count: Int, _ body: (_ item: Int, _ worker: Int) throws -> Void) throws {
    try withoutActuallyEscaping(body) { body in
      let region = Region(body: body)
      withExtendedLifetime(region) {
        dcs_pool_run(handle, Int64(count), { context, item, worker in
          Unmanaged<Region>.fromOpaque(context!).takeUnretainedValue().run(Int(item), Int(worker))
        }, Unmanaged.passUnretained(region).toOpaque())
      }
      if let failure = region.failure.withLock({ $0 }) { throw failure.error }
    }
  }
}

import Synchronization

private final class Region: @unchecked Sendable {   // `body` is called concurrently by contract; `failure` is locked
  let body: (Int, Int) throws -> Void
  let failure = Mutex<(item: Int, error: any Error)?>(nil)
  let failed = Atomic<Bool>(false)

  init(body: @escaping (Int, Int) throws -> Void) { self.body = body }

  func run(_ item: Int, _ worker: Int) {
    if failed.load(ordering: .relaxed) { return }
    do { try body(item, worker) } catch {
      failed.store(true, ordering: .relaxed)
      failure.withLock { if $0 == nil || item < $0!.item { $0 = (item, error) } }
    }
  }
}
