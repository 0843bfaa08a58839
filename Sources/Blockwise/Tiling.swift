// How a region is cut into blocks. Nothing is listed: a block is computed from its number.
//
// Blocks are written side by side, in raster order, from the first voxel of `total`; each reads its context as well:
//
//         before      block       after
//     ├╌╌╌╌╌╌╌╌╌┼──────────────┼╌╌╌╌╌╌╌╌╌┤     readRoi   what a block may look at (may stick out of the array)
//               ├──────────────┤                writeRoi  what it alone writes
//
// Where the block size does not divide the region, `fit` says what happens at its end:
//
//     total     ├──────────────────────────┤          26 voxels, blocks of 8
//     valid     ├───────┼───────┼───────┤             3 blocks; the rest is never written
//     overhang  ├───────┼───────┼───────┼───────┤     4 blocks; the last one sticks out by 6
//     shrink    ├───────┼───────┼───────┼──┤          4 blocks; the last one has 2 voxels
//
// The same names, with the same meaning, as daisy's `fit`. Ours is `shrink` unless said otherwise: every voxel is written, none twice.
// Chunks: an output array begins at the begin of `total` and its chunks divide the block size, so no chunk is shared by two blocks.
// Limits: any rank; block numbers are 64-bit (10⁹ blocks and more), the number of blocks must fit in Int64.

import Arrays
import Geometry

/// One piece of work: what it reads and what it alone writes, in voxels of the region's array.
package struct Block: Hashable, Sendable {
  /// Raster order over the tiling.
  package let index: Int64
  package let writeRoi: VoxelRoi
  /// `writeRoi` grown by the context; may reach outside the array.
  package let readRoi: VoxelRoi

  package init(index: Int64, writeRoi: VoxelRoi, readRoi: VoxelRoi) { (self.index, self.writeRoi, self.readRoi) = (index, writeRoi, readRoi) }
}

package struct Tiling: Hashable, Sendable {
  package enum Fit: String, Sendable { case valid, overhang, shrink }

  /// What all blocks together write.
  package let total: VoxelRoi
  package let blockShape: [Int]
  /// Context in voxels, before the begin and after the end of each block.
  package let before: [Int], after: [Int]
  package let fit: Fit
  /// Blocks along each axis.
  package let counts: [Int]
  package let count: Int64
  private let hasContext: Bool

  /// - Throws: `BlockwiseError.blockRank`, `.emptyBlock`, `.negativeContext`, `.tooManyBlocks`, `.tooFar` where a context leaves 64 bits.
  package init(total: VoxelRoi, block: [Int], before: [Int], after: [Int], fit: Fit = .shrink) throws(BlockwiseError) {
    let rank = total.rank
    for (name, values) in [("block", block), ("context", before), ("context", after)] where values.count != rank {
      throw .blockRank(name, expected: rank, found: values)
    }
    if block.contains(where: { $0 < 1 }) { throw .emptyBlock(block) }
    if before.contains(where: { $0 < 0 }) { throw .negativeContext(before) }
    if after.contains(where: { $0 < 0 }) { throw .negativeContext(after) }

    var counts: [Int] = [], count: Int64 = 1
    for axis in 0..<rank {
      let (quotient, rest) = total.shape[axis].quotientAndRemainder(dividingBy: block[axis])
      counts.append(fit == .valid || rest == 0 ? quotient : quotient + 1)
      let (product, overflow) = count.multipliedReportingOverflow(by: Int64(counts[axis]))
      if overflow { throw .tooManyBlocks(total: total, block: block) }
      count = product
      // The farthest corner that any block can have; all others are nearer, so `block(_:)` need not check.
      let (low, under) = total.offset[axis].subtractingReportingOverflow(before[axis])
      let (high, over) = total.end[axis].addingReportingOverflow(block[axis])
      let (reach, over2) = high.addingReportingOverflow(after[axis])
      if under || over || over2 || reach.subtractingReportingOverflow(low).overflow { throw .tooFar(total: total, context: after) }
    }
    (self.total, blockShape, self.before, self.after, self.fit) = (total, block, before, after, fit)
    (self.counts, self.count, hasContext) = (counts, count, (before + after).contains { $0 > 0 })
  }

  /// The same context on both sides.
  package init(total: VoxelRoi, block: [Int], context: [Int], fit: Fit = .shrink) throws(BlockwiseError) {
    try self.init(total: total, block: block, before: context, after: context, fit: fit)
  }

  package var rank: Int { blockShape.count }

  /// - Throws: `BlockwiseError.noSuchBlock` unless `index` is in `0..<count`.
  package func block(_ index: Int64) throws(BlockwiseError) -> Block {
    guard index >= 0, index < count else { throw .noSuchBlock(index, count: count) }
    // Blocks are counted by the million: lists of their own from the start, for a copy of `total` is counted by all threads in one place.
    var rest = index, offset = [Int](repeating: 0, count: rank), shape = [Int](repeating: 0, count: rank)
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      let (above, position) = rest.quotientAndRemainder(dividingBy: Int64(counts[axis]))
      rest = above
      let origin = total.offset.values[axis], begin = origin + Int(position) * blockShape[axis]
      offset[axis] = begin
      shape[axis] = fit == .overhang ? blockShape[axis] : min(blockShape[axis], origin + total.shape.values[axis] - begin)
    }
    let write = VoxelRoi(unchecked: Coordinate(offset), Coordinate(shape))
    if !hasContext { return Block(index: index, writeRoi: write, readRoi: write) }
    for axis in 0..<rank {
      offset[axis] -= before[axis]
      shape[axis] += before[axis] + after[axis]
    }
    return Block(index: index, writeRoi: write, readRoi: VoxelRoi(unchecked: Coordinate(offset), Coordinate(shape)))
  }

  /// Of a block, along each axis.
  ///
  /// - Precondition: `index` in `0..<count`.
  package func position(of index: Int64) -> [Int] {
    var rest = index, position = [Int](repeating: 0, count: rank)
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      position[axis] = Int(rest % Int64(counts[axis]))
      rest /= Int64(counts[axis])
    }
    return position
  }

  /// Voxels that all blocks together read, each counted as often as it is read; `Int.max` if they cannot be counted.
  package var voxelsRead: Int {
    (0..<rank).reduce(1) { product, axis in
      let written = fit == .shrink ? min(total.shape[axis], saturated(counts[axis], blockShape[axis])) : saturated(counts[axis], blockShape[axis])
      return saturated(product, Int(clamping: Int128(written) + Int128(saturated(counts[axis], before[axis] + after[axis]))))
    }
  }

  /// The number of the block at `position`, nil outside the tiling.
  package func index(at position: [Int]) -> Int64? {
    guard position.count == rank else { return nil }
    var index: Int64 = 0
    for axis in 0..<rank {
      guard position[axis] >= 0, position[axis] < counts[axis] else { return nil }
      index = index * Int64(counts[axis]) + Int64(position[axis])
    }
    return index
  }
}

/// Blocks of whole chunks and about 2²¹ voxels along the axes of space, within the array: each chunk is read once.
package func readingBlock(of source: any ArraySource) -> [Int] {
  let spatial = source.grid.spatialAxes, extents = spatial.map { max(1, source.shape[$0]) }
  var block = zip(spatial, extents).map { axis, extent in min(extent, max(1, source.chunking?.shape[axis] ?? 64)) }
  while saturated(block.reduce(1, saturated), 2) <= 1 << 21, let axis = block.indices.filter({ block[$0] < extents[$0] }).min(by: { block[$0] < block[$1] }) {
    block[axis] = saturated(block[axis], 2)
  }
  return block
}
