import Geometry

/// One block that could not be done, after all tries.
package struct BlockFailure: Sendable, Equatable {
  package let block: Int64
  /// What it would have written, in voxels.
  package let roi: VoxelRoi
  /// Its place in the world, where the statement knows the grid.
  package var world: WorldRoi?
  /// First voxel that it read: voxels in `cause` count from there.
  package let readOffset: [Int]
  package let tries: Int
  package let message: String
  /// The error itself, for whoever can show more of it than its text.
  package let cause: any Error

  package init(block: Block, tries: Int, cause: any Error) {
    (self.block, roi, readOffset) = (block.index, block.writeRoi, block.readRoi.offset.values)
    (self.tries, self.cause, message) = (tries, cause, "\(cause)")
  }

  package static func == (a: BlockFailure, b: BlockFailure) -> Bool {
    a.block == b.block && a.roi == b.roi && a.tries == b.tries && a.message == b.message
  }
}

/// What became of the blocks of a stage.
package struct Report: Sendable, Equatable {
  package var stage: String
  package var total: Int64
  /// Finished now.
  package var done: Int64 = 0
  /// Finished by an earlier run, and still there.
  package var skipped: Int64 = 0
  /// Finished by an earlier run according to the journal, but their bytes were gone: done again, counted in `done` too.
  package var distrusted: Int64 = 0
  /// In block order.
  package var failed: [BlockFailure] = []
  package var seconds: Double = 0
  /// What became of processes that did a part: said where blocks are missing.
  package var note: String?

  package init(stage: String, total: Int64) { (self.stage, self.total) = (stage, total) }

  package var isComplete: Bool { done + skipped == total }
  /// Neither finished nor failed: the run was stopped, or gave up after too many failures.
  package var untried: Int64 { total - done - skipped - Int64(failed.count) }

  /// "1 of 4,096 blocks failed after 3 tries: block 217, voxels [768:832, 0:64, 64:128]: …"
  package var failureText: String { failed.first.map { failureHead + ": " + $0.message } ?? failureHead }

  /// The same without the error of the first one.
  package var failureHead: String {
    guard let first = failed.first else { return "\(grouped(untried)) of \(grouped(total)) blocks of \(stage) are missing" + (note.map { ": " + $0 } ?? "") }
    var text = "\(grouped(Int64(failed.count))) of \(grouped(total)) blocks failed after \(first.tries) \(first.tries == 1 ? "try" : "tries"): "
    text += failed.prefix(3).map { "block \($0.block), voxels \($0.roi)" }.joined(separator: "; ")
    if failed.count > 3 { text += "; \(failed.count - 3) more" }
    if untried > 0 { text += "; stopped there, \(grouped(untried)) blocks were not tried" }
    return text
  }
}

/// "4,096".
func grouped(_ value: Int64) -> String {
  let digits = Array(String(value.magnitude))
  var text = value < 0 ? "-" : ""
  for (place, digit) in digits.enumerated() {
    if place > 0 && (digits.count - place) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}
