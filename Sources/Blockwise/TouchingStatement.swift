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
  /// Blocks that made the labels one by one, regular ones; nil: all faces count.
  package var between: IdBlocks?

  package init(_ labels: any ArraySource, options: BlockwiseOptions) { (self.labels, self.options) = (labels, options) }

  /// - Returns: ascending by a, then b.
  /// - Throws: `BlockwiseError`, `SegmentationError`.
  package func execute(_ context: ExecutionContext) throws -> [Contact] {
    var options = options
    options.block = options.block ?? readingBlock(of: labels)
    let (between, offsets) = (between, offsets), sources = [labels] + (affinities.map { [$0] } ?? []), inputs = try Inputs(sources, roi: options.roi)
    let all = Doubling<Contact>("pairs that touch", bytesEach: 64, budget: context.memoryBudget) { Segmentation.summed($0) }
    var found = try fold(sources, options: options, initial: all, merge: { try $0.add($1) }, context) { volumes, block, context in
      let own = block.writeRoi, begin = (try own.offset - inputs.total.offset).values
      var rule = FaceRule(owned: own.shape.values, between: between?.shape, origin: begin.indices.map { begin[$0] + (between?.origin[$0] ?? 0) }), arrays = volumes.map(\.array)
      var found = try contacts(arrays[0], affinities: arrays.count > 1 ? arrays[1] : nil, offsets: offsets, rule: rule, context)
      for axis in 0..<own.rank where own.end[axis] < inputs.total.end[axis] {
        let first = rule.origin[axis]
        if let between, (first + own.shape[axis]) % between.shape[axis] != 0 { continue }
        arrays = try upperFace(volumes, of: own, axis, inputs, context)
        (rule.owned[axis], rule.origin[axis], rule.axis) = (1, first + own.shape[axis] - 1, axis)
        found += try contacts(arrays[0], affinities: arrays.count > 1 ? arrays[1] : nil, offsets: offsets, rule: rule, context)
        (rule.owned[axis], rule.origin[axis]) = (own.shape[axis], first)
      }
      return found
    }.result
    return try found.settled()
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
