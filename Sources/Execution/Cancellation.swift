import Synchronization

/// Work was stopped on request. Nothing that had been finished is lost.
package struct Cancelled: Error, Equatable {
  package init() {}
}

/// A request to stop, polled at every back-edge, iteration and block. The first request asks for a clean stop
/// (finish the item, write a checkpoint), a second one within two seconds for a stop without finishing.
package final class Cancellation: Sendable {
  private let requests = Atomic<Int>(0)

  package init() {}

  package func cancel() { requests.add(1, ordering: .relaxed) }
  package func reset() { requests.store(0, ordering: .relaxed) }

  package var isCancelled: Bool { requests.load(ordering: .relaxed) > 0 }
  package var isUrgent: Bool { requests.load(ordering: .relaxed) > 1 }

  /// For a kernel in C that asks now and then: a function, and what it is to be given.
  package func asked<R>(_ body: (@convention(c) (UnsafeRawPointer?) -> Int32, UnsafeRawPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) {
      try body({ place in place.map { Unmanaged<Cancellation>.fromOpaque($0).takeUnretainedValue().isCancelled ? 1 : 0 } ?? 0 }, UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()))
    }
  }

  package func check() throws(Cancelled) { if isCancelled { throw Cancelled() } }
}
