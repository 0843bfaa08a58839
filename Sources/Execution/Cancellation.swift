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

  package func check() throws(Cancelled) { if isCancelled { throw Cancelled() } }
}
