// Sends the rows of a training to a store while it goes on. A store that cannot be reached at the beginning is an error; one that goes away later is
// said once, tried again from time to time, and filled in when the run is trained next: training never waits for it long, and never ends by it.

import Databases
import Execution
import Storage

final class StoreWriter {
  private let store: RecordStore, run: Run, identity: RunIdentity, provenance: JSON, settings: JSON
  /// How many of the run's rows are there.
  private var losses = 0, scores = 0
  private var sent = Clock.steady(), failed: Double?
  private var isComplaining = false

  /// Seconds between sendings that nothing asks for, until a store that failed is tried again, and that one sending may take.
  private static let pause = 5.0, rest = 30.0, patience = 10.0

  init(_ store: RecordStore, _ run: Run) throws {
    (self.store, self.run) = (store, run)
    identity = try run.folder.identity(for: store.address, remembers: true)
    (provenance, settings) = (try run.folder.provenance() ?? .null, run.settings.record)
  }

  /// Brings the store to where the folder is.
  func begin(_ context: ExecutionContext) throws {
    var update = try update()
    (update.losses, update.scores, update.checkpoints, update.best, update.facts) = (run.losses, run.scores, run.checkpointFiles, run.bests, run.cropFacts)
    update.sessions = try run.folder.sessions()
    _ = try store.fill(update, replaces: false, .init(context.cancellation))
    (losses, scores) = (update.losses.count, update.scores.count)
  }

  /// Sends what is new if it is time to.
  func tick(_ context: ExecutionContext) { if Clock.steady() - sent > Self.pause { send(context) } }

  /// - Parameter isLast: of this training: where and how it ended is sent with it.
  func send(_ context: ExecutionContext, isLast: Bool = false) {
    let now = Clock.steady()
    if let failed, !isLast, now - failed < Self.rest { return }
    sent = now
    do {
      var update = try update()
      let (allLosses, allScores) = (run.losses, run.scores)
      update.losses = Array(allLosses.dropFirst(losses))
      update.scores = Array(allScores.dropFirst(scores))
      (update.checkpoints, update.best, update.facts) = (run.checkpointFiles, run.bests, run.cropFacts)
      if isLast { update.sessions = try run.folder.sessions() }
      // a wish to stop is no reason to leave out what is done; it only makes us hurry
      try store.add(update, .init(seconds: context.cancellation.isCancelled ? 2 : Self.patience))
      (losses, scores, failed) = (allLosses.count, allScores.count, nil)
      if isComplaining { context.progress.say("the store \(store.address) is back") }
      isComplaining = false
    } catch {
      failed = now
      if !isComplaining { context.progress.say("\(error); training goes on, sync_runs(\"\(store.address)\") fills in what is missing there") }
      isComplaining = true
    }
  }

  private func update() throws -> StoreUpdate {
    StoreUpdate(
      id: identity.id, name: run.name, path: RunFolder.absolute(run.path), settings: settings, provenance: provenance, task: run.settings.task, iteration: run.iteration, seconds: run.seconds)
  }
}

extension Run {
  /// Where its rows go unless another store is named: what its folder remembers.
  package var rememberedStore: String? { get throws { try folder.identity()?.store } }

  var checkpointFiles: [CheckpointFile] { checkpoints.map { CheckpointFile(iteration: $0, bytes: Files.size(folder.checkpointPath($0)) ?? 0, fate: .kept) } }
  var bests: [Best] { settings.task.metrics.compactMap(best) }
}

extension RunRecords {
  /// Fills a store anew with what the folder of a run holds.
  ///
  /// - Returns: rows that were written.
  /// - Throws: `DatabaseError`, `StorageError`, `Cancelled`.
  package static func send(_ name: String, in root: String, to store: RecordStore, _ context: ExecutionContext) throws -> Int {
    let folder = RunFolder(path: Files.join(root, name))
    _ = try folder.existingSettings()
    // of a run that is being trained nothing is taken away: its own rows may be ahead of what is read here
    let lock: RunLock?
    do { lock = try RunLock(folder.path, name: name) } catch TrainingError.busy { lock = nil }
    defer { withExtendedLifetime(lock) {} }
    let records = try RunRecords(folder, name), identity = try folder.identity(for: store.address, remembers: false)
    let update = StoreUpdate(
      id: identity.id, name: name, path: RunFolder.absolute(folder.path), settings: records.settings, provenance: records.provenance, task: records.task, iteration: records.iteration,
      seconds: records.seconds, losses: records.losses, scores: records.scores, checkpoints: records.checkpoints, best: records.best, facts: records.facts, sessions: records.sessions)
    return try store.fill(update, replaces: lock != nil, adds: lock == nil, .init(seconds: 600, context.cancellation))
  }
}
