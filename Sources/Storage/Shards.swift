// Shards as readers need them: held open, with their index, which is read once and kept while the shard stays the same.

import Arrays
import Synchronization

/// A shard that is being read.
struct Shard: Sendable {
  let held: any HeldBytes
  let index: ShardIndex

  /// The bytes of one inner chunk.
  func bytes(_ range: Range<Int>, _ scratch: Scratch, _ number: Int, _ unit: [Int], _ array: StoredArray) throws -> UnsafeRawBufferPointer {
    let bytes = try held.part(from: range.lowerBound, count: range.count, scratch)
    guard let bytes, bytes.count == range.count else {
      throw array.corrupt(unit, "it ends inside inner chunk \(array.metadata.sharding?.key(number) ?? ""), after \(range.lowerBound + (bytes?.count ?? 0)) of \(range.upperBound) bytes")
    }
    return bytes
  }
}

extension StoredArray {
  /// Opens a shard and gets its index, by one read of as many bytes as it has.
  ///
  /// - Returns: nil if the shard is not stored.
  /// - Throws: `.corruptChunk` for an index that cannot be right.
  func openShard(_ unit: [Int], _ sharding: Sharding, _ scratch: Scratch) throws -> Shard? {
    guard var held = try store.hold(chunkKey(unit)) else { return nil }
    if let version = held.version, let index = shardIndices[unit, version] { return Shard(held: held, index: index) }
    if !metadata.codecs.isEmpty {
      guard let unwrapped = try unwrapped(held, unit, scratch) else { return nil }
      held = MemoryBytes(bytes: unwrapped)
    }
    let index: ShardIndex
    if sharding.isIndexAtEnd {
      guard let end = try held.last(sharding.indexBytes, scratch) else { return nil }
      index = try failing(unit) { () throws(CodecFailure) in try ShardIndex(end.bytes, sharding, size: end.size) }
    } else {
      guard let start = try held.part(from: 0, count: sharding.indexBytes, scratch) else { return nil }
      index = try failing(unit) { () throws(CodecFailure) in try ShardIndex(start, sharding, size: nil) }
    }
    if let version = held.version { shardIndices.keep(index, unit, version, bytes: sharding.indexBytes) }
    return Shard(held: held, index: index)
  }

  /// Runs `body` again where a shard elsewhere was replaced between its index and its chunks; one that is replaced each time is an error.
  func whileItStays<R>(_ body: () throws -> R) throws -> R {
    for _ in 0..<3 { do { return try body() } catch StorageError.remote(_, .changed) {} }
    return try body()
  }

  /// A whole shard out of the codecs around it.
  private func unwrapped(_ held: any HeldBytes, _ unit: [Int], _ scratch: Scratch) throws -> Bytes? {
    guard let bytes = try whole(held, unit, scratch) else { return nil }
    return try failing(unit) { () throws(CodecFailure) in try coder.unwrapped(bytes) }
  }

  /// All bytes of a chunk or shard, if they are no more than it can have.
  func whole(_ held: any HeldBytes, _ unit: [Int], _ scratch: Scratch) throws -> UnsafeRawBufferPointer? {
    do throws(StorageError) { return try held.all(limit: coder.encodedLimit, scratch) } catch .tooLarge(_, let bytes, _) {
      throw corrupt(unit, "it has \(byteText(bytes)), a whole chunk of values is \(byteText(metadata.chunkBytes))")
    }
  }

  func failing<R>(_ unit: [Int], _ body: () throws(CodecFailure) -> R) throws(StorageError) -> R {
    do { return try body() } catch { throw unread(unit, error) }
  }
}

/// Indices of shards by shard and version; the one used longest ago is given up first.
final class ShardIndexCache: Sendable {
  private static let limit = 32 << 20

  private struct State {
    var entries = Recency<[Int], (version: [UInt64], index: ShardIndex, bytes: Int)>()
    var bytes = 0
  }
  private let state = Mutex(State())

  subscript(unit: [Int], version: KeyVersion) -> ShardIndex? {
    if version.isFresh { return nil }
    return state.withLock { state in state.entries.use(unit).flatMap { $0.version == version.words ? $0.index : nil } }
  }

  func keep(_ index: ShardIndex, _ unit: [Int], _ version: KeyVersion, bytes: Int) {
    if version.isFresh || bytes > Self.limit { return }
    state.withLock { state in
      if let old = state.entries.add((version.words, index, bytes), unit) { state.bytes -= old.bytes }
      state.bytes += bytes
      while state.bytes > Self.limit, let old = state.entries.removeOldest() { state.bytes -= old.bytes }
    }
  }
}
