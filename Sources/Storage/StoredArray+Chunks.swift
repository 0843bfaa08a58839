// An array chunk by chunk: where each lies, how many bytes it takes, whether it decodes. Chunks are what is decoded as one; where
// they are kept in shards, what is known of them comes from the index of their shard.

import Arrays
import Geometry

extension StoredArray {
  /// The key of a chunk or shard (`writeUnit`) inside the container.
  package func chunkKey(_ unit: [Int]) -> String { Files.join(location.key, metadata.keys.key(unit)) }

  /// Voxels of a chunk that lie inside the array.
  ///
  /// - Throws: `.outside` unless `index` lies inside `chunkGrid`.
  package func chunkRoi(_ index: [Int]) throws -> VoxelRoi {
    try requireChunk(index)
    let begin = zip(index, chunks).map { $0 * $1 }
    let end = zip(begin, zip(chunks, shape)).map { min($0 + $1.0, $1.1) }
    return try Roi(from: Coordinate(begin), to: Coordinate(end))
  }

  /// Bytes a chunk takes on disk; nil if it is not there. Reads nothing but, for a chunk in a shard, the shard's index.
  ///
  /// - Throws: `.outside`, `.corruptChunk` for a broken index.
  package func storedBytes(ofChunk index: [Int]) throws -> Int? {
    try requireChunk(index)
    guard let sharding = metadata.sharding else { return try store.size(chunkKey(index)) }
    let (unit, inner) = place(index, sharding)
    return try whileItStays { try openShard(unit, sharding, Scratch()) }?.index[sharding.number(inner)]?.count
  }

  /// Bytes that all files of the array take on disk.
  package func storedBytes() throws(StorageError) -> Int { try storedBytes(below: location.key) }

  private func storedBytes(below key: String) throws(StorageError) -> Int {
    var sum = 0
    for entry in try store.list(key) ?? [] {
      let child = Files.join(key, entry.name)
      sum += entry.isFolder ? try storedBytes(below: child) : (try store.size(child) ?? 0)
    }
    return sum
  }

  /// Decodes a chunk and throws its values away.
  ///
  /// - Returns: false if the chunk is not stored.
  /// - Throws: `.outside`, `.corruptChunk`.
  package func verifyChunk(_ index: [Int]) throws -> Bool {
    try requireChunk(index)
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: chunks) }
    let scratch = Scratch()
    guard let sharding = metadata.sharding else { return try decoded(index, scratch) { _, _ in } }
    let (unit, inner) = place(index, sharding), number = sharding.number(inner)
    let coder = ChunkCoder(metadata: sharding.inner)
    return try whileItStays {
      guard let shard = try openShard(unit, sharding, scratch), let range = shard.index[number] else { return false }
      let bytes = try shard.bytes(range, scratch, number, unit, self)
      do throws(CodecFailure) { try coder.withElements(bytes, scratch) { _, _ in } } catch { throw unread(unit, error.inside("inner chunk \(sharding.key(number))")) }
      return true
    }
  }

  func requireChunk(_ index: [Int]) throws(StorageError) {
    guard index.count == shape.count, zip(index, chunkGrid).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
      throw StorageError.outside(path: path, offset: index, shape: index.map { _ in 1 }, arrayShape: chunkGrid)
    }
  }

  /// The shard of a chunk, and its place there.
  private func place(_ index: [Int], _ sharding: Sharding) -> (unit: [Int], inner: [Int]) {
    (zip(index, sharding.counts).map { $0 / $1 }, zip(index, sharding.counts).map { $0 % $1 })
  }

  /// Why a chunk or shard could not be decoded: it is corrupt, or there was no memory for it.
  func unread(_ unit: [Int], _ error: CodecFailure) -> StorageError { error.isMemory ? .noMemory(path: path, bytes: metadata.chunkBytes) : corrupt(unit, error.reason) }

  func corrupt(_ unit: [Int], _ reason: String) -> StorageError { .corruptChunk(path: path, key: metadata.keys.key(unit), reason: reason) }
}
