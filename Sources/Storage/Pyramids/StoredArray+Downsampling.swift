// One level of a pyramid from the one before, in blocks of whole chunks on all threads.

import Arrays
import Execution
import Geometry

extension StoredArray {
  /// Fills `out`, whose shape is this one's over `step`, rounded up.
  ///
  /// Each chunk of this array is decoded once and each of `out` written once, if `step` times the blocks are whole chunks of this array, as they are
  /// for chunks of one shape. Memory: a block of both a thread.
  /// - Throws: `.dtypes`, `.outside`, `.corruptChunk`, `.diskFull`, `Cancelled`. What was written before an error stays.
  package func downsample(into out: StoredArray, by step: [Int], _ method: Downsampling, label: String, _ context: ExecutionContext) throws {
    let unit = out.chunks
    // several chunks of `out` where one chunk here holds more
    let block = shape.indices.map { axis in
      let wanted = (chunks[axis] + step[axis] - 1) / step[axis]
      return unit[axis] * max(1, min((wanted + unit[axis] - 1) / unit[axis], (out.shape[axis] + unit[axis] - 1) / unit[axis]))
    }
    let counts = zip(out.shape, block).map { ($0 + $1 - 1) / $1 }, total = counts.reduce(1, *)
    let done = Atomic<Int>(0)
    try context.pool.forEach(total) { item, _ in
      try context.cancellation.check()
      var rest = item, begin = counts
      for axis in counts.indices.reversed() { (rest, begin[axis]) = (rest / counts[axis], rest % counts[axis] * block[axis]) }
      let end = begin.indices.map { min(out.shape[$0], begin[$0] + block[$0]) }
      let low = zip(begin, step).map { $0 * $1 }, high = end.indices.map { min(shape[$0], end[$0] * step[$0]) }
      let fine = try read(try VoxelRoi(from: Coordinate(low), to: Coordinate(high)), ReadContext(cancellation: context.cancellation))
      try out.write(try fine.downsampled(by: step, method), at: begin, ReadContext())
      context.progress.report(ProgressUpdate(label, done: Int64(done.add(1, ordering: .relaxed).newValue), total: Int64(total), unit: "blocks"))
    }
    context.progress.finish(label)
  }
}

import Synchronization
