// Sums over blocks: a function of each block, merged in block order, so that the result is the same for any number of workers.

import Arrays
import Execution
import Geometry
import Segmentation
import Synchronization

/// Folds `kernel` over the blocks of the inputs.
///
/// - Parameter merge: `merge(merge(merge(initial, p₀), p₁), p₂) …`; called by one thread at a time. What it throws ends the fold; it is not tried again.
/// - Parameter options: `dtype`, `ids` and output settings do not matter here. - Parameter mixed: whether inputs may have different voxel sizes.
/// - Throws: `SegmentationError` where a block refuses its input; else `BlockwiseError.blocksFailed` at the first block that fails after all tries, `.interrupted`; what `merge` throws.
/// - Complexity: results that are ready before an earlier one are kept until it is: at most as many as blocks are done while the slowest one runs.
package func fold<Sum: Sendable, Part: Sendable>(
  _ sources: [any ArraySource], options: BlockwiseOptions, mixed: Bool = false, initial: Sum, merge: @escaping @Sendable (inout Sum, Part) throws -> Void, _ context: ExecutionContext,
  kernel: @escaping @Sendable ([Volume], Block, ExecutionContext) throws -> Part
) throws -> (result: Sum, report: Report) {
  let inputs = try Inputs(sources, roi: options.roi, mixed: mixed)
  let rank = inputs.grid.rank
  let block = try inputs.blocks(options.block ?? [Int](repeating: 64, count: rank), isGiven: options.block != nil)
  let tiling = try Tiling(total: inputs.total, block: block, context: options.context ?? [Int](repeating: 0, count: rank))
  let workers = options.workers ?? context.pool.threads
  let merger = OrderedMerge(initial, merge)
  let run = BlockRun(stage: "fold \(options.name)", tiling: tiling, stopsAtFirstFailure: true) { _, inner in
    let reading = inner.reading
    return { block, context in
      try merger.check()
      try merger.add(try kernel(try inputs.read(block, pad: options.pad, reading), block, context), at: block.index)
      return .written
    }
  }
  let report: Report
  do { report = try run.run(workers: workers, retries: options.retries, context) } catch {
    try merger.check()
    throw error
  }
  try merger.check()
  if !report.isComplete {
    if let refusal = report.failed.first?.cause as? SegmentationError { throw refusal }   // what is wrong with the input is no matter of blocks
    throw BlockwiseError.blocksFailed(report, path: nil)
  }
  return (merger.value, report)
}

/// Merges results in block order, whatever order they come in, until a merge fails.
private final class OrderedMerge<Sum: Sendable, Part: Sendable>: Sendable {
  private struct State {
    var value: Sum
    var next: Int64 = 0
    var waiting: [Int64: Part] = [:]
    var failure: (any Error)?
  }
  private let state: Mutex<State>
  private let merge: @Sendable (inout Sum, Part) throws -> Void
  private let hasFailed = Atomic<Bool>(false)

  init(_ initial: Sum, _ merge: @escaping @Sendable (inout Sum, Part) throws -> Void) {
    state = Mutex(State(value: initial))
    self.merge = merge
  }

  /// - Throws: what a merge has thrown, now or before.
  func add(_ part: Part, at index: Int64) throws {
    state.withLock { state in
      if state.failure != nil { return }
      if index != state.next {
        state.waiting[index] = part
        return
      }
      var ready: Part? = part
      while let next = ready {
        do { try merge(&state.value, next) } catch {
          state.failure = error
          hasFailed.store(true, ordering: .relaxed)
          return
        }
        state.next += 1
        ready = state.waiting.isEmpty ? nil : state.waiting.removeValue(forKey: state.next)
      }
    }
    try check()
  }

  /// - Throws: what a merge has thrown.
  func check() throws {
    if hasFailed.load(ordering: .relaxed), let failure = state.withLock({ $0.failure }) { throw failure }
  }

  var value: Sum { state.withLock { $0.value } }
}

// MARK: Sizes in volumes of any size

/// Voxels of each id.
///
/// - Throws: `BlockwiseError.budget` where the ids do not fit.
package func sizesBlockwise(_ labels: any ArraySource, options: BlockwiseOptions, _ context: ExecutionContext) throws -> IdSizes {
  let entries = Doubling<IdSizes.Entry>("ids", bytesEach: 32, budget: context.memoryBudget) { IdSizes($0).entries }
  var all = try fold([labels], options: options, initial: entries, merge: { try $0.add($1) }, context) { volumes, block, context in try sizes(volumes[0].array, context).entries }.result
  return IdSizes(try all.settled())
}
