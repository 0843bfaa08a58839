// Reading a box of voxels: each chunk that it touches is fetched and decoded once, in parallel, straight into its place if it can be.
// Chunks in shards: ShardReads.swift.

import Arrays
import Execution
import Geometry

extension StoredArray {
  /// Voxels of a box inside the array; missing chunks are the fill value.
  ///
  /// - Throws: `.outside`, `.corruptChunk`, `ArrayError.noMemory`, `Cancelled`.
  /// - Complexity: memory for the result, and one encoded and one decoded chunk a thread.
  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let offset = roi.offset.values, box = roi.shape.values
    try requireInside(offset, box)
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: box) }
    var result = try NDArray(dtype, box, zeroed: false)
    if result.count == 0 { return result }
    let visits = ChunkVisits(offset: offset, shape: box, chunks: metadata.chunks)
    let strides = NDArray.packedStrides(box).map { $0 * dtype.size }
    let cancellation = context.cancellation
    try result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let target = BoxTarget(base: base, shape: box, strides: strides)
      try withTransferPool(context.pool) { pool in
        let scratch = Scratch.perThread(of: pool)
        if let sharding = metadata.sharding { try ShardReads(self, sharding, target, scratch).run(visits, pool, cancellation); return }
        try visits.forEach(pool) { visit, worker in
          try cancellation?.check()
          try readChunk(visit, target, scratch[worker])
        }
      }
    }
    return result
  }

  /// The threads that move chunks: for stores across a network such as wait for answers, not one a core.
  func withTransferPool(_ local: ThreadPool?, _ body: (ThreadPool?) throws -> Void) throws {
    if store.isRemote { try Remote.current.withPool(body) } else { try body(local) }
  }

  /// Everything.
  package func readAll(_ context: borrowing ReadContext) throws -> NDArray { try read(try VoxelRoi(shape: shape), context) }

  func requireInside(_ offset: [Int], _ box: [Int]) throws(StorageError) {
    let inside = offset.count == shape.count && box.count == shape.count
      && shape.indices.allSatisfy { offset[$0] >= 0 && box[$0] >= 0 && box[$0] <= shape[$0] && offset[$0] <= shape[$0] - box[$0] }
    guard inside else { throw .outside(path: path, offset: offset, shape: box, arrayShape: shape) }
  }

  private func readChunk(_ visit: ChunkVisit, _ target: BoxTarget, _ scratch: Scratch) throws {
    guard let held = try store.hold(chunkKey(visit.index)) else { coder.fill(visit, target); return }
    let place = place(visit, of: visit.index, held.version)
    if let chunk = place?.chunk { coder.copy(chunk, visit, target); return }
    guard let bytes = try whole(held, visit.index, scratch) else { coder.fill(visit, target); return }
    try failing(visit.index) { () throws(CodecFailure) in try coder.deliver(bytes, visit, to: target, scratch, keeping: place) }
  }

  /// Where a chunk that a box takes in part is kept decoded; nil for one that it takes whole.
  ///
  /// - Parameter inner: the number of an inner chunk of the shard `unit`, and where the share of the box begins in the shard.
  func place(_ visit: ChunkVisit, of unit: [Int], inner: (number: Int, begin: [Int])? = nil, _ version: KeyVersion?) -> ChunkCache.Place? {
    guard let version, cache.takes((metadata.sharding?.inner ?? metadata).chunkBytes) else { return nil }
    let isWhole = shape.indices.allSatisfy { axis in
      guard visit.source[axis] == 0 else { return false }
      let begin = unit[axis] * writeUnit[axis] + (inner?.begin[axis] ?? 0)
      return visit.shape[axis] == min(chunks[axis], shape[axis] - begin)
    }
    return isWhole ? nil : ChunkCache.Place(cache: cache, key: ChunkCache.Key(array: decoding, unit: unit, inner: inner?.number ?? 0), version: version)
  }

  /// Fetches and decodes a chunk or shard as a whole; `use` sees its elements.
  ///
  /// - Returns: false if it is not stored.
  func decoded(_ unit: [Int], _ scratch: Scratch, use: (_ elements: UnsafeRawBufferPointer, _ block: [Int]) -> Void) throws -> Bool {
    guard let held = try store.hold(chunkKey(unit)), let bytes = try whole(held, unit, scratch) else { return false }
    try failing(unit) { () throws(CodecFailure) in try coder.withElements(bytes, scratch, use) }
    return true
  }
}

extension ExecutionContext {
  /// This context as reads and writes of arrays take it.
  package var reading: ReadContext { ReadContext(pool: pool, cancellation: cancellation) }
}
