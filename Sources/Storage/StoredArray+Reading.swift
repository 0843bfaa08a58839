// Reading a box of voxels: each chunk that it touches is fetched and decoded once, in parallel, straight into its place if it can be.

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
    let visits = ChunkVisits(offset: offset, shape: box, chunks: chunks)
    let strides = NDArray.packedStrides(box).map { $0 * dtype.size }
    let cancellation = context.cancellation
    try result.withMutableBytes { target in
      guard let base = target.baseAddress else { return }
      let pool = store.isRemote ? Remote.current.pool : context.pool   // threads that wait for answers, not one a core
      let scratch = Scratch.perThread(of: pool)
      try visits.forEach(pool) { visit, worker in
        try cancellation?.check()
        try readChunk(visit, into: base, box: box, strides, scratch[worker])
      }
    }
    return result
  }

  /// Everything.
  package func readAll(_ context: borrowing ReadContext) throws -> NDArray { try read(try VoxelRoi(shape: shape), context) }

  /// Decodes a chunk and throws its values away.
  ///
  /// - Returns: false if the chunk is not stored.
  /// - Throws: `.corruptChunk`.
  package func verifyChunk(_ index: [Int]) throws -> Bool {
    if isMetadataOnly { throw NotRead(path: path, dtype: dtype, shape: chunks) }
    return try decoded(index, Scratch(), direct: { _ in nil }) { _, _ in }
  }

  func requireInside(_ offset: [Int], _ box: [Int]) throws(StorageError) {
    let inside = offset.count == shape.count && box.count == shape.count
      && shape.indices.allSatisfy { offset[$0] >= 0 && box[$0] >= 0 && box[$0] <= shape[$0] && offset[$0] <= shape[$0] - box[$0] }
    guard inside else { throw .outside(path: path, offset: offset, shape: box, arrayShape: shape) }
  }

  private func readChunk(_ visit: ChunkVisit, into base: UnsafeMutableRawPointer, box: [Int], _ strides: [Int], _ scratch: Scratch) throws {
    let size = dtype.size
    let target = base + zip(visit.target, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let isOneRun = metadata.order == Array(box.indices) && visit.isOneRun(in: box)
    let found = try decoded(visit.index, scratch, direct: { block in
      // the chunk lies in the result exactly as it is stored
      isOneRun && block == visit.shape && visit.source.allSatisfy { $0 == 0 } ? UnsafeMutableRawBufferPointer(start: target, count: block.reduce(size, *)) : nil
    }) { elements, block in
      guard let elements = elements.baseAddress else { return }
      let chunkStrides = coder.strides(of: block)
      let available = zip(visit.source, zip(visit.shape, block)).map { begin, extents in max(0, min(extents.0, extents.1 - begin)) }
      if available != visit.shape { fillBox(target, shape: visit.shape, strides: strides, fillValue, elementSize: size) }
      if available.contains(0) { return }
      let source = elements + zip(visit.source, chunkStrides).reduce(0) { $0 + $1.0 * $1.1 }
      BoxCopy(shape: available, source: chunkStrides, target: strides, elementSize: size).run(from: source, to: target)
    }
    if !found { fillBox(target, shape: visit.shape, strides: strides, fillValue, elementSize: size) }
  }

  /// Fetches and decodes a chunk, into the memory that `direct` names for its block shape, or into `scratch`, which `use` then sees.
  ///
  /// - Returns: false if the chunk is not stored.
  func decoded(
    _ index: [Int], _ scratch: Scratch, direct: (_ block: [Int]) -> UnsafeMutableRawBufferPointer?, use: (_ elements: UnsafeRawBufferPointer, _ block: [Int]) -> Void
  ) throws -> Bool {
    let bytes: Bytes
    do throws(StorageError) {
      guard let stored = try store.get(chunkKey(index), limit: coder.encodedLimit) else { return false }
      bytes = stored
    } catch .tooLarge(_, let bytes, _) {
      throw corrupt(index, "it has \(byteText(bytes)), a whole chunk of values is \(byteText(metadata.chunkBytes))")
    }
    do throws(CodecFailure) {
      try bytes.withBytes { bytes throws(CodecFailure) in
        let (block, payload) = try coder.block(bytes)
        if let target = direct(block) { try coder.decode(payload, into: target); return }
        let count = block.reduce(dtype.size, *)
        try scratch.buffer(count).fill { elements throws(CodecFailure) in
          let elements = UnsafeMutableRawBufferPointer(rebasing: elements[..<count])
          try coder.decode(payload, into: elements)
          use(UnsafeRawBufferPointer(elements), block)
        }
      }
    } catch { throw corrupt(index, error.reason) }
    return true
  }
}

/// Memory of one thread for the chunk in its hands.
final class Scratch {
  private var held: Bytes?

  /// At least `count` bytes, reused.
  func buffer(_ count: Int) throws(CodecFailure) -> Bytes {
    if let held, held.count >= count { return held }
    held = nil
    let fresh = try encoded(capacity: count)
    held = fresh
    return fresh
  }

  static func perThread(of pool: ThreadPool?) -> [Scratch] { (0..<max(1, pool?.threads ?? 1)).map { _ in Scratch() } }
}

extension ExecutionContext {
  /// This context as reads and writes of arrays take it.
  package var reading: ReadContext { ReadContext(pool: pool, cancellation: cancellation) }
}
