// What the objects of a volume of any size cover, and what shape they have.

import Arrays
import Execution
import Geometry
import Segmentation

/// What is known of the objects of a volume, or of a part of it.
private struct ObjectSum: Sendable {
  /// Ascending by id while they are those of one block.
  var extents: [ObjectExtent] = []
  /// Where each is among them; empty while they are those of one block.
  private var places: [UInt64: Int] = [:]
  var corners: [UInt64: ObjectCorners] = [:]

  /// - Throws: `Cancelled`; millions of objects take a while.
  mutating func add(_ part: ObjectSum, _ cancellation: Cancellation) throws(Cancelled) {
    if extents.isEmpty { extents = part.extents } else { try join(part.extents, cancellation) }
    for (index, (id, object)) in part.corners.enumerated() {
      if index % 4096 == 0 { try cancellation.check() }
      if corners[id]?.add(object) == nil { corners[id] = object }
    }
  }

  private mutating func join(_ part: [ObjectExtent], _ cancellation: Cancellation) throws(Cancelled) {
    if places.isEmpty {
      places.reserveCapacity(extents.count)
      for (index, object) in extents.enumerated() {
        if index % 4096 == 0 { try cancellation.check() }
        places[object.id] = index
      }
    }
    for (index, object) in part.enumerated() {
      if index % 4096 == 0 { try cancellation.check() }
      if let place = places[object.id] { extents[place].add(object) } else {
        places[object.id] = extents.count
        extents.append(object)
      }
    }
  }

  /// Ascending by id.
  func sorted(_ context: ExecutionContext) throws -> [ObjectExtent] {
    if places.isEmpty { return extents }
    return try ascending(extents.enumerated().map { IdPair($1.id, UInt64($0)) }, context).map { extents[Int($0.b)] }
  }
}

/// The objects of a label volume, ascending by id.
///
/// - Parameter corners: whether their surfaces and Euler numbers are wanted; each block then reads one voxel of its neighbours.
/// - Throws: `BlockwiseError` (also where the objects do not fit the budget), `SegmentationError`.
package func objectsBlockwise(
  _ labels: any ArraySource, corners: Bool = false, options: BlockwiseOptions, _ context: ExecutionContext
) throws -> (extents: [ObjectExtent], corners: [UInt64: ObjectCorners]) {
  var options = options
  options.block = options.block ?? readingBlock(of: labels)
  let inputs = try Inputs([labels], roi: options.roi), isWhole = options.block.map { zip($0, inputs.total.shape.values).allSatisfy { $0 >= $1 } } ?? false
  if corners && !isWhole {
    options.context = [Int](repeating: 1, count: inputs.grid.rank)
    options.pad = .constant(0)
  }
  let found = try fold([labels], options: options, initial: ObjectSum(), merge: { (sum: inout ObjectSum, part: ObjectSum) in
    try sum.add(part, context.cancellation)
    let bytes = saturated(sum.extents.count, corners ? 400 : 280)
    if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "\(sum.extents.count) objects", bytes: bytes, budget: context.memoryBudget) }
  }, context) { volumes, block, context in
    let own = block.writeRoi, begin = (try own.offset - block.readRoi.offset).values, shape = own.shape.values
    var part = ObjectSum(), array = volumes[0].array
    if corners && isWhole { part.corners = try objectCorners(array, context) } else if corners {
      // a block owns the corners at its lower ends; the last one also those at the upper end of the volume
      let ranges = begin.indices.map { begin[$0]..<begin[$0] + shape[$0] + (own.end[$0] == inputs.total.end[$0] ? 1 : 0) }
      part.corners = try objectCorners(array, own: ranges, context)
      array = try array.slice(offset: begin, shape: shape)
    }
    let offset = own.offset.values
    part.extents = try objects(array, context)
    for index in part.extents.indices {
      if index % 4096 == 0 { try context.cancellation.check() }
      part.extents[index] = part.extents[index].shifted(by: offset)
    }
    return part
  }.result
  return (try found.sorted(context), found.corners)
}
