// Passes in order: one large piece after the other, each read by all threads. For what is written in order (.npy, TIFF), and for sources
// whose chunks are whole planes, which blocks that are small in the plane would decode again and again.

import Execution
import Geometry

extension ArrayExpression {
  /// Hands every slab, computed, to `body`: in C order, one at a time. Slabs tile the whole.
  ///
  /// - Parameter chunks: of what is written to; slabs are whole multiples of them, grown from the last axis on while they take at most `bytes`.
  /// - Throws: what reading, `body` and `Cancellation` throw.
  package func forEachSlab(chunks: [Int], bytes: Int, label: String, _ context: ExecutionContext, _ body: (VoxelRoi, NDArray) throws -> Void) throws {
    let plan = try BlockPlan(shape: shape, lengths: chunks, origin: chunks.map { _ in 0 }, target: Swift.max(1, bytes / dtype.size))
    defer { context.progress.finish(label) }
    for index in 0..<plan.count {
      try context.cancellation.check()
      let (offset, box) = plan.box(index), roi = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box))
      try body(roi, try read(roi, ReadContext(pool: context.pool, cancellation: context.cancellation)))
      context.progress.report(ProgressUpdate(label, done: Int64(index + 1), total: Int64(plan.count), unit: "slabs"))
    }
  }
}
