// A run: settings, a folder, and what has been done so far. Opening one reads the folder; training goes on from its last checkpoint.

import Geometry
import Networks
import Storage
import Synchronization

package final class Run: Sendable {
  package let name: String
  package let path: String
  package let settings: RunSettings
  let folder: RunFolder

  struct State {
    var iteration = 0
    var losses: [LossRow] = []
    var scores: [ScoreRow] = []
    var facts: [CropFact] = []
    var checkpoints: [Int] = []
    var session: SessionEvent?
  }
  let state: Mutex<State>

  /// Makes a run, or opens the one of this name if its settings are the same.
  ///
  /// - Parameter root: the folder of runs.
  /// - Parameter creates: false writes nothing, for a dry run.
  /// - Throws: `RunDifference` with the first setting that is not the same, `StorageError`.
  package convenience init(_ name: String, in root: String = "runs", _ settings: RunSettings, creates: Bool = true) throws {
    try Self.check(name)
    let folder = RunFolder(path: Files.join(root, name))
    if let stored = try folder.settings() {
      var comparable = stored
      comparable["version"] = nil
      comparable["facts"] = nil
      if let found = settings.difference(from: comparable) {
        throw try RunDifference(name, folder, found)
      }
    } else if creates {
      try Files.makeFolders(folder.checkpointsPath)
      try folder.write(settings: settings.record, facts: settings.data.facts)
    }
    try self.init(name, folder, settings)
  }

  /// Opens the run of a folder.
  ///
  /// - Parameter task: needed if the run's task is one of a script; must have the same record.
  /// - Throws: `TrainingError.notARun`, `.damagedRun`, `.settings`. Data that are gone and functions of a script that are not given are errors only
  ///   when they are needed: `.split`, `.inMemory`, `.needsTask`.
  package convenience init(opening name: String, in root: String = "runs", task: Task? = nil, open: (String, WorldCoordinate?) throws -> Opened = { try Opened.path($0, voxelSize: $1) }) throws {
    try Self.check(name)
    let folder = RunFolder(path: Files.join(root, name))
    let stored = try folder.existingSettings()
    let settings = try RunSettings(record: stored, path: folder.settingsPath, name: name, task: task, open: open)
    if task != nil, let found = RunSettings.difference(stored["task"] ?? .null, settings.task.record, "task") {
      throw try RunDifference(name, folder, found)
    }
    try self.init(name, folder, settings)
  }

  /// Whether it stands on disk; not so only for one that a dry run made.
  package var exists: Bool { Files.kind(path) == .folder }

  /// Names of the runs in a folder.
  package static func list(in root: String = "runs") throws -> [String] {
    guard Files.kind(root) == .folder else { return [] }
    return try Files.list(root).filter { $0.isFolder && Files.kind(RunFolder(path: Files.join(root, $0.name)).settingsPath) == .file }.map(\.name)
  }

  private init(_ name: String, _ folder: RunFolder, _ settings: RunSettings) throws {
    (self.name, path, self.folder, self.settings) = (name, folder.path, folder, settings)
    state = Mutex(State())
    try refresh()
  }

  /// Reads what is on disk: another process may have trained since.
  func refresh() throws {
    var found = State()
    let kept = try folder.kept(settings.task, validationCrops: settings.data.validate.count)
    (found.checkpoints, found.losses, found.scores, found.facts) = (kept.checkpoints, kept.losses, kept.scores, try folder.cropFacts())
    found.iteration = found.checkpoints.last ?? 0
    found.session = try folder.sessions().last
    state.withLock { $0 = found }
  }

  private static func check(_ name: String) throws(TrainingError) {
    let bad = name.isEmpty || name.hasPrefix(".") || name.contains { $0 == "/" || $0 == "\0" || $0.isNewline }
    if bad || name.utf8.count > 200 { throw .settings(name: "name of the run", expected: "a folder name without \"/\"", found: "\"\(name)\"") }
  }

  /// Iterations done and kept.
  package var iteration: Int { state.withLock(\.iteration) }
  package var losses: [LossRow] { state.withLock(\.losses) }
  package var scores: [ScoreRow] { state.withLock(\.scores) }
  /// Of the validation crops, as far as they were scored.
  package var cropFacts: [CropFact] { state.withLock(\.facts) }
  /// What it was made with, and from which data; null before its first training.
  package var provenance: JSON { get throws { try folder.provenance() ?? .null } }
  /// Iterations whose weights are kept.
  package var checkpoints: [Int] { state.withLock(\.checkpoints) }
  /// The last beginning or end of a training.
  package var session: SessionEvent? { state.withLock(\.session) }
  /// Seconds of training so far, over all sessions.
  package var seconds: Double { state.withLock { $0.losses.last?.seconds ?? 0 } }
  package var bytes: Int { checkpoints.reduce(0) { $0 + (Files.size(folder.checkpointPath($1)) ?? 0) } }
}

// MARK: Using what was learned

extension Run {
  /// The best checkpoint and parameters by a metric of the task, its first one if none is named.
  ///
  /// - Throws: `TrainingError.noScores`, `.noMetric`.
  package func best(by name: String? = nil) throws(TrainingError) -> Best {
    let task = settings.task
    guard let metric = name.map({ name in task.metrics.first { $0.name == name } }) ?? task.metrics.first else { throw .noMetric(name: name ?? "", have: task.metrics.map(\.name)) }
    guard let best = best(metric) else { throw .noScores(name: self.name) }
    return best
  }

  func best(_ metric: Metric) -> Best? {
    let (rows, facts) = state.withLock { ($0.scores, $0.facts) }
    return Best.among(rows, settings.task, by: metric, empty: facts.empty)
  }

  /// For each iteration that was validated, the best score of its sweep.
  package func course(of metric: Metric) -> [(iteration: Int, score: Double)] {
    let (rows, facts) = state.withLock { ($0.scores, $0.facts) }
    return rows.course(settings.task, metric, facts.empty)
  }

  /// The weights after `iteration`, the last if nil.
  ///
  /// - Throws: `TrainingError.noCheckpoint`, and what reading a damaged file causes.
  package func parameters(iteration: Int? = nil) throws -> ParameterSet {
    let have = checkpoints
    guard let wanted = iteration ?? have.last, have.contains(wanted) else { throw TrainingError.noCheckpoint(name: name, iteration: iteration ?? 0, have: have) }
    return try Checkpoint.best(reading: folder.checkpointPath(wanted), settings)
  }

  /// What predicts: the best checkpoint with the parameters chosen for it.
  package func model(_ best: Best) throws -> Model {
    var model = try model(iteration: best.iteration)
    model.task["parameters"] = .object(best.parameters.map { .init($0.name, .double($0.value)) })
    model.provenance["metric"] = .string(best.metric)
    model.provenance["score"] = .double(best.score)
    return model
  }

  package func model(iteration: Int? = nil) throws -> Model {
    try model(try parameters(iteration: iteration), iteration: iteration ?? self.iteration)
  }

  /// What predicts with the weights of a checkpoint's file; nil where it does not lie in the folder of a run.
  package static func model(ofCheckpoint path: String) throws -> Model? {
    let folder = Files.parent(Files.parent(path)), name = Files.name(path)
    guard Files.name(Files.parent(path)) == "checkpoints", name.hasSuffix(".safetensors"), let iteration = Int(name.dropLast(12)),
      Files.kind(RunFolder(path: folder).settingsPath) == .file
    else { return nil }
    return try Run(opening: Files.name(folder), in: Files.parent(folder)).model(iteration: iteration)
  }

  /// What will predict once it is trained: all of it but the weights, which are zeros.
  package func sketch() throws -> Model { try model(try ParameterSet(zerosFor: settings.network), iteration: 0) }

  func model(_ parameters: ParameterSet, iteration: Int) throws -> Model {
    let data = settings.data, isKnown = data.hasVoxelSize
    return try Model(
      network: settings.network, parameters: parameters, activation: settings.task.activation, task: settings.task.record, inputVoxelSize: isKnown ? data.rawVoxelSize : nil, outputVoxelSize: isKnown ? data.voxelSize : nil,
      normalisation: settings.normalisation, provenance: ["run": .string(name), "iteration": JSON(iteration), "seed": JSON(settings.seed), "input": JSON(settings.input)])
  }
}

/// A run of this name is on disk, and this setting of it is another.
package struct RunDifference: Error, Sendable, CustomStringConvertible {
  package let name: String
  /// "lr", "task.scale", "augment[1].scale_max"
  package let key: String
  package let onDisk: JSON, here: JSON
  package let iterations: Int
  package let hasScores: Bool

  init(_ name: String, _ folder: RunFolder, _ found: (key: String, onDisk: JSON, here: JSON)) throws {
    (self.name, key, onDisk, here) = (name, found.key, found.onDisk, found.here)
    iterations = try folder.checkpoints().last ?? 0
    hasScores = Files.kind(folder.bestPath) == .file
  }

  package var description: String {
    "run \"\(name)\" exists with other settings (\(iterations) iterations done): \(key) is \(onDisk.compact.prefix(60)) on disk, \(here.compact.prefix(60)) here"
  }
}
