// Connections that are kept, and how many are in use at once: so many for each host, and whoever comes later waits for one.

import Glibc
import Synchronization

package final class ConnectionPool: Sendable {
  private struct Host {
    var idle: [HTTPConnection] = []
    let gate: Gate
  }

  /// Transfers at once to one host.
  package let width: Int
  private let hosts = Mutex<[String: Host]>([:])

  package init(width: Int) { self.width = max(1, width) }

  /// Runs `body` with a connection that nobody else has meanwhile.
  ///
  /// - Throws: `.stopped` while waiting, `.noLibrary`.
  package func use<R>(_ host: String, isStopped: () -> Bool, _ body: (HTTPConnection) -> R) throws(RemoteProblem) -> R {
    let gate = hosts.withLock { hosts in
      if let known = hosts[host] { return known.gate }
      let fresh = Host(gate: Gate(width))
      hosts[host] = fresh
      return fresh.gate
    }
    guard gate.enter(isStopped: isStopped) else { throw .stopped }
    defer { gate.leave() }
    let connection: HTTPConnection
    if let idle = hosts.withLock({ $0[host]?.idle.popLast() }) { connection = idle } else { connection = try HTTPConnection() }
    defer { hosts.withLock { $0[host]?.idle.append(connection) } }
    return body(connection)
  }
}

/// Lets so many in at once.
package final class Gate: @unchecked Sendable {   // the system's semaphore guards itself
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  package init(_ count: Int) { sem_init(semaphore, 0, UInt32(clamping: count)) }
  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// - Returns: false if it was stopped.
  package func enter(isStopped: () -> Bool) -> Bool {
    while true {
      if isStopped() { return false }
      var until = timespec()
      clock_gettime(CLOCK_REALTIME, &until)
      until.tv_nsec += 50_000_000
      if until.tv_nsec >= 1_000_000_000 { (until.tv_sec, until.tv_nsec) = (until.tv_sec + 1, until.tv_nsec - 1_000_000_000) }
      if sem_timedwait(semaphore, &until) == 0 { return true }
    }
  }

  package func leave() { sem_post(semaphore) }
}
