// Does the blocks of one stage on this machine.
//
// Workers take blocks in index order from one counter; which worker does a block, and when, changes nothing in the output, because a block
// writes only its own region. A block that fails is tried again `retries` times, unless the error is a mistake of the function's, then named in the report with its region and its error;
// the others go on. A run gives up when nothing at all succeeds, or when failures fill the report.
//
//     first Ctrl-C     blocks in flight are finished and recorded, no new one is begun
//     second Ctrl-C    blocks in flight are asked to stop; they count as unfinished

import Execution
import Storage
import Synchronization

/// Blocks to be done, and how one worker does one.
package struct BlockRun: Sendable {
  /// Given the block and what it may use; returns when the block's bytes are written, with what the journal is to say of them.
  package typealias Body = (Block, ExecutionContext) throws -> JournalFile.Mark

  package var stage: String
  package var tiling: Tiling
  /// Remembers finished blocks; nil for results in memory.
  package var journal: JournalFile?
  /// Whether a block that the journal calls finished is really there.
  package var verify: (@Sendable (Block, JournalFile.Mark) throws -> Bool)?
  /// Called once by each worker, on its thread: what it makes (engines, buffers) is that worker's alone.
  package var makeWorker: @Sendable (_ worker: Int, ExecutionContext) throws -> Body
  /// Give up at the first block that fails after all tries.
  package var stopsAtFirstFailure = false
  /// Only these blocks.
  var part = JournalFile.Part.all
  /// Blocks that somebody else has finished.
  var isDone: (@Sendable (Int64) throws -> Bool)?

  package init(
    stage: String, tiling: Tiling, journal: JournalFile? = nil, verify: (@Sendable (Block, JournalFile.Mark) throws -> Bool)? = nil,
    stopsAtFirstFailure: Bool = false, makeWorker: @escaping @Sendable (_ worker: Int, ExecutionContext) throws -> Body
  ) {
    (self.stage, self.tiling, self.journal, self.verify) = (stage, tiling, journal, verify)
    (self.stopsAtFirstFailure, self.makeWorker) = (stopsAtFirstFailure, makeWorker)
  }

  /// Failures that a report may hold.
  package static let failureLimit = 1000
  /// Failures without a single success after which going on makes no sense.
  package static let hopeless = 8

  /// Runs on the caller's machine and returns when all blocks are finished, failed or given up.
  ///
  /// - Parameter retries: further tries after the first.
  /// - Throws: `BlockwiseError.interrupted`; what `makeWorker` throws. Failed blocks are in the report.
  package func run(workers: Int, retries: Int, path: String? = nil, _ context: ExecutionContext) throws -> Report {
    let count = part.count(of: tiling.count)
    let shared = Shared(total: count)
    let stop = journal == nil ? context.cancellation : Cancellation()
    let share = max(1, min(workers, Int(clamping: max(1, count))))
    let inner = ExecutionContext(pool: context.pool, cancellation: stop, progress: SilentProgress(), memoryBudget: context.memoryBudget / share)
    let clock = ContinuousClock(), start = clock.now

    try onThreads(share, tick: {
      if context.cancellation.isCancelled { shared.isStopping.store(true, ordering: .relaxed) }
      if context.cancellation.isUrgent { stop.cancel() }
      let (done, skipped) = (shared.done.load(ordering: .relaxed), shared.skipped.load(ordering: .relaxed))
      context.progress.report(ProgressUpdate(stage, done: done + skipped, total: count, unit: "blocks", note: rate(done, start.duration(to: clock.now))))
    }) { worker in
      do {
        let body = try makeWorker(worker, inner)
        while try step(body, shared, inner, tries: 1 + max(0, retries), user: context) {}
      } catch {
        shared.isStopping.store(true, ordering: .relaxed)
        shared.state.withLock { if $0.broken == nil { $0.broken = error } }
      }
    }
    context.progress.finish(stage)

    let (failed, broken) = shared.state.withLock { ($0.failed.sorted { $0.block < $1.block }, $0.broken) }
    if let broken, !(broken is Cancelled) { throw broken }
    var report = Report(stage: stage, total: count)
    report.done = shared.done.load(ordering: .relaxed)
    report.skipped = shared.skipped.load(ordering: .relaxed)
    report.distrusted = shared.distrusted.load(ordering: .relaxed)
    report.failed = failed
    report.seconds = seconds(start.duration(to: clock.now))
    journal?.synchronize()
    if context.cancellation.isCancelled && !report.isComplete { throw BlockwiseError.interrupted(done: report.done + report.skipped, total: report.total, path: path) }
    return report
  }

  private final class Shared: Sendable {
    struct State: Sendable {
      var failed: [BlockFailure] = []
      var broken: (any Error)?
    }
    let next = Atomic<Int64>(0)
    let done = Atomic<Int64>(0), skipped = Atomic<Int64>(0), distrusted = Atomic<Int64>(0)
    let isStopping = Atomic<Bool>(false)
    let state = Mutex(State())
    let total: Int64
    init(total: Int64) { self.total = total }
  }

  /// Takes one block and does it; false when there is none left or the run stops.
  private func step(_ body: Body, _ shared: Shared, _ inner: ExecutionContext, tries: Int, user: ExecutionContext) throws -> Bool {
    if shared.isStopping.load(ordering: .relaxed) || user.cancellation.isCancelled { return false }
    let place = shared.next.add(1, ordering: .relaxed).oldValue
    guard place < shared.total else { return false }
    let index = part.first + place * part.step
    let block = try tiling.block(index)

    if try isDone?(index) == true {
      shared.skipped.add(1, ordering: .relaxed)
      return true
    }
    if let journal, case let mark = try journal.mark(of: index), mark != .unfinished {
      if try verify?(block, mark) ?? true {
        shared.skipped.add(1, ordering: .relaxed)
        return true
      }
      try journal.set(index, .unfinished)
      shared.distrusted.add(1, ordering: .relaxed)
    }

    for attempt in 1...tries {
      do {
        let mark = try body(block, inner)
        try journal?.set(index, mark)
        shared.done.add(1, ordering: .relaxed)
        return true
      } catch is Cancelled {
        return false
      } catch {
        let ends = user.cancellation.isCancelled || blocksAll(error)
        guard attempt == tries || ends || isLasting(error) else { continue }
        fail(BlockFailure(block: block, tries: attempt, cause: error), shared, stopsAtFirst: stopsAtFirstFailure || user.stopsAtFirstFailure)
        return !ends
      }
    }
    return true
  }

  private func fail(_ failure: BlockFailure, _ shared: Shared, stopsAtFirst: Bool) {
    let count = shared.state.withLock { $0.failed.append(failure); return $0.failed.count }
    let hopeless = blocksAll(failure.cause) || (shared.done.load(ordering: .relaxed) == 0 && count >= Self.hopeless)
    if stopsAtFirst || hopeless || count >= Self.failureLimit { shared.isStopping.store(true, ordering: .relaxed) }
  }
}

/// Whether an error awaits every other block too: a full disk is no fault of one block, and computing for it is waste.
private func blocksAll(_ error: any Error) -> Bool {
  switch error {
  case StorageError.diskFull, StorageError.permission, StorageError.readOnly, BlockwiseError.system, BlockwiseError.planDiffers: true
  default: false
  }
}

/// Whether trying again would be waste: the same block would fail the same way.
func isLasting(_ error: any Error) -> Bool { (error as? any LastingError)?.isLasting ?? false }

private func seconds(_ duration: Duration) -> Double { Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18 }

private func rate(_ done: Int64, _ elapsed: Duration) -> String {
  let time = seconds(elapsed)
  guard done > 0, time > 0 else { return "" }
  let perSecond = Double(done) / time
  return perSecond >= 1 ? "\((perSecond * 10).rounded() / 10) blocks/s" : "\((time / Double(done) * 10).rounded() / 10) s/block"
}
