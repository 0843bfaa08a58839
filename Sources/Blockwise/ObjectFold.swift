// What the objects of a volume of any size cover, and what shape they have.

import Arrays
import Execution
import Geometry
import Segmentation

/// What is known of the objects of a volume, or of a part of it.
private struct ObjectSum: Sendable {
  var extents: ObjectTable?
  /// Of the part's first voxel, in the whole.
  var offset: [Int] = []
  var corners: [UInt64: ObjectCorners] = [:]

  /// - Throws: `ArrayError.noMemory`, `Cancelled`; millions of objects take a while.
  mutating func add(_ part: ObjectSum, _ context: ExecutionContext) throws {
    if let extents = part.extents { try self.extents?.add(extents, offset: part.offset, context) }
    for (index, (id, object)) in part.corners.enumerated() {
      if index % 4096 == 0 { try context.cancellation.check() }
      if corners[id]?.add(object) == nil { corners[id] = object }
    }
  }
}

/// The objects of a label volume, ascending by id.
///
/// - Parameter corners: whether their surfaces and Euler numbers are wanted; each block then reads one voxel of its neighbours.
/// - Throws: `BlockwiseError` (also where the objects do not fit the budget), `SegmentationError`.
package func objectsBlockwise(
  _ labels: any ArraySource, corners: Bool = false, options: BlockwiseOptions, _ context: ExecutionContext
) throws -> (extents: ObjectTable, corners: [UInt64: ObjectCorners]) {
  var options = options
  options.block = options.block ?? (corners ? nil : slabs(of: labels)) ?? readingBlock(of: labels)
  let inputs = try Inputs([labels], roi: options.roi), isWhole = options.block.map { zip($0, inputs.total.shape.values).allSatisfy { $0 >= $1 } } ?? false
  if corners && !isWhole {
    options.context = [Int](repeating: 1, count: inputs.grid.rank)
    options.pad = .constant(0)
  }
  let all = try ObjectTable(rank: inputs.grid.rank, moments: corners)
  let found = try fold([labels], options: options, initial: ObjectSum(extents: all), merge: { (sum: inout ObjectSum, part: ObjectSum) in
    try sum.add(part, context)
    let bytes = saturated(all.count, corners ? 440 : 180)
    if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "\(all.count) objects", bytes: bytes, budget: context.memoryBudget) }
  }, context) { volumes, block, context in
    let own = block.writeRoi, begin = (try own.offset - block.readRoi.offset).values, shape = own.shape.values
    var part = ObjectSum(offset: own.offset.values), array = volumes[0].array
    if corners && isWhole { part.corners = try objectCorners(array, context) } else if corners {
      // a block owns the corners at its lower ends; the last one also those at the upper end of the volume
      let ranges = begin.indices.map { begin[$0]..<begin[$0] + shape[$0] + (own.end[$0] == inputs.total.end[$0] ? 1 : 0) }
      part.corners = try objectCorners(array, own: ranges, context)
      array = try array.slice(offset: begin, shape: shape)
    }
    part.extents = try objects(array, moments: corners, context)
    return part
  }.result
  try all.sort(context)
  return (all, found.corners)
}

/// Blocks of whole planes of some 2²¹ voxels, which lie in memory as they are and need no copy; nil for what is not in memory.
private func slabs(of source: any ArraySource) -> [Int]? {
  guard let volume = source as? Volume, volume.array.isContiguous, let depth = volume.shape.first else { return nil }
  let plane = volume.shape.dropFirst().reduce(1, saturated)
  return [max(1, min(depth, (1 << 21) / max(1, plane)))] + volume.shape.dropFirst().map { max(1, $0) }
}
