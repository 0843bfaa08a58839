// One level of a pyramid from the one before, in blocks of whole chunks (or shards) on all threads.

import Arrays
import Execution
import Geometry
import Synchronization

extension StoredArray {
  /// Of a chunk, also in shards, in the order of encoding.
  package var codecs: [Codec] { metadata.sharding?.inner.codecs ?? metadata.codecs }

  /// Fills `out`, whose shape is this one's over `step`, rounded up.
  ///
  /// Each chunk of this array is decoded once and each chunk or shard of `out` written once, if `step` times the blocks are whole chunks of this array, as
  /// they are for chunks of one shape. Memory: a block of both a thread; where shards are too large for that, one shard of `out` at a time, made of
  /// pieces of chunk size on all threads.
  /// - Throws: `.dtypes`, `.outside`, `.corruptChunk`, `.diskFull`, `Cancelled`. What was written before an error stays.
  package func downsample(into out: StoredArray, by step: [Int], _ method: Downsampling, label: String, _ context: ExecutionContext) throws {
    let block = Tiles(of: out.shape, unit: out.writeUnit, atLeast: zip(chunks, step).map { ($0 + $1 - 1) / $1 })
    let fineBytes = zip(block.shape, step).reduce(Double(dtype.size)) { $0 * Double($1.0 * $1.1) }
    let fits = 2 * fineBytes * Double(context.pool.threads) <= Double(context.memoryBudget)
    let done = Atomic<Int>(0)
    func finished() { context.progress.report(ProgressUpdate(label, done: Int64(done.add(1, ordering: .relaxed).newValue), total: Int64(block.count), unit: "blocks")) }
    func reduced(_ begin: [Int], _ end: [Int]) throws -> NDArray {
      let low = zip(begin, step).map { $0 * $1 }, high = end.indices.map { min(shape[$0], end[$0] * step[$0]) }
      return try read(try VoxelRoi(from: Coordinate(low), to: Coordinate(high)), ReadContext(cancellation: context.cancellation)).downsampled(by: step, method)
    }
    if fits {
      try context.pool.forEach(block.count) { item, _ in
        try context.cancellation.check()
        let (begin, end) = block[item]
        try out.write(try reduced(begin, end), at: begin, ReadContext())
        finished()
      }
    } else {
      for item in 0..<block.count {
        let (begin, end) = block[item], extent = zip(begin, end).map { $1 - $0 }
        let whole = Mutex(try NDArray(dtype, extent, zeroed: false))
        let pieces = Tiles(of: extent, unit: out.chunks, atLeast: zip(chunks, step).map { ($0 + $1 - 1) / $1 })
        try context.pool.forEach(pieces.count) { piece, _ in
          try context.cancellation.check()
          let (low, high) = pieces[piece]
          let values = try reduced(zip(begin, low).map { $0 + $1 }, zip(begin, high).map { $0 + $1 })
          try whole.withLock { try $0.assign(values, at: low) }
        }
        try out.write(whole.withLock { $0 }, at: begin, context.reading)
        finished()
      }
    }
    context.progress.finish(label)
  }
}

/// Blocks of whole units that cover a box.
private struct Tiles {
  let shape: [Int]
  private let whole: [Int], counts: [Int]
  let count: Int

  /// - Parameter least: at least so long on each axis, as far as the box goes.
  init(of whole: [Int], unit: [Int], atLeast least: [Int]) {
    let unit = zip(unit, whole).map { max(1, min($0, $1)) }
    shape = whole.indices.map { axis in unit[axis] * max(1, min((least[axis] + unit[axis] - 1) / unit[axis], (whole[axis] + unit[axis] - 1) / unit[axis])) }
    self.whole = whole
    counts = zip(whole, shape).map { ($0 + $1 - 1) / $1 }
    count = counts.reduce(1, *)
  }

  subscript(item: Int) -> (begin: [Int], end: [Int]) {
    var rest = item, begin = counts
    for axis in counts.indices.reversed() { (rest, begin[axis]) = (rest / counts[axis], rest % counts[axis] * shape[axis]) }
    return (begin, begin.indices.map { min(whole[$0], begin[$0] + shape[$0]) })
  }
}
