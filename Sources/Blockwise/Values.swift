// What happens to a block's values between function and output: the part that is written, checked conversion, unique ids.

import Arrays
import Geometry

/// The part of a function's result that the block writes.
///
/// - Parameter values: `leading` and the block, the block and its context, or `whole`, with or without the context.
/// - Parameter whole: the block and its context up to what was read, which may end beyond them; nil: just them.
/// - Throws: `BlockwiseError.kernelShape`.
func cropped(_ values: NDArray, to block: Block, whole: VoxelRoi? = nil, leading: [Int]) throws -> NDArray {
  let rank = block.writeRoi.rank, write = block.writeRoi.shape.values, read = block.readRoi.shape.values
  let extents = Array(values.shape.suffix(rank)), isFormed = values.rank >= rank && Array(values.shape.dropLast(rank)) == leading
  if isFormed && extents == write { return values }
  let all = whole?.shape.values ?? read, context = zip(read, write).map { $0 - $1 }, inner = zip(all, context).map { $0 - $1 }
  guard isFormed, extents == read || extents == all || extents == inner else { throw BlockwiseError.kernelShape(found: values.shape, block: leading + inner, read: leading + all) }
  let before = extents == inner ? write.map { _ in 0 } : (try block.writeRoi.offset - block.readRoi.offset).values
  return try values.slice(offset: leading.map { _ in 0 } + before, shape: leading + write)
}

/// The same values as another element type, checked; a value that does not fit is named by its voxel in the region, not in the block.
///
/// - Throws: `ArrayError.doesNotFit`.
func converted(_ values: NDArray, to dtype: DType, of block: Block, in total: VoxelRoi) throws -> NDArray {
  do { return try values.cast(to: dtype) } catch ArrayError.doesNotFit(let dtype, let count, let all, let first, var index) {
    let leading = index.count - block.writeRoi.rank
    if leading >= 0 { for axis in 0..<block.writeRoi.rank { index[leading + axis] += block.writeRoi.offset[axis] - total.offset[axis] } }
    throw ArrayError.doesNotFit(dtype, count: count, total: all, first: first, index: index)
  }
}

/// Ids that no other block has: `block` in the high bits, the id itself in the low ones; 0 stays 0.
///
/// - Throws: `BlockwiseError.tooManyIds`, `.notAMask` unless `uint64`.
func madeUnique(_ labels: NDArray, block: Int64, of blocks: Int64) throws -> NDArray {
  guard labels.dtype == .uint64 else { throw BlockwiseError.kernelDType(expected: .uint64, found: labels.dtype) }
  let low = max(0, blocks - 1).leadingZeroBitCount   // bits that are left beside the largest block number
  let largest: UInt64 = low >= 64 ? .max : (1 << UInt64(low)) - 1
  let high = low >= 64 ? 0 : UInt64(bitPattern: block) << UInt64(low)
  var result = try labels.contiguous(), tooLarge: UInt64 = 0
  result.withMutableElements(UInt64.self) { ids in
    for at in ids.indices where ids[at] != 0 {
      if ids[at] > largest { tooLarge = max(tooLarge, ids[at]) }
      ids[at] |= high
    }
  }
  if tooLarge > 0 { throw BlockwiseError.tooManyIds(block: block, largest: tooLarge, blocks: blocks) }
  return result
}
