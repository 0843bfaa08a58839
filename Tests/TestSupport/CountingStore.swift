import Storage
import Synchronization

/// How often each chunk of the containers opened inside `ReadLog.watching` was asked for, by container path and key.
package final class ReadLog: Sendable {
  private let log = Mutex<[String: Int]>([:])
  private let written = Mutex(0)
  private let whenWritten: (@Sendable (Int) -> Void)?
  private static let metadata: Set = [".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json", "attributes.json"]

  /// - Parameter whenWritten: gets the number of writes so far, before each one, from any thread.
  package init(whenWritten: (@Sendable (Int) -> Void)? = nil) { self.whenWritten = whenWritten }

  /// How often something was written, metadata too.
  package var writes: Int { written.withLock { $0 } }
  fileprivate func noteWrite() {
    let count = written.withLock { count in
      count += 1
      return count
    }
    whenWritten?(count)
  }

  package var reads: [String: Int] { log.withLock { $0 } }
  package var total: Int { reads.values.reduce(0, +) }
  package func forget() { log.withLock { $0 = [:] } }

  fileprivate func note(_ path: String) {
    if Self.metadata.contains(path.split(separator: "/").last.map(String.init) ?? "") { return }
    log.withLock { $0[path, default: 0] += 1 }
  }

  /// Containers that `body` opens are watched, for as long as their arrays live.
  package func watching<R>(_ body: () throws -> R) rethrows -> R {
    try StoreObserver.$around.withValue({ CountingStore(base: $0, log: self) }, operation: body)
  }
}

private struct CountingStore: ByteStore {
  let base: any ByteStore
  let log: ReadLog

  func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? {
    log.note(base.path(key))
    return try base.get(key, limit: limit)
  }
  func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    log.note(base.path(key))
    return try base.get(key, from: offset, count: count)
  }
  func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    log.note(base.path(key))
    return try base.get(key, last: count)
  }
  func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    log.noteWrite()
    try base.put(key, bytes)
  }
  func remove(_ key: String) throws(StorageError) { try base.remove(key) }
  func list(_ key: String) throws(StorageError) -> [Files.Entry]? { try base.list(key) }
  func removeTree(_ key: String) throws(StorageError) { try base.removeTree(key) }
  func size(_ key: String) throws(StorageError) -> Int? { try base.size(key) }
  func kind(_ key: String) throws(StorageError) -> Files.Kind? { try base.kind(key) }
  func path(_ key: String) -> String { base.path(key) }
}

/// What `body` gives, with `store` in place of every container that it opens.
package func reading<R>(_ store: any ByteStore, _ body: () throws -> R) rethrows -> R {
  let around: @Sendable (any ByteStore) -> any ByteStore = { _ in store }
  return try StoreObserver.$around.withValue(around, operation: body)
}
