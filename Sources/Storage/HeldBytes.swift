// The bytes of one key while they are read, whole or piece by piece, into memory that the reader reuses.
//
// A file is opened once and stays the one that was opened, whatever is renamed over it meanwhile: an index and the chunks that it
// points at are of one writing. An object elsewhere is asked for its pieces, and those of another writing are refused (Stores/HeldObject.swift).
// Other stores give each piece as it stands when it is asked for.

/// Tells two writings of a key apart.
package struct KeyVersion: Hashable, Sendable {
  /// Of a file: device, inode, size, time of last change in nanoseconds. Of an object: what its ETag hashes to.
  package var words: [UInt64]
  /// So new that a second writing could still carry the same marks: nothing is to be kept under it.
  package var isFresh: Bool
  package init(words: [UInt64], isFresh: Bool) { (self.words, self.isFresh) = (words, isFresh) }
}

package protocol HeldBytes: Sendable {
  /// nil where the store cannot tell two writings apart; then nothing that was read is kept for later.
  var version: KeyVersion? { get }
  /// All bytes; nil where there is no such key. They are valid until the scratch is used again.
  ///
  /// - Throws: `.tooLarge` above `limit`, before memory is asked for.
  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer?
  /// `count` bytes from `offset` on, fewer where it ends before.
  ///
  /// - Throws: `.remote(.changed)` where it was replaced since `version` was told; whoever holds it anew sees the other one.
  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer?
  /// The last `count` bytes, or all where there are fewer, and how many there are in all.
  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)?
}

extension ByteStore {
  package func hold(_ key: String) throws(StorageError) -> (any HeldBytes)? { AskedBytes(store: self, key: key) }
}

/// A key of a store that is asked anew for each piece.
private struct AskedBytes: HeldBytes {
  let store: any ByteStore
  let key: String
  var version: KeyVersion? { nil }

  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    try store.get(key, limit: limit).map(scratch.keep)
  }
  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    try store.get(key, from: offset, count: count).map(scratch.keep)
  }
  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)? {
    guard let found = try store.get(key, last: count) else { return nil }
    return (scratch.keep(found.bytes), found.size)
  }
}

/// Bytes that are in memory already: a shard inside another, or one that was wrapped in a codec.
struct MemoryBytes: HeldBytes {
  let bytes: Bytes
  var version: KeyVersion? { nil }

  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? { scratch.keep(bytes) }
  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    let all = scratch.keep(bytes)
    let begin = min(max(0, offset), all.count)
    return UnsafeRawBufferPointer(rebasing: all[begin..<begin + min(max(0, count), all.count - begin)])
  }
  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)? {
    let all = scratch.keep(bytes)
    return (UnsafeRawBufferPointer(rebasing: all[max(0, all.count - count)...]), all.count)
  }
}
