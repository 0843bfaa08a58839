// Sums over blocks: a function of each block, merged in block order, so that the result is the same for any number of workers.

import Arrays
import Execution
import Geometry
import Segmentation
import Synchronization

/// Folds `kernel` over the blocks of the inputs.
///
/// - Parameter merge: `merge(merge(merge(initial, p₀), p₁), p₂) …`; called by one thread at a time.
/// - Parameter options: `dtype`, `uniqueIds` and output settings do not matter here.
/// - Throws: `BlockwiseError.blocksFailed` at the first block that fails after all tries, `.interrupted`; what `merge` throws.
/// - Complexity: results that are ready before an earlier one are kept until it is: at most as many as blocks are done while the slowest one runs.
package func fold<Partial: Sendable>(
  _ sources: [any ArraySource], options: BlockwiseOptions, initial: Partial, merge: @escaping @Sendable (inout Partial, Partial) throws -> Void, _ context: ExecutionContext,
  kernel: @escaping @Sendable ([Volume], Block, ExecutionContext) throws -> Partial
) throws -> (result: Partial, report: Report) {
  let inputs = try Inputs(sources, roi: options.roi)
  let rank = inputs.grid.rank
  let tiling = try Tiling(total: inputs.total, block: options.block ?? [Int](repeating: 64, count: rank), context: options.context ?? [Int](repeating: 0, count: rank))
  let workers = options.workers ?? context.pool.threads
  let merger = OrderedMerge(initial, merge)
  let run = BlockRun(stage: "fold \(options.name)", tiling: tiling, stopsAtFirstFailure: true) { _, _ in
    { block, context in
      let partial = try kernel(try inputs.read(block.readRoi, pad: options.pad, context), block, context)
      try merger.add(partial, at: block.index)
      return .written
    }
  }
  let report = try run.run(workers: workers, retries: options.retries, context)
  if !report.isComplete { throw BlockwiseError.blocksFailed(report, path: nil) }
  return (merger.value, report)
}

/// Merges results in block order, whatever order they come in.
private final class OrderedMerge<Partial: Sendable>: Sendable {
  private struct State {
    var value: Partial
    var next: Int64 = 0
    var waiting: [Int64: Partial] = [:]
  }
  private let state: Mutex<State>
  private let merge: @Sendable (inout Partial, Partial) throws -> Void

  init(_ initial: Partial, _ merge: @escaping @Sendable (inout Partial, Partial) throws -> Void) {
    state = Mutex(State(value: initial))
    self.merge = merge
  }

  func add(_ partial: Partial, at index: Int64) throws {
    try state.withLock { state in
      state.waiting[index] = partial
      while let next = state.waiting.removeValue(forKey: state.next) {
        try merge(&state.value, next)
        state.next += 1
      }
    }
  }

  var value: Partial { state.withLock { $0.value } }
}

// MARK: Scores of volumes of any size

/// How predicted and true masks agree, over all voxels where `mask` (if any) is not 0.
package func confusionBlockwise(_ predicted: any ArraySource, _ truth: any ArraySource, mask: (any ArraySource)? = nil, options: BlockwiseOptions, _ context: ExecutionContext) throws -> Confusion {
  try fold([predicted, truth] + (mask.map { [$0] } ?? []), options: options, initial: Confusion(), merge: { $0 += $1 }, context) { volumes, block, context in
    try confusion(volumes[0].array, volumes[1].array, mask: volumes.count > 2 ? volumes[2].array : nil, context)
  }.result
}

/// How often each segment meets each true object, over all voxels where `mask` (if any) is not 0.
package func contingencyBlockwise(_ segmentation: any ArraySource, _ truth: any ArraySource, mask: (any ArraySource)? = nil, options: BlockwiseOptions, _ context: ExecutionContext) throws -> Contingency {
  // Cells are appended, and summed up when they have doubled: adding block by block would sort all of them each time.
  struct Cells: Sendable {
    var summed = Contingency()
    var pending: [Contingency.Cell] = []
    mutating func settle() {
      summed += Contingency(pending)
      pending.removeAll(keepingCapacity: true)
    }
  }
  var cells = try fold([segmentation, truth] + (mask.map { [$0] } ?? []), options: options, initial: Cells(), merge: { sum, part in
    sum.pending += part.pending
    if sum.pending.count > max(1 << 16, sum.summed.cells.count) { sum.settle() }
  }, context) { volumes, block, context in
    Cells(pending: try contingency(volumes[0].array, volumes[1].array, mask: volumes.count > 2 ? volumes[2].array : nil, context).cells)
  }.result
  cells.settle()
  return cells.summed
}

/// Voxels of each id.
///
/// - Throws: `BlockwiseError.budget` where the ids do not fit.
package func sizesBlockwise(_ labels: any ArraySource, options: BlockwiseOptions, _ context: ExecutionContext) throws -> IdSizes {
  // Blocks of which ids are apart make many ids; like the cells above, they are summed up when they have doubled.
  struct Sums: Sendable {
    var summed = IdSizes()
    var pending: [IdSizes.Entry] = []
    mutating func settle(budget: Int) throws {
      summed += IdSizes(pending)
      pending.removeAll(keepingCapacity: true)
      let bytes = saturated(summed.entries.count, 32)
      if bytes > budget { throw BlockwiseError.budget(what: "\(summed.entries.count) ids", bytes: bytes, budget: budget) }
    }
  }
  var sums = try fold([labels], options: options, initial: Sums(), merge: { sum, part in
    sum.pending += part.pending
    if sum.pending.count > max(1 << 16, sum.summed.entries.count) { try sum.settle(budget: context.memoryBudget) }
  }, context) { volumes, block, context in Sums(pending: try sizes(volumes[0].array, context).entries) }.result
  try sums.settle(budget: context.memoryBudget)
  return sums.summed
}
