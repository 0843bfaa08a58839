// Where bytes live, by key: keys are "/"-separated names inside a container, such as "em/s0/.zarray" or "em/s0/0/3/1".

import Arrays

/// A flat map from keys to bytes. `put` replaces as a whole: readers see old or new bytes, never a mixture.
package protocol ByteStore: Sendable {
  /// All bytes of a key, nil where there is none.
  ///
  /// - Parameter limit: more bytes than this are refused with `.tooLarge` before memory is asked for.
  func get(_ key: String, limit: Int) throws(StorageError) -> Bytes?
  /// At most `count` bytes from `offset` on.
  func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes?
  /// The last `count` bytes, or all where there are fewer, and how many there are in all: what an index at the end of a shard is read by.
  func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)?
  /// A key to be read piece by piece; nil where it is known already that there is none. The standard asks the store for each piece.
  func hold(_ key: String) throws(StorageError) -> (any HeldBytes)?
  func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError)
  /// The same for bytes in pieces that follow each other. The standard joins them first.
  func put(_ key: String, parts: [UnsafeRawBufferPointer]) throws(StorageError)
  /// What writers in several processes hold while they change a part of what stands below a key; nil where the store has no such thing.
  func lockFile(_ key: String) -> LockFile?
  /// Removes what writers that were killed left directly below a key long ago.
  func tidy(_ key: String)
  /// A key that is not there is fine.
  func remove(_ key: String) throws(StorageError)
  /// Removes all below a key, and the key itself. Readers in between see an array or group without its metadata, never half of one.
  func removeTree(_ key: String) throws(StorageError)
  /// Names directly below a key, sorted; nil if nothing is below it.
  func list(_ key: String) throws(StorageError) -> [Files.Entry]?
  /// Bytes held by a key, nil where there is none; reads none of them.
  func size(_ key: String) throws(StorageError) -> Int?
  /// When a key was written last, as the store tells it; nil where there is none or nothing tells. Equal for one writing, and different for two but for the clock's steps.
  func written(_ key: String) throws(StorageError) -> String?
  /// What stands at a key; nil for nothing.
  func kind(_ key: String) throws(StorageError) -> Files.Kind?
  /// The whole address of a key, for messages.
  func path(_ key: String) -> String
  /// Whether each request waits for a network: then many are sent at once.
  var isRemote: Bool { get }
  /// What the container was seen to be; nil where nobody remembers.
  var learntFormat: Format? { get }
  /// Metadata that will be asked for next: a store elsewhere fetches them all at once.
  func warm(_ keys: [String]) throws(StorageError)
}

extension ByteStore {
  package var isRemote: Bool { false }
  package var learntFormat: Format? { nil }
  package func warm(_ keys: [String]) throws(StorageError) {}
  package func lockFile(_ key: String) -> LockFile? { nil }
  package func tidy(_ key: String) {}
  package func written(_ key: String) throws(StorageError) -> String? { nil }

  package func put(_ key: String, parts: [UnsafeRawBufferPointer]) throws(StorageError) {
    if parts.count == 1 { try put(key, parts[0]); return }
    let joined: Bytes
    do { joined = try Bytes(joining: parts) } catch { throw .noMemory(path: path(key), bytes: parts.reduce(0) { $0 + $1.count }) }
    try joined.withBytes { bytes throws(StorageError) in try put(key, bytes) }
  }
}

/// A folder of the file system.
package struct FileStore: ByteStore {
  package let root: String
  package init(root: String) { self.root = root }

  package func path(_ key: String) -> String { Files.join(root, key) }
  package func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? { try Files.readIfPresent(path(key), limit: limit) }
  package func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    try Files.readIfPresent(path(key), from: offset, count: count)
  }
  package func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    guard let file = try HeldFile.open(path(key)) else { return nil }
    return (try file.bytes(from: file.size - min(max(0, count), file.size), count: count), file.size)
  }
  package func hold(_ key: String) throws(StorageError) -> (any HeldBytes)? { try HeldFile.open(path(key)) }
  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) { try Files.writeAtomically([bytes], path(key), sync: false) }
  package func put(_ key: String, parts: [UnsafeRawBufferPointer]) throws(StorageError) { try Files.writeAtomically(parts, path(key), sync: false) }
  package func lockFile(_ key: String) -> LockFile? { LockFile(folder: path(key)) }
  package func tidy(_ key: String) { Files.removeLeftovers(path(key)) }
  package func remove(_ key: String) throws(StorageError) { try Files.remove(path(key)) }
  package func size(_ key: String) -> Int? { Files.size(path(key)) }
  package func written(_ key: String) -> String? { Files.written(path(key)).map { "@" + $0 } }
  package func kind(_ key: String) -> Files.Kind? { Files.kind(path(key)) }
  package func removeTree(_ key: String) throws(StorageError) {
    // renamed first, so that nobody meets the half of it
    let doomed = Files.join(Files.parent(path(key)), Files.temporaryName())
    try Files.rename(path(key), doomed)
    try Files.removeTree(doomed)
  }

  package func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    guard Files.kind(path(key)) == .folder else { return nil }
    return try Files.list(path(key))
  }
}

/// Who wants to see what is read and written puts a store around that of every container opened in its task: tests that count reads.
package enum StoreObserver {
  @TaskLocal package static var around: (@Sendable (any ByteStore) -> any ByteStore)?
}

extension ByteStore {
  /// A JSON document, nil where there is none.
  ///
  /// - Throws: `.badJSON` with the byte position.
  func json(_ key: String) throws(StorageError) -> JSON? {
    guard let bytes = try get(key, limit: Files.smallFileLimit) else { return nil }
    return try JSON(parsing: bytes.array, of: path(key))
  }

  func put(_ key: String, _ json: JSON) throws(StorageError) {
    try Array(json.pretty.utf8).withUnsafeBufferPointer { typed throws(StorageError) in try put(key, UnsafeRawBufferPointer(typed)) }
  }
}
