// Decoded chunks that boxes took in part, kept for the boxes beside them; what was used longest ago goes first.
//
// A chunk is kept under the version of the bytes that it was decoded from (HeldBytes.swift), and whoever asks has looked at the version first:
// who rewrites a chunk, in whatever process, makes what is kept of it useless at once. Where a store knows no versions, and while a key is
// so new that they could deceive, nothing is kept. Chunks that are taken whole pass by: reading everything neither fills nor copies.
//
// Entries lie in parts by the hash of their key, each behind a mutex of its own, so that threads that hit do not meet. Bytes are counted over all
// parts and taken before an entry is made: there are never more than the limit.

import Arrays
import Synchronization

package final class ChunkCache: Sendable {
  /// Elements of a chunk in its own order, native bytes, and its extents.
  struct Chunk: Sendable {
    let elements: Bytes
    let block: [Int]
  }

  struct Key: Hashable, Sendable {
    /// Which array, and how its bytes become elements (`StoredArray.decoding`).
    var array: Int
    var unit: [Int]
    /// The number of an inner chunk of a shard; 0 where there are none.
    var inner = 0
  }

  private struct Entry: Sendable {
    var chunk: Chunk
    var version: [UInt64]
  }

  private final class Part: Sendable {
    let entries = Mutex(Recency<Key, Entry>())
  }

  private let parts = (0..<16).map { _ in Part() }
  private let bound: Atomic<Int>
  private let taken = Atomic(0), clock = Atomic(0), hitCount = Atomic(0), missCount = Atomic(0)

  /// - Parameter limit: bytes of elements; 0 keeps nothing.
  package init(limit: Int) { bound = Atomic(max(0, limit)) }

  /// That of the process. Who starts it says the limit, which also holds for what is kept already.
  package static let process = ChunkCache(limit: 256 << 20)
  /// Of arrays opened in this task, in place of the process's: for tests.
  @TaskLocal package static var around: ChunkCache?
  static var current: ChunkCache { around ?? process }

  package var limit: Int {
    get { bound.load(ordering: .relaxed) }
    set {
      bound.store(max(0, newValue), ordering: .relaxed)
      while byteCount > limit, dropOldest() {}
    }
  }

  /// Bytes that are kept.
  package var byteCount: Int { taken.load(ordering: .relaxed) }
  /// How often a chunk that was asked for was here, and was not.
  package var hits: Int { hitCount.load(ordering: .relaxed) }
  package var misses: Int { missCount.load(ordering: .relaxed) }

  /// Whether a chunk of so many bytes is worth its place.
  func takes(_ bytes: Int) -> Bool { bytes > 0 && bytes <= limit / 16 }

  subscript(key: Key, version: KeyVersion) -> Chunk? {
    if version.isFresh { return nil }
    let moment = clock.add(1, ordering: .relaxed).newValue
    let found = part(key).entries.withLock { entries -> Chunk? in
      guard let entry = entries.use(key, at: moment) else { return nil }
      if entry.version == version.words { return entry.chunk }
      entries.remove(key).map(drop)
      return nil
    }
    if found == nil { missCount.add(1, ordering: .relaxed) } else { hitCount.add(1, ordering: .relaxed) }
    return found
  }

  func keep(_ chunk: Chunk, _ key: Key, _ version: KeyVersion) {
    let bytes = chunk.elements.count
    guard takes(bytes), !version.isFresh, reserve(bytes) else { return }
    let moment = clock.add(1, ordering: .relaxed).newValue
    part(key).entries.withLock { $0.add(Entry(chunk: chunk, version: version.words), key, at: moment).map(drop) }
  }

  private func part(_ key: Key) -> Part { parts[Int(UInt(bitPattern: key.hashValue) % UInt(parts.count))] }

  private func drop(_ entry: Entry) { taken.subtract(entry.chunk.elements.count, ordering: .relaxed) }

  private func reserve(_ bytes: Int) -> Bool {
    var now = byteCount
    while true {
      if bytes <= limit - now {
        let (exchanged, original) = taken.compareExchange(expected: now, desired: now + bytes, ordering: .relaxed)
        if exchanged { return true }
        now = original
      } else {
        guard dropOldest() else { return false }
        now = byteCount
      }
    }
  }

  /// - Returns: false if nothing is kept.
  private func dropOldest() -> Bool {
    let oldest = parts.compactMap { part in part.entries.withLock { $0.oldestMoment }.map { (moment: $0, part: part) } }.min { $0.moment < $1.moment }
    guard let oldest else { return false }
    oldest.part.entries.withLock { $0.removeOldest().map(drop) }
    return true
  }
}

extension ChunkCache {
  /// Where one chunk is kept, as its bytes are now.
  struct Place {
    let cache: ChunkCache
    let key: Key
    let version: KeyVersion

    var chunk: Chunk? { cache[key, version] }
    func keep(_ chunk: Chunk) { cache.keep(chunk, key, version) }
  }
}

extension ArrayMetadata {
  /// A number for an array and the way from the bytes of its chunks to elements, good in this process: 64 bits, so that no two meet.
  func decoding(_ path: String) -> Int {
    var hasher = Hasher()
    hasher.combine(path)
    hash(into: &hasher)
    return hasher.finalize()
  }

  private func hash(into hasher: inout Hasher) {
    hasher.combine(format)
    hasher.combine(dtype)
    hasher.combine(chunks)
    hasher.combine(order)
    hasher.combine(isBigEndian)
    hasher.combine(fill.bits)
    for codec in codecs { for text in [codec.description] + [codec.zarr2, codec.zarr3, codec.n5].map({ $0?.compact ?? "" }) { hasher.combine(text) } }
    guard let sharding else { return }
    hasher.combine(sharding.order)
    hasher.combine([sharding.isIndexAtEnd, sharding.isIndexBigEndian, sharding.isIndexChecked])
    sharding.inner.hash(into: &hasher)
  }
}
