// Which labels meet in a volume of any size: contacts of each block, added up in block order.
//
// A block owns the faces inside it and those on its upper sides, for which it also reads one plane of each neighbour, so every face is seen by exactly one block:
//
//     ├────────────┼╌┤                the face at ┼ belongs to the first block
//                  ├────────────┼╌┤
//
// With `between`, only faces between blocks of that shape count: labels that were made block by block differ there whether or not they are one object.
// labels      axes of space; bool or integers, 0 is background
// affinities  a channel axis before them; its values speak of faces (Segmentation/Contacts.swift)
// Limits: the contacts are in memory, 64 bytes a pair (checked against the budget). Checked against contacts of the whole: TouchingTests.

import Arrays
import Execution
import Geometry
import Segmentation

package struct TouchingStatement: Sendable {
  package var labels: any ArraySource
  package var affinities: (any ArraySource)?
  /// Of the channels of `affinities`.
  package var offsets: [[Int]] = []
  package var options: BlockwiseOptions
  /// Blocks that made the labels one by one; nil: all faces count.
  package var between: [Int]?

  package init(_ labels: any ArraySource, options: BlockwiseOptions) { (self.labels, self.options) = (labels, options) }

  /// - Returns: ascending by a, then b.
  /// - Throws: `BlockwiseError`, `SegmentationError`.
  package func execute(_ context: ExecutionContext) throws -> [Contact] {
    var options = options
    options.block = options.block ?? readingBlock(of: labels)
    let (between, offsets) = (between, offsets), sources = [labels] + (affinities.map { [$0] } ?? []), inputs = try Inputs(sources, roi: options.roi)
    var found = try fold(sources, options: options, initial: Pending(), merge: { sum, part in
      sum.pending += part.pending
      if sum.pending.count > max(1 << 16, sum.summed.count) { try sum.settle(budget: context.memoryBudget) }
    }, context) { volumes, block, context in
      let own = block.writeRoi, begin = (try own.offset - inputs.total.offset).values
      var rule = FaceRule(owned: own.shape.values, between: between, origin: begin), arrays = volumes.map(\.array)
      var found = try contacts(arrays[0], affinities: arrays.count > 1 ? arrays[1] : nil, offsets: offsets, rule: rule, context)
      for axis in 0..<own.rank where own.end[axis] < inputs.total.end[axis] {
        if let between, (begin[axis] + own.shape[axis]) % between[axis] != 0 { continue }
        arrays = try upperFace(volumes, of: own, axis, inputs, context)
        (rule.owned[axis], rule.origin[axis], rule.axis) = (1, begin[axis] + own.shape[axis] - 1, axis)
        found += try contacts(arrays[0], affinities: arrays.count > 1 ? arrays[1] : nil, offsets: offsets, rule: rule, context)
        (rule.owned[axis], rule.origin[axis]) = (own.shape[axis], begin[axis])
      }
      return Pending(pending: found)
    }.result
    try found.settle(budget: context.memoryBudget)
    return found.summed
  }

  /// Contacts are appended, and summed up when they have doubled: adding block by block would go through all of them each time.
  private struct Pending: Sendable {
    var summed: [Contact] = []
    var pending: [Contact] = []

    mutating func settle(budget: Int) throws {
      summed = Segmentation.summed(summed + pending)
      pending.removeAll(keepingCapacity: true)
      let bytes = saturated(summed.count, 64)
      if bytes > budget { throw BlockwiseError.budget(what: "\(summed.count) pairs that touch", bytes: bytes, budget: budget) }
    }
  }
}

/// Two planes of each input: the block's last one along an axis, and the one beyond it.
private func upperFace(_ volumes: [Volume], of own: VoxelRoi, _ axis: Int, _ inputs: Inputs, _ context: ExecutionContext) throws -> [NDArray] {
  var beyond = own
  (beyond.offset[axis], beyond.shape[axis]) = (own.end[axis], 1)
  return try zip(volumes, try inputs.read(beyond, pad: .reflect, context)).map { inside, outside in
    let array = inside.array, position = array.rank - own.rank + axis
    var last = array.shape.map { _ in 0 }, plane = array.shape, both = array.shape
    (last[position], plane[position], both[position]) = (array.shape[position] - 1, 1, 2)
    var result = try NDArray(array.dtype, both, zeroed: false)
    try result.assign(try array.slice(offset: last, shape: plane), at: array.shape.map { _ in 0 })
    last = array.shape.map { _ in 0 }
    last[position] = 1
    try result.assign(outside.array, at: last)
    return result
  }
}
