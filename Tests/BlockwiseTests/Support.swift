import Arrays
import Execution
import Geometry
import Storage
import Synchronization

/// A folder that goes when the value does.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws { path = try Files.makeTemporaryFolder() }
  deinit { try? Files.removeTree(path) }
}

func context(threads: Int = 1) -> ExecutionContext { ExecutionContext(pool: ThreadPool(threads: threads)) }

final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func add() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}
