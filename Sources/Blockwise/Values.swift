// What happens to a block's values between function and output: checked conversion, unique ids.

import Arrays
import Geometry

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
func unique(_ labels: NDArray, block: Int64, of blocks: Int64) throws -> NDArray {
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
