// Blocks done by other processes: child processes of this machine, or tasks of an array job of a cluster.
//
// The process that begins the work holds the output's lock and waits; each task K of N does the blocks K, K + N, K + 2N, … and keeps a
// journal and a report of its own beside the output's, so that no file has two writers:
//
//     blocks.K-of-N.done      which of these are finished, a JournalFile
//     blocks.K-of-N.report    its report, as lines of `runs`
//
// When all tasks have ended, and before any begins, those journals are taken into the output's and removed: whatever was killed, at most
// the blocks in flight are done again. A task refuses a plan other than the one it was made for.

import Arrays
import Execution
import Geometry
import Storage

/// How to have the blocks of a plan done by others.
package struct Elsewhere: Sendable {
  package struct Work: Sendable {
    /// The journal's folder; files that tasks need may be put there.
    package let folder: String
    /// Hash of the plan; of several outputs one after the other, "+" between them.
    package let plan: String
    /// Blocks that are not finished.
    package let missing: Int64
    /// Counts the blocks that tasks have finished so far.
    package let finished: @Sendable () -> Int64
  }

  /// Starts the tasks and returns when all have ended, with what is to be said of those that ended badly.
  package let run: @Sendable (Work, ExecutionContext) throws -> [String]
  package init(run: @escaping @Sendable (Work, ExecutionContext) throws -> [String]) { self.run = run }

  static let reportSuffix = ".report"
  static func part(_ stage: String, _ shard: String) -> String { "\(stage).\(shard)" }
}

/// An error of another process, as it told it.
struct RemoteError: Error, CustomStringConvertible { let description: String }

/// The end of a statement whose blocks are done by others.
func finishElsewhere(
  _ plans: [BlockwisePlan], _ planned: BlockwisePlan.StagePlan, _ tiling: Tiling, _ outputs: [BlockOutput], _ context: ExecutionContext
) throws -> BlockwiseResult {
  let plan = plans[0], folders = outputs.compactMap(\.folder)
  guard let elsewhere = outputs[0].elsewhere, let folder = folders.first else { throw BlockwiseError.resultCount(expected: 1, found: 0) }
  let all = try folders.map { try $0.stage(planned.name, count: tiling.count) }, journal = all[0], journals = OutputJournals(outputs, all)
  /// The first one's comes last: what it calls finished is finished in all.
  func absorbAll() throws -> [BlockFailure] { try zip(all, folders).reversed().map { try absorb(into: $0, planned.name, $1, tiling) }.last ?? [] }
  _ = try absorbAll()
  for index in 0..<tiling.count {   // as the runner does: what the journal says must be there
    let mark = try journal.mark(of: index)
    if try mark != .unfinished && (mark == .written || outputs.count > 1) && !journals.confirm(try tiling.block(index), mark) { try journal.set(index, .unfinished) }
  }
  var report = Report(stage: plan.title, total: tiling.count)
  report.skipped = journal.finished
  let clock = ContinuousClock(), start = clock.now
  if journal.finished < tiling.count {
    let parts: @Sendable () -> Int64 = { (try? folder.partNames(planned.name).reduce(0) { $0 + ((try JournalFile.standing(at: Files.join(folder.path, $1)))?.finished ?? 0) }) ?? 0 }
    let hashes = plans.map(\.hash).joined(separator: "+")
    let notes = try elsewhere.run(.init(folder: folder.path, plan: hashes, missing: tiling.count - journal.finished, finished: parts), context)
    report.failed = try absorbAll()
    report.note = notes.first
  }
  for journal in all { journal.synchronize() }
  report.done = journal.finished - report.skipped
  report.failed = try report.failed.filter { try !journal.isFinished($0.block) }
  let spent = start.duration(to: clock.now).components
  report.seconds = Double(spent.seconds) + Double(spent.attoseconds) * 1e-18
  for folder in folders { try folder.record(report) }
  if context.cancellation.isCancelled && !report.isComplete { throw BlockwiseError.interrupted(done: journal.finished, total: tiling.count, path: outputs[0].path) }
  if !report.isComplete { throw BlockwiseError.blocksFailed(placed(report, plan.output.grid, tiling.total.offset), path: outputs[0].path) }
  return BlockwiseResult(outputs: try outputs.map { try $0.result() }, report: report)
}

extension JournalFolder {
  func partNames(_ stage: String) throws -> [String] { try Self.partNames(stage, in: path) }

  /// The journals of tasks that do a part of a stage.
  static func partNames(_ stage: String, in folder: String) throws -> [String] {
    try Files.list(folder).map(\.name).filter { $0.hasPrefix(stage + ".") && $0.contains("-of-") && $0.hasSuffix(".done") }
  }

  /// The reports of such tasks that have ended.
  static func partReports(_ stage: String, in folder: String) throws -> [String] {
    try Files.list(folder).map(\.name).filter { $0.hasPrefix(stage + ".") && $0.hasSuffix(Elsewhere.reportSuffix) }.map { Files.join(folder, $0) }
  }

  /// The runs that a file records, a JSON object a line.
  static func runs(in file: String) throws -> [JSON] {
    try Files.readIfPresent(file, limit: Files.smallFileLimit)?.array.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: $0) } ?? []
  }
}

/// Takes the journals of tasks into the whole, and their reports away: the blocks that failed.
private func absorb(into journal: JournalFile, _ stage: String, _ folder: JournalFolder, _ tiling: Tiling) throws -> [BlockFailure] {
  for name in try folder.partNames(stage) {
    let path = Files.join(folder.path, name)
    if let part = try? folder.stage(String(name.dropLast(".done".count)), count: tiling.count), part.finished > 0 { try journal.add(part) }
    try Files.remove(path)
  }
  var failed: [Int64: BlockFailure] = [:]
  for path in try JournalFolder.partReports(stage, in: folder.path) {
    for record in try JournalFolder.runs(in: path) {
      guard case .array(let failures)? = record["failed"] else { continue }
      for failure in failures {
        guard let index = failure["block"]?.int, let block = try? tiling.block(Int64(index)) else { continue }
        failed[Int64(index)] = BlockFailure(block: block, tries: failure["tries"]?.int ?? 1, cause: RemoteError(description: failure["error"]?.string ?? "failed"))
      }
    }
    try Files.remove(path)
  }
  return failed.values.sorted { $0.block < $1.block }
}
