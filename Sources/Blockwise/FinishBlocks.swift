// The common end of all statements whose results are arrays: blocks run into outputs that are open.
//
// Of several outputs the first one's journal says which blocks are done: what a block writes goes to all of them, then the marks of the others
// are set, then that of the first. So whatever is killed in between, a block that the first calls done is there in all of them.

import Arrays
import Execution
import Geometry
import Storage

/// Runs blocks that each yield an array into an open output.
func finishBlocks(
  of plan: BlockwisePlan, stage: Int = 0, _ tiling: Tiling, into output: BlockOutput, workers: Int?, threads: Int = 1, retries: Int, _ context: ExecutionContext,
  makeWorker: @escaping @Sendable (_ worker: Int, ExecutionContext) throws -> (Block, ExecutionContext) throws -> NDArray
) throws -> BlockwiseResult {
  try finishBlocks(of: [plan], stage: stage, tiling, into: [output], workers: workers, threads: threads, retries: retries, context) { worker, inner in
    let body = try makeWorker(worker, inner)
    return { [try body($0, $1)] }
  }
}

/// Runs blocks that each yield an array for every one of the open outputs.
///
/// - Parameter threads: of each worker; `makeWorker` is called for every one of them, and what workers share is its business.
func finishBlocks(
  of plans: [BlockwisePlan], stage: Int = 0, _ tiling: Tiling, into outputs: [BlockOutput], workers: Int?, threads: Int = 1, retries: Int, _ context: ExecutionContext,
  makeWorker: @escaping @Sendable (_ worker: Int, ExecutionContext) throws -> (Block, ExecutionContext) throws -> [NDArray]
) throws -> BlockwiseResult {
  let plan = plans[0], planned = plan.stages[stage]
  let perWorker = plans.reduce(0) { saturatedSum($0, $1.stages[stage].bytesPerWorker) }
  if perWorker > context.memoryBudget { throw BlockwiseError.budget(what: "one block", bytes: perWorker, budget: context.memoryBudget) }
  let affordable = perWorker > 0 ? context.memoryBudget / perWorker : .max
  if outputs[0].elsewhere != nil, outputs[0].folder != nil, context.shard == nil { return try finishElsewhere(plans, planned, tiling, outputs, context) }
  let name = context.shard.map { Elsewhere.part(planned.name, $0.name) } ?? planned.name
  let journals = OutputJournals(outputs, try outputs.compactMap { try $0.folder?.stage(name, count: tiling.count) })
  var run = BlockRun(
    stage: plan.stages.count == 1 ? plan.title : "\(plan.title): \(planned.name)", tiling: tiling, journal: journals.first, verify: { try journals.confirm($0, $1) }
  ) { worker, inner in
    let body = try makeWorker(worker, inner)
    return { block, context in try journals.write(try body(block, context), of: block, context) }
  }
  if let shard = context.shard {
    let whole = try outputs[0].folder?.stage(planned.name, count: tiling.count)
    run.part = JournalFile.Part(first: Int64(shard.index), step: Int64(shard.count))
    run.isDone = { try whole?.isFinished($0) ?? false }
  }
  let report = try run.run(workers: threads * max(1, min(workers ?? context.pool.threads, affordable)), retries: retries, path: outputs[0].path, context)
  for output in outputs { try output.folder?.record(report, in: context.shard == nil ? "runs" : name + Elsewhere.reportSuffix) }
  if !report.isComplete { throw BlockwiseError.blocksFailed(placed(report, plan.output.grid, tiling.total.offset), path: outputs[0].path) }
  return BlockwiseResult(outputs: try outputs.map { try $0.result() }, report: report)
}

/// The journals of one stage of several outputs; none for outputs in memory.
struct OutputJournals: Sendable {
  private let outputs: [BlockOutput]
  private let journals: [JournalFile]

  init(_ outputs: [BlockOutput], _ journals: [JournalFile]) { (self.outputs, self.journals) = (outputs, journals) }

  var first: JournalFile? { journals.first }

  /// Writes a block into every output and marks it in all journals but the first, whose mark is returned.
  func write(_ values: [NDArray], of block: Block, _ context: ExecutionContext) throws -> JournalFile.Mark {
    if outputs.count == 1 { return try outputs[0].write(values[0], of: block, context) }
    let marks = try zip(outputs, values).map { try $0.write($1, of: block, context) }
    for (journal, mark) in zip(journals, marks).dropFirst() { try journal.set(block.index, mark) }
    return marks[0]
  }

  /// Whether a block that the first journal calls done is there in every output; the other journals forget one that is not.
  func confirm(_ block: Block, _ mark: JournalFile.Mark) throws -> Bool {
    var isThere = try mark == .empty || outputs[0].isThere(block)
    for (output, journal) in zip(outputs, journals).dropFirst() where isThere {
      let mark = try journal.mark(of: block.index)
      isThere = try mark == .empty || (mark == .written && output.isThere(block))
    }
    if !isThere { for journal in journals.dropFirst() { try journal.set(block.index, .unfinished) } }
    return isThere
  }
}

/// With the places of failed blocks in the world: their voxels count from `origin`, where `grid` begins.
func placed(_ report: Report, _ grid: Grid, _ origin: VoxelCoordinate) -> Report {
  var report = report
  guard let spatial = try? grid.with(axes: grid.axes.filter { $0.kind == .space }) else { return report }
  for at in report.failed.indices { report.failed[at].world = try? spatial.world(VoxelRoi(offset: report.failed[at].roi.offset - origin, shape: report.failed[at].roi.shape)) }
  return report
}
