// The bytes of one key while they are read, whole or piece by piece, into memory that the reader reuses.
//
// A file is opened once and stays the one that was opened, whatever is renamed over it meanwhile: an index and the chunks that it
// points at are of one writing. An object elsewhere is asked for its pieces, and those of another writing are refused (Stores/HeldObject.swift).
// Other stores give each piece as it stands when it is asked for.

import Arrays
import Execution
import Glibc

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

/// An open file of the local system.
final class HeldFile: HeldBytes {
  private let file: Int32
  private let path: String
  private let size: Int
  let version: KeyVersion?

  private init(file: Int32, path: String, size: Int, version: KeyVersion) { (self.file, self.path, self.size, self.version) = (file, path, size, version) }
  deinit { close(file) }

  /// nil if there is no file.
  static func open(_ path: String) throws(StorageError) -> HeldFile? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .from(errno: errno, path, doing: "read")
    }
    var info = stat()
    guard fstat(file, &info) == 0 else {
      let code = errno
      close(file)
      throw .from(errno: code, path, doing: "read")
    }
    guard info.st_mode & S_IFMT != S_IFDIR else { close(file); return nil }
    return HeldFile(file: file, path: path, size: Int(info.st_size), version: KeyVersion(info))
  }

  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
    return try part(from: 0, count: size, scratch)
  }

  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)? {
    try part(from: max(0, size - count), count: count, scratch).map { ($0, size) }
  }

  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    let begin = min(max(0, offset), size), wanted = min(max(0, count), size - begin)
    let buffer: UnsafeMutableRawBufferPointer
    do { buffer = try scratch.encoded(wanted) } catch { throw .noMemory(path: path, bytes: wanted) }
    var done = 0
    while done < wanted, let base = buffer.baseAddress {
      let got = pread(file, base + done, wanted - done, begin + done)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw .from(errno: errno, path, doing: "read") }
      if got == 0 { break }
      done += got
    }
    return UnsafeRawBufferPointer(rebasing: buffer[..<done])
  }
}

extension KeyVersion {
  /// Kernels stamp files with a clock that ticks every few milliseconds: younger than a tenth of a second is fresh.
  fileprivate init(_ info: stat) {
    let changed = max(UInt64(info.st_ctim.tv_sec) &* 1_000_000_000 &+ UInt64(info.st_ctim.tv_nsec), 0)
    let written = UInt64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ UInt64(info.st_mtim.tv_nsec)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let time = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec), latest = max(changed, written)
    self.init(words: [UInt64(info.st_dev), UInt64(info.st_ino), UInt64(info.st_size), changed, written], isFresh: latest &+ 100_000_000 > time)
  }
}

/// Memory of one thread for the chunk in its hands: what was read, and what it decodes to.
package final class Scratch {
  private var read: Bytes?
  private var kept: Bytes?
  private var values: Bytes?

  package init() {}

  static func perThread(of pool: ThreadPool?) -> [Scratch] { (0..<max(1, pool?.threads ?? 1)).map { _ in Scratch() } }

  /// `count` bytes for what is read; valid until the next call.
  func encoded(_ count: Int) throws(ArrayError) -> UnsafeMutableRawBufferPointer {
    if (read?.count ?? -1) < count {
      read = nil
      read = try Bytes(count: count)
    }
    return Self.slice(read, count)
  }

  /// Takes hold of bytes that somebody else read, and never writes to them.
  func keep(_ bytes: Bytes) -> UnsafeRawBufferPointer {
    kept = bytes
    return UnsafeRawBufferPointer(Self.slice(bytes, bytes.count))
  }

  /// `count` bytes for decoded values; valid until the next call.
  func decoded(_ count: Int) throws(CodecFailure) -> UnsafeMutableRawBufferPointer {
    if (values?.count ?? -1) < count {
      values = nil
      values = try Storage.encoded(capacity: count)
    }
    return Self.slice(values, count)
  }

  private static func slice(_ bytes: Bytes?, _ count: Int) -> UnsafeMutableRawBufferPointer {
    guard let bytes else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    // the memory lives as long as this scratch holds it
    return bytes.fill { UnsafeMutableRawBufferPointer(rebasing: $0[..<min(count, $0.count)]) }
  }
}

