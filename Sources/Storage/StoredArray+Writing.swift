// Writing a box of voxels: whole chunks are encoded and replaced; chunks that the box covers in part are read, changed and written back.
// A chunk that holds only the fill value is not stored. Shards: StoredArray+ShardWriting.swift.
//
// Each key is replaced as a whole, so a reader, or whoever comes after a crash, finds the old chunk or the new one. Writers of different
// chunks never meet. Parts of one chunk may be written by several threads and, where the file system has locks, by several processes: no
// part is lost. What remains: a process that writes a whole chunk while another one writes a part of it may lose against the other's old
// voxels; blocks that are whole chunks never do that.

import Arrays
import Execution
import Geometry

extension StoredArray {
  /// Writes `values` with their first voxel at `offset`.
  ///
  /// - Throws: `.readOnly`, `.dtypes`, `.outside`, `.diskFull`, `.corruptChunk` (of a chunk covered in part), `Cancelled`.
  ///   Chunks written before an error stay written.
  /// - Complexity: memory for one decoded and one encoded chunk a thread; of an array in shards for one encoded shard a thread.
  package func write(_ values: NDArray, at offset: [Int], _ context: borrowing ReadContext) throws {
    guard mode == .edit else { throw StorageError.readOnly(path: path) }
    guard values.dtype == dtype else { throw StorageError.dtypes(path: path, stored: dtype, given: values.dtype) }
    try requireInside(offset, values.shape)
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: values.shape) }
    if values.count == 0 { return }
    let visits = ChunkVisits(offset: offset, shape: values.shape, chunks: writeUnit)
    let source = BoxSource(base: UnsafeRawPointer(values.buffer.bytes + values.start * dtype.size), strides: values.strides.map { $0 * dtype.size })
    let cancellation = context.cancellation
    try withExtendedLifetime(values) {
      try withTransferPool(context.pool) { pool in
        let scratch = Scratch.perThread(of: pool)
        if let sharding = metadata.sharding { try ShardWrites(self, sharding, source, scratch).run(visits, pool, cancellation); return }
        try visits.forEach(pool) { visit, worker in
          try cancellation?.check()
          try writeChunk(visit, source, scratch[worker], cancellation)
        }
      }
    }
  }

  /// Everything, at the origin.
  package func write(_ values: NDArray, _ context: borrowing ReadContext) throws {
    try write(values, at: shape.map { _ in 0 }, context)
  }

  /// Voxels of a chunk or shard that lie inside the array.
  func inside(_ unit: [Int]) -> [Int] { shape.indices.map { min(writeUnit[$0], shape[$0] - unit[$0] * writeUnit[$0]) } }

  private func writeChunk(_ visit: ChunkVisit, _ source: BoxSource, _ scratch: Scratch, _ cancellation: Cancellation?) throws {
    let size = dtype.size, inside = inside(visit.index), block = format == .n5 ? inside : writeUnit
    let strides = coder.strides(of: block), bytes = block.reduce(size, *)
    let elements: UnsafeMutableRawBufferPointer
    do throws(CodecFailure) { elements = try scratch.decoded(bytes) } catch { throw StorageError.noMemory(path: path, bytes: bytes) }
    guard let base = elements.baseAddress else { return }

    func encoded(isWhole: Bool) throws -> EncodedChunk? {
      let target = base + zip(visit.source, strides).reduce(0) { $0 + $1.0 * $1.1 }
      copyBox(visit.shape, from: source.start(visit), source.strides, to: target, strides, elementSize: size)
      if isWhole { contentSum?.add(visit.index, UnsafeRawBufferPointer(elements), voxels: inside.reduce(1, *)) } else { contentSum?.spoil() }
      return coder.isFill(UnsafeRawBufferPointer(elements)) ? nil : try encoding(visit.index) { () throws(CodecFailure) in try coder.encode(elements, block: block) }
    }
    func put(_ chunk: EncodedChunk?) throws {
      guard let chunk else { try store.remove(chunkKey(visit.index)); return }
      try chunk.withParts(UnsafeRawBufferPointer(elements)) { parts in try self.put(visit.index, parts) }
    }

    if visit.shape == inside {
      if visit.shape != block { fillBox(base, shape: block, strides: strides, fillValue, elementSize: size) }
      let chunk = try encoded(isWhole: true)
      try writeGuard.hold(visit.index) { try put(chunk) }
      return
    }
    try writeGuard.hold(visit.index, others: { self.store.lockFile(self.location.key) }, cancellation) {
      fillBox(base, shape: block, strides: strides, fillValue, elementSize: size)
      _ = try decoded(visit.index, Scratch()) { stored, storedBlock in
        guard let stored = stored.baseAddress else { return }
        let common = zip(block, storedBlock).map { min($0, $1) }
        copyBox(common, from: stored, coder.strides(of: storedBlock), to: base, strides, elementSize: size)
      }
      try put(try encoded(isWhole: false))
    }
  }

  /// Replaces a chunk or shard. What killed writers left beside it long ago goes first.
  func put(_ unit: [Int], _ parts: [UnsafeRawBufferPointer]) throws {
    let key = chunkKey(unit), folder = Files.parent(key)
    if writeGuard.isFirst(folder) { store.tidy(folder) }
    try store.put(key, parts: parts)
  }

  func encoding<R>(_ unit: [Int], _ body: () throws(CodecFailure) -> R) throws(StorageError) -> R {
    do { return try body() } catch { throw .notEncoded(path: path, key: metadata.keys.key(unit), reason: error.reason) }
  }
}

/// The memory that a box of voxels is written from: `base` is its first voxel, strides are in bytes.
struct BoxSource: @unchecked Sendable {   // it is only read
  let base: UnsafeRawPointer
  let strides: [Int]

  func start(_ visit: ChunkVisit) -> UnsafeRawPointer {
    var start = base
    for axis in strides.indices { start += visit.target[axis] * strides[axis] }
    return start
  }
}
