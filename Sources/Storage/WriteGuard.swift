// Keeps writers of one chunk apart: threads of this process by a mutex, other processes by a lock file.

import Execution
import Synchronization

/// One an array that is open for editing. A chunk or shard belongs to one of its stripes by its number.
final class WriteGuard: Sendable {
  private let stripes = (0..<64).map { _ in Stripe() }
  private let shared = Mutex<(isOpen: Bool, file: LockFile?)>((false, nil))
  private let tidied = Mutex<Set<String>>([])

  /// Runs `body` while no thread of this process writes the same chunk; `others`: nor another process a part of it.
  func hold<R>(_ unit: [Int], others: (() -> LockFile?)? = nil, _ cancellation: Cancellation? = nil, _ body: () throws -> R) throws -> R {
    let number = unit.reduce(0) { ($0 &* 31) &+ $1 }, stripe = Int(UInt(bitPattern: number) % UInt(stripes.count))
    return try stripes[stripe].mutex.withLock { _ in
      guard let others, let file = lockFile(others) else { return try body() }
      return try file.hold(stripe, waiting: { try cancellation?.check() }, body)
    }
  }

  private func lockFile(_ open: () -> LockFile?) -> LockFile? {
    shared.withLock { shared in
      if !shared.isOpen { shared = (true, open()) }
      return shared.file
    }
  }

  /// Whether this is the first time that `folder` is asked for.
  func isFirst(_ folder: String) -> Bool { tidied.withLock { $0.insert(folder).inserted } }

  private final class Stripe: Sendable { let mutex = Mutex(()) }
}
