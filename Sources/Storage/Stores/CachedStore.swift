// A store elsewhere whose small answers are remembered for a while: documents of metadata (also that there are none), listings, what stands at a key.
// Chunks pass through; of a shard that is read piece by piece, which writing it was is remembered as well (HeldObject.swift). What this process writes is known at once; what others write, when the memory of it has run out.

import Arrays
import Synchronization

package struct CachedStore<Base: ObjectStore>: ByteStore {
  package let base: Base
  package let root: String
  package let remote: Remote
  private var cache: StoreCache { remote.cache }

  package init(_ base: Base, root: String, remote: Remote) { (self.base, self.root, self.remote) = (base, root, remote) }

  package func path(_ key: String) -> String { base.path(key) }
  private func isDocument(_ key: String) -> Bool { MetadataNames.all.contains(Files.name(key)) }

  private func remembered<T>(_ slot: (String) -> StoreCache.Slot, _ key: String, _ read: (StoreCache.Value) -> T?, _ write: (T) -> StoreCache.Value, _ fetch: () throws(StorageError) -> T) throws(StorageError) -> T {
    let slot = slot(path(key)), moment = cache.moment
    if let held = cache[slot], let value = read(held) { return value }
    let value = try fetch()
    cache.keep(write(value), slot, life: remote.settings.life, since: moment)
    return value
  }

  private func document(_ key: String) throws(StorageError) -> Bytes? {
    let bytes = try remembered({ .document($0) }, key, { if case .document(let bytes) = $0 { .some(bytes) } else { nil } }, { .document($0) }) {
      () throws(StorageError) in try base.get(key, limit: Files.smallFileLimit)
    }
    if bytes != nil, let format = Self.format(key) { cache.learn(format, of: root) }
    return bytes
  }

  private static func format(_ key: String) -> Format? {
    switch Files.name(key) {
    case Zarr2.arrayFile, Zarr2.groupFile: .zarr2
    case Zarr3.file: .zarr3
    case N5.file: .n5
    default: nil
    }
  }

  package func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? {
    guard isDocument(key) else { return try base.get(key, limit: limit) }
    guard let bytes = try document(key) else { return nil }
    guard bytes.count <= limit else { throw .tooLarge(path: path(key), bytes: bytes.count, limit: limit) }
    return bytes
  }
  package func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? { try base.get(key, from: offset, count: count) }
  package func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? { try base.get(key, last: count) }

  package func hold(_ key: String) throws(StorageError) -> (any HeldBytes)? { HeldObject(base, key, cache, life: remote.settings.life) }

  package func size(_ key: String) throws(StorageError) -> Int? { isDocument(key) ? try document(key)?.count : try base.size(key) }

  package func written(_ key: String) throws(StorageError) -> String? { try base.written(key) }

  package func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    try remembered({ .listing($0) }, key, { if case .listing(let entries) = $0 { .some(entries) } else { nil } }, { .listing($0) }) {
      () throws(StorageError) in try base.list(key)
    }
  }

  package func kind(_ key: String) throws(StorageError) -> Files.Kind? {
    for name in MetadataNames.making { if case .document(.some)? = cache[.document(path(Files.join(key, name)))] { return .folder } }
    return try remembered({ .kind($0) }, key, { if case .kind(let kind) = $0 { .some(kind) } else { nil } }, { .kind($0) }) {
      () throws(StorageError) in try base.kind(key)
    }
  }

  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    defer { cache.forget(path(key), root: root) }
    try base.put(key, bytes)
  }
  package func remove(_ key: String) throws(StorageError) {
    defer { cache.forget(path(key), root: root) }
    try base.remove(key)
  }
  package func removeTree(_ key: String) throws(StorageError) {
    defer { cache.forgetTree(path(key), root: root) }
    try base.removeTree(key)
  }

  package var isRemote: Bool { true }
  package var learntFormat: Format? { cache.format(of: root) }

  /// Asks for documents that will be wanted, all at once.
  package func warm(_ keys: [String]) throws(StorageError) {
    let fresh = keys.filter { isDocument($0) && cache[.document(path($0))] == nil }
    guard fresh.count > 1 else { return }
    let failed = Mutex<StorageError?>(nil)
    try? remote.withPool { pool in
      try pool.forEach(fresh.count) { item, _ in
        do throws(StorageError) { _ = try document(fresh[item]) } catch {
          failed.withLock { $0 = $0 ?? error }
          throw error   // whoever comes later would wait as long for the same answer
        }
      }
    }
    if let error = failed.withLock({ $0 }) { throw error }
  }
}
