// Components of blocks joined into those of the whole, from what the blocks keep of their faces.

import Arrays
import Execution
import Segmentation

struct JoinedFaces {
  /// Over the components of all blocks, in block order.
  var classes: UnionFind
  /// The first voxel of each component, as an index into the whole in raster order.
  let firsts: [Int]
  /// The first component of each block; one entry more at the end.
  let bases: [Int]

  /// - Parameter label: of the progress. - Parameter bytesEach: that a component takes in memory, here and with the caller.
  /// - Parameter record: of a block.
  /// - Throws: `BlockwiseError.budget`; what `record` throws; `Cancelled`.
  init(_ tiling: Tiling, connectivity: Int, label: String, bytesEach: Int, _ context: ExecutionContext, record: (Int64) throws -> FaceRecord) throws {
    var bases: [Int] = [0], firsts: [Int] = []
    for index in 0..<tiling.count {
      try context.cancellation.check()
      firsts += try record(index).firsts
      bases.append(firsts.count)
      let bytes = saturated(firsts.count, bytesEach) &+ bases.count &* 8
      if bytes > context.memoryBudget { throw BlockwiseError.budget(what: "joining \(firsts.count) components of blocks", bytes: bytes, budget: context.memoryBudget) }
    }

    var classes = UnionFind(count: firsts.count)
    let directions = try forwardDirections(rank: tiling.rank, connectivity: connectivity)
    for index in 0..<tiling.count {
      try context.cancellation.check()
      let here = tiling.position(of: index)
      var own: FaceRecord?
      for direction in directions {
        guard let neighbour = tiling.index(at: zip(here, direction).map { $0 + $1 }) else { continue }
        let mine = try own ?? record(index)
        own = mine
        if mine.count == 0 { break }
        let theirs = try record(neighbour), a = try mine.slab(toward: direction), b = try theirs.slab(toward: direction.map { -$0 })
        let base = bases[Int(index)] - 1, other = bases[Int(neighbour)] - 1
        for pair in try contactPairs(a, b, direction: direction, connectivity: connectivity) {
          guard mine.values.isEmpty || mine.values[Int(pair.a) - 1] == theirs.values[Int(pair.b) - 1] else { continue }
          classes.join(base + Int(pair.a), other + Int(pair.b))
        }
      }
      context.progress.report(ProgressUpdate(label, done: index + 1, total: tiling.count, unit: "blocks"))
    }
    context.progress.finish(label)
    (self.classes, self.firsts, self.bases) = (classes, firsts, bases)
  }
}
