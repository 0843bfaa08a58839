// What stands beside an output while it is made, and after: OUTPUT/.dcs, a name that Zarr and N5 readers pass over. An output elsewhere (s3://…) has its
// journal here, in .dcs/ADDRESS of the folder that the work was begun in: objects can be neither locked nor appended to. Going on needs that folder.
//
//     plan           the plan's text: what the output is made from, and how
//     STAGE.done     which blocks of a stage are finished (JournalFile)
//     runs           one JSON object a run: stage, blocks done, skipped and failed, seconds
//     lock           held by the process that writes
//
// The plan is written before anything else and is compared before anything is trusted: an output continues only with the very plan that
// began it. Times and counts are here and nowhere in the output's own attributes, so outputs stay byte-equal.

import Glibc
import Storage

package final class JournalFolder: Sendable {
  package static let name = ".dcs"

  /// Where the journal of an output is.
  package static func path(of output: String) -> String {
    guard let (scheme, rest) = Address.split(output), scheme != "file" else { return Files.join(output, name) }
    return Files.join(name, scheme + "_" + String(rest.map { $0 == "/" || $0 == ":" ? "_" : $0 }))
  }

  /// The output's own folder.
  package let output: String
  package let plan: BlockwisePlan
  private let lock: CInt
  /// Hash of the plan on disk, where another process began the work.
  private let joined: UInt64?

  package enum Found: Equatable, Sendable {
    case nothing
    /// Something is there that no plan of ours made.
    case foreign
    /// Made by a plan with this text.
    case plan(String)
  }

  /// What is at `output`, without changing it.
  package static func look(at output: String) throws -> Found {
    if let text = try Files.readIfPresent(Files.join(path(of: output), "plan"), limit: Files.smallFileLimit) { return .plan(String(decoding: text.array, as: UTF8.self)) }
    return try Location.kind(output) == nil ? .nothing : .foreign
  }

  /// Begins or continues the journal of `plan` at `output`, whose array `create` makes where there is none.
  ///
  /// - Parameter replace: removes what is there first, whatever made it; `create` is told so.
  /// - Parameter isOurs: whether an array without a journal was made by this plan: a kill between the two leaves one.
  /// - Throws: `BlockwiseError.outputExists`, `.planDiffers`, `.inputChanged`, `.busy`; `StorageError`; what `create` throws.
  package static func begin(
    _ plan: BlockwisePlan, at output: String, resume: Bool, replace: Bool, isOurs: () -> Bool, create: (_ replace: Bool) throws -> Void
  ) throws -> JournalFolder {
    switch try look(at: output) {
    case .nothing:
      try create(false)
    case _ where replace:
      let old = Files.kind(path(of: output)) == nil ? nil : try JournalFolder(plan, output)   // refuses while another process writes
      try withExtendedLifetime(old) { try create(true) }
    case .foreign:
      guard resume, isOurs() else { throw BlockwiseError.outputExists(path: output) }
    case .plan(let text):
      if let refusal = BlockwisePlan.refusal(of: output, onDisk: text, here: plan.text) { throw refusal }
      guard resume else { throw BlockwiseError.outputExists(path: output) }
    }
    let folder = try JournalFolder(plan, output)
    // Once more, now that nobody else can change it.
    switch try look(at: output) {
    case .plan(let text) where text == plan.text: try sweep(output)
    case .plan: throw BlockwiseError.busy(path: output)
    default:
      for entry in try Files.list(folder.path) where entry.name != "lock" { try Files.removeTree(Files.join(folder.path, entry.name)) }
      try Files.writeAtomically(plan.text, Files.join(folder.path, "plan"))
    }
    return folder
  }

  /// Removes what writers that were killed left half-written; nobody else writes while the lock is held.
  private static func sweep(_ path: String) throws {
    if Address.isRemote(path) { return }   // an object is put as a whole
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let file = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if Files.isTemporary(file) { try Files.removeTree(Files.join(path, file)); continue }
      if entry.pointee.d_type == DT_DIR && !file.hasPrefix(".") { try sweep(Files.join(path, file)) }
    }
  }

  private init(_ plan: BlockwisePlan, _ output: String) throws {
    if output.hasPrefix("memory://") { throw StorageError.remote(path: output, problem: .notWritable("what blocks write must outlive the program; leave out `to` for a result in memory")) }
    let folder = Self.path(of: output)
    try Files.makeFolders(folder)
    let lock = open(Files.join(folder, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard lock >= 0 else { throw BlockwiseError.failed("open", Files.join(folder, "lock")) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw BlockwiseError.busy(path: output)
    }
    (self.output, self.plan, self.lock, joined) = (output, plan, lock, nil)
  }

  /// The journal of work that another process has begun and watches over.
  ///
  /// - Throws: `BlockwiseError.planDiffers` unless the plan on disk has this hash.
  package init(joining hash: String, _ plan: BlockwisePlan, at output: String) throws {
    guard case .plan(let text) = try Self.look(at: output) else { throw BlockwiseError.planDiffers(path: output, what: "plan", onDisk: "nothing", here: hash) }
    var found = StableHash()
    found.add(text)
    guard found.text == hash else { throw BlockwiseError.planDiffers(path: output, what: "plan", onDisk: found.text, here: hash) }
    (self.output, self.plan, lock, joined) = (output, plan, -1, found.value)
  }

  /// Of a task: that no other plan has taken the output since, which happens where the process that watches over it was killed and the task was not.
  ///
  /// - Throws: `BlockwiseError.planDiffers`.
  func checkJoined() throws {
    guard let joined else { return }
    var found = StableHash()
    if case .plan(let text)? = try? Self.look(at: output) { found.add(text) }
    guard found.value == joined else { throw BlockwiseError.planDiffers(path: output, what: "plan", onDisk: found.text, here: "another") }
  }

  // unlocked by name: a forked child that has not yet started another program still holds the descriptor
  deinit { if lock >= 0 { flock(lock, LOCK_UN); close(lock) } }

  package var path: String { Self.path(of: output) }

  /// The journal of one stage of the plan, or of the part of it that its name tells.
  package func stage(_ name: String, count: Int64) throws -> JournalFile {
    try JournalFile(path: Files.join(path, name + ".done"), planHash: joined ?? plan.hashValue64, count: count, part: JournalFile.Part(ofName: name) ?? .all)
  }

  /// Failed blocks of a run whose errors are recorded; of those beyond, their places.
  private static let errorsKept = 100

  /// Adds a run to the record.
  package func record(_ report: Report, in file: String = "runs") throws {
    let failed = report.failed.enumerated().map { place, failure in
      JSON.object([
        .init("block", .int(failure.block)), .init("offset", JSON(failure.roi.offset.values)), .init("shape", JSON(failure.roi.shape.values)), .init("tries", JSON(failure.tries)),
      ] + (place < Self.errorsKept ? [.init("error", .string(failure.message))] : []))
    }
    let line = JSON.object([
      .init("stage", .string(report.stage)), .init("total", .int(report.total)), .init("done", .int(report.done)), .init("skipped", .int(report.skipped)),
      .init("distrusted", .int(report.distrusted)), .init("failures", JSON(report.failed.count)), .init("failed", .array(failed)), .init("seconds", .double(report.seconds)),
    ])
    try Files.appendLine(line.compact, Files.join(path, file), sync: false)
  }
}
