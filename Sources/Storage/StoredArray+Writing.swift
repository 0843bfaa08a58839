// Writing a box of voxels: whole chunks are encoded and replaced; chunks that the box covers in part are read, changed and written
// back under a lock. A chunk that holds only the fill value is not stored. Writers of different chunks never meet; two processes
// that write parts of one chunk at the same time can lose one part, so blocks are aligned to chunks.

import Arrays
import Execution
import Geometry
import Glibc

extension StoredArray {
  /// Writes `values` with their first voxel at `offset`.
  ///
  /// - Throws: `.readOnly`, `.dtypes`, `.outside`, `.diskFull`, `.corruptChunk` (of a chunk covered in part), `Cancelled`.
  ///   Chunks written before an error stay written.
  package func write(_ values: NDArray, at offset: [Int], _ context: borrowing ReadContext) throws {
    guard mode == .edit else { throw StorageError.readOnly(path: path) }
    guard values.dtype == dtype else { throw StorageError.dtypes(path: path, stored: dtype, given: values.dtype) }
    try requireInside(offset, values.shape)
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: values.shape) }
    if values.count == 0 { return }
    let visits = ChunkVisits(offset: offset, shape: values.shape, chunks: writeUnit)
    let strides = values.strides.map { $0 * dtype.size }
    let cancellation = context.cancellation
    let pool = store.isRemote ? Remote.current.pool : context.pool
    let scratch = Scratch.perThread(of: pool)
    let base = UnsafeRawPointer(values.buffer.bytes + values.start * dtype.size)
    try withExtendedLifetime(values) {
      try visits.forEach(pool) { visit, worker in
        try cancellation?.check()
        let source = base + zip(visit.target, strides).reduce(0) { $0 + $1.0 * $1.1 }
        try writeChunk(visit, from: source, strides, scratch[worker])
      }
    }
  }

  /// Everything, at the origin.
  package func write(_ values: NDArray, _ context: borrowing ReadContext) throws {
    try write(values, at: shape.map { _ in 0 }, context)
  }

  private func writeChunk(_ visit: ChunkVisit, from source: UnsafeRawPointer, _ strides: [Int], _ scratch: Scratch) throws {
    let size = dtype.size
    let unit = writeUnit
    let inside = shape.indices.map { min(unit[$0], shape[$0] - visit.index[$0] * unit[$0]) }
    let block = format == .n5 ? inside : unit
    let blockStrides = coder.strides(of: block)
    let bytes = block.reduce(size, *)

    func put(_ elements: UnsafeMutableRawBufferPointer) throws {
      guard let base = elements.baseAddress else { return }
      let target = base + zip(visit.source, blockStrides).reduce(0) { $0 + $1.0 * $1.1 }
      BoxCopy(shape: visit.shape, source: strides, target: blockStrides, elementSize: size).run(from: source, to: target)
      if coder.isFill(UnsafeRawBufferPointer(elements)) { try store.remove(chunkKey(visit.index)); return }
      let encoded: Bytes
      do throws(CodecFailure) { encoded = try coder.encode(elements, block: block) } catch {
        throw StorageError.notEncoded(path: path, key: metadata.keys.key(visit.index), reason: error.reason)
      }
      try encoded.withBytes { bytes throws(StorageError) in try store.put(chunkKey(visit.index), bytes) }
    }

    func buffer() throws -> UnsafeMutableRawBufferPointer {
      do throws(CodecFailure) { return try scratch.decoded(bytes) } catch { throw StorageError.noMemory(path: path, bytes: bytes) }
    }

    if visit.shape == inside {
      let elements = try buffer()
      if visit.shape != block, let base = elements.baseAddress { fillBox(base, shape: block, strides: blockStrides, fillValue, elementSize: size) }
      try put(elements)
      return
    }
    let number = visit.index.reduce(0) { ($0 &* 31) &+ $1 }
    try locks[Int(UInt(bitPattern: number) % UInt(locks.count))].hold {
      let elements = try buffer()
      guard let base = elements.baseAddress else { return }
      fillBox(base, shape: block, strides: blockStrides, fillValue, elementSize: size)
      _ = try decoded(visit.index, Scratch()) { stored, storedBlock in
        guard let stored = stored.baseAddress else { return }
        let common = zip(block, storedBlock).map { min($0, $1) }
        BoxCopy(shape: common, source: coder.strides(of: storedBlock), target: blockStrides, elementSize: size).run(from: stored, to: base)
      }
      try put(elements)
    }
  }
}
