import Execution
import Synchronization
import Testing
import Storage

struct TransferPoolTests {
  /// Whoever comes while threads are lent gets others, and later ones get those again; inside a region none are started.
  @Test func poolsAreLentToOneAtATime() throws {
    let remote = Remote(RemoteSettings())
    var seen: Set<ObjectIdentifier> = []
    remote.withPool { outer in
      remote.withPool { inner in
        #expect(outer !== inner && outer.threads == remote.settings.width && inner.threads == remote.settings.width)
        seen = [ObjectIdentifier(outer), ObjectIdentifier(inner)]
      }
    }
    remote.withPool { first in remote.withPool { second in #expect(seen == [ObjectIdentifier(first), ObjectIdentifier(second)]) } }
    let widths = Mutex<[Int]>([])
    try ThreadPool(threads: 3).forEach(9) { _, _ in remote.withPool { pool in widths.withLock { $0.append(pool.threads) } } }
    #expect(widths.withLock { $0 } == [Int](repeating: 1, count: 9))
    #expect(!ThreadPool.isInsideRegion)
  }
}
