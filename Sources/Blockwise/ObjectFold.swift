// What the objects of a volume of any size cover.

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
  let found = try fold([labels], options: options, initial: [UInt64: ObjectExtent](), merge: { (sum: inout [UInt64: ObjectExtent], part: [UInt64: ObjectExtent]) in
    for (id, object) in part where sum[id]?.add(object) == nil { sum[id] = object }
    let bytes = saturated(sum.count, 256)
    if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "\(sum.count) objects", bytes: bytes, budget: context.memoryBudget) }
  }, context) { volumes, block, context in
    let offset = block.writeRoi.offset.values
    return Dictionary(uniqueKeysWithValues: try objects(volumes[0].array, context).map { ($0.id, $0.shifted(by: offset)) })
  }.result
  return found.values.sorted { $0.id < $1.id }
}
