// What the objects of a volume of any size cover, and in which blocks a volume is best read.

import Arrays
import Execution
import Geometry
import Segmentation

/// The objects of a label volume, ascending by id.
///
/// - Throws: `BlockwiseError` (also where the objects do not fit the budget), `SegmentationError`.
package func objectsBlockwise(_ labels: any ArraySource, options: BlockwiseOptions, _ context: ExecutionContext) throws -> [ObjectExtent] {
  var options = options
  options.block = options.block ?? readingBlock(of: labels)
  let found = try fold([labels], options: options, initial: [UInt64: ObjectExtent](), merge: { sum, part in
    for (id, object) in part where sum[id]?.add(object) == nil { sum[id] = object }
    let bytes = saturated(sum.count, 256)
    if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "\(sum.count) objects", bytes: bytes, budget: context.memoryBudget) }
  }, context) { volumes, block, context in
    let offset = block.writeRoi.offset.values
    return Dictionary(uniqueKeysWithValues: try objects(volumes[0].array, context).map { ($0.id, $0.shifted(by: offset)) })
  }.result
  return found.values.sorted { $0.id < $1.id }
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
