// All that the folder of a run records, read without opening any data.

import Storage

package struct RunRecords: Sendable {
  package let name: String
  package let path: String
  /// run.json without the facts that follow from data.
  package let settings: JSON
  package let provenance: JSON
  package let task: Task
  package let losses: [LossRow]
  package let scores: [ScoreRow]
  package let facts: [CropFact]
  package let checkpoints: [CheckpointFile]
  package let sessions: [SessionEvent]

  package var iteration: Int { checkpoints.last?.iteration ?? 0 }
  package var seconds: Double { losses.last?.seconds ?? 0 }

  /// - Throws: `TrainingError.notARun`, `.damagedRun`, `StorageError`.
  package init(_ name: String, in root: String = "runs") throws { try self.init(RunFolder(path: Files.join(root, name)), name) }

  init(_ folder: RunFolder, _ name: String) throws {
    let stored = try folder.existingSettings(), task = try Task(record: stored["task"] ?? .null, run: name)
    let crops = (stored["data"]?["crops"]?.array ?? []).count { $0["use"]?.string == CropSpec.Use.validate.rawValue }
    let kept = try folder.kept(task, validationCrops: crops)
    var settings = stored
    settings["facts"] = nil
    settings["version"] = nil
    (self.name, self.path, self.settings, self.task) = (name, folder.path, settings, task)
    provenance = try folder.provenance() ?? .null
    (losses, scores, facts) = (kept.losses, kept.scores, try folder.cropFacts())
    checkpoints = kept.checkpoints.map { CheckpointFile(iteration: $0, bytes: Files.size(folder.checkpointPath($0)) ?? 0, fate: .kept) }
    sessions = try folder.sessions()
  }

  /// For each metric the best, as far as there are scores.
  package var best: [Best] { task.metrics.compactMap { Best.among(scores, task, by: $0, empty: facts.empty) } }

  /// For each iteration that was validated, the best score of its sweep.
  package func course(of metric: Metric) -> [(iteration: Int, score: Double)] { scores.course(task, metric, facts.empty) }
}

extension [ScoreRow] {
  func course(_ task: Task, _ metric: Metric, _ empty: Set<CropChannel>) -> [(iteration: Int, score: Double)] {
    let byIteration = Dictionary(grouping: self, by: \.iteration)
    return byIteration.keys.sorted().compactMap { iteration in
      Best.among(byIteration[iteration] ?? [], task, by: metric, empty: empty).map { (iteration, $0.score) }
    }
  }
}

extension RunFolder {
  struct Kept {
    var checkpoints: [Int] = [], losses: [LossRow] = [], scores: [ScoreRow] = []
  }

  /// What counts of the rows on disk: those up to the last checkpoint, and of scores those of whole validations. A crash leaves others, which are made again.
  func kept(_ task: Task, validationCrops: Int) throws -> Kept {
    let checkpoints = try checkpoints(), last = checkpoints.last ?? 0
    let scores = try scores(task).filter { $0.iteration <= last }, complete = validationCrops * task.rowsPerCrop
    let counts = Dictionary(scores.map { ($0.iteration, 1) }, uniquingKeysWith: +)
    return Kept(checkpoints: checkpoints, losses: try losses().filter { $0.iteration <= last }, scores: scores.filter { counts[$0.iteration] == complete })
  }

  /// - Throws: `TrainingError.notARun` where there are none.
  func existingSettings() throws -> JSON {
    if let found = try settings() { return found }
    throw TrainingError.notARun(path: path, reason: Files.kind(path) == nil ? "there is no such folder" : "it has no run.json")
  }
}
