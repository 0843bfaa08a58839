import Geometry

/// How a box is cut for one pass over it. Results never depend on it: only memory and time do.
///
/// Blocks are whole multiples of the chunks of the largest stored source, so that each of its chunks is decoded once, grown until they are
/// worth a task; in memory they are slabs of rows. The last ones of an axis, and the first where a view begins inside a chunk, are smaller.
package struct BlockPlan: Sendable {
  package let shape: [Int]
  package let block: [Int]
  /// Where, before 0 or at it, the first block of an axis would begin.
  private let begin: [Int]
  private let counts: [Int]
  package let count: Int

  /// Elements a block aims at: about 2 MiB of bytes from a store, an eighth of it in memory, so that all threads have work.
  static let stored = 1 << 21, inMemory = 1 << 17

  /// - Parameter lengths: chunk length an axis, nil where the lead source lacks the axis.
  /// - Throws: `ArrayError.tooLarge` if the blocks cannot be counted.
  init(shape: [Int], lengths: [Int?], origin: [Int], target: Int) throws(ArrayError) {
    var block = shape.indices.map { min(max(1, lengths[$0] ?? 1), max(1, shape[$0])) }
    var volume = block.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    // Axes that the lead lacks grow first: it is then read once for all of them.
    let order = shape.indices.filter { lengths[$0] == nil && lengths.contains { $0 != nil } }.reversed() + shape.indices.filter { lengths[$0] != nil || !lengths.contains { $0 != nil } }.reversed()
    for axis in order where volume < target && block[axis] < shape[axis] {
      let wanted = min((shape[axis] + block[axis] - 1) / block[axis], target / volume)
      if wanted > 1 {
        block[axis] *= wanted
        volume *= wanted
      }
    }
    var total = shape.contains(0) ? 0 : 1, counts: [Int] = [], begin: [Int] = []
    for axis in shape.indices {
      let phase = ((origin[axis] % block[axis]) + block[axis]) % block[axis]
      begin.append(phase == 0 ? 0 : phase - block[axis])
      counts.append((shape[axis] - (begin.last ?? 0) + block[axis] - 1) / block[axis])
      let (product, overflow) = total.multipliedReportingOverflow(by: counts[axis])
      if overflow { throw .tooLarge(shape: shape) }
      total = product
    }
    (self.shape, self.block, self.begin, self.counts, count) = (shape, block, begin, counts, total)
  }

  /// Block `index` in C order.
  package func box(_ index: Int) -> (offset: [Int], shape: [Int]) {
    var offset = voxelIndex(index, counts), box = offset
    for axis in shape.indices {
      let low = begin[axis] + offset[axis] * block[axis]
      offset[axis] = max(0, low)
      box[axis] = min(shape[axis], low + block[axis]) - offset[axis]
    }
    return (offset, box)
  }
}
