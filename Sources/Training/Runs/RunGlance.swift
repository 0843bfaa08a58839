// A run at a glance: what tables of runs show. Reads the small files of the folder and opens no data, so a run whose volumes are gone still lists.

import Storage

package struct RunGlance: Sendable {
  package let name: String
  package let path: String
  /// Who trains it, and how the store knows it; both empty where the folder was read.
  package let owner: String, id: String
  /// run.json
  package let record: JSON
  package let checkpoints: [Int]
  package let iteration: Int
  package let lastLoss: Double?
  package let seconds: Double
  package let session: SessionEvent?
  package let best: [MetricBest]

  package struct MetricBest: Sendable {
    package let metric: String
    package let score: Double
    package let iteration: Int
  }

  package var task: String { Self.taskText(record) }

  private static func taskText(_ record: JSON) -> String { [record["task"]?["kind"]?.string, record["task"]?["name"]?.string].compactMap { $0 }.joined(separator: " ") }

  /// - Throws: `TrainingError.notARun`, `.damagedRun`, `StorageError`.
  package init(_ name: String, in root: String = "runs") throws {
    let folder = RunFolder(path: Files.join(root, name))
    let record = try folder.existingSettings(), checkpoints = try folder.checkpoints(), last = checkpoints.last ?? 0
    let losses = try folder.losses().filter { $0.iteration <= last }
    (self.name, path, owner, id, self.record) = (name, folder.path, "", "", record)
    (self.checkpoints, iteration, lastLoss, seconds, session) = (checkpoints, last, losses.last?.loss, losses.last?.seconds ?? 0, try folder.sessions().last)
    let stored = Files.kind(folder.bestPath) == .file ? try JSON(parsing: try Files.read(folder.bestPath), of: folder.bestPath) : .null
    best = (record["task"]?["metrics"]?.strings ?? []).compactMap { metric in
      guard let found = stored[metric], let score = found["score"]?.double, let iteration = found["iteration"]?.int else { return nil }
      return MetricBest(metric: metric, score: score, iteration: iteration)
    }
  }

  init(
    name: String, path: String, owner: String, id: String, record: JSON, checkpoints: [Int], iteration: Int, lastLoss: Double?, seconds: Double, session: SessionEvent?, best: [MetricBest]
  ) {
    (self.name, self.path, self.owner, self.id, self.record, self.checkpoints, self.iteration) = (name, path, owner, id, record, checkpoints, iteration)
    (self.lastLoss, self.seconds, self.session, self.best) = (lastLoss, seconds, session, best)
  }

  /// What follows from other settings, or is told apart elsewhere.
  private static let derived: Set<String> = [
    "version", "facts", "normalisation", "model", "task.kind", "task.name", "task.channels", "task.activation", "task.post", "task.metrics", "task.context", "task.thresholds", "task.biases",
    "task.target_function", "task.post_function",
  ]

  /// Settings as one level of "lr", "task.scale", "augment[0].name", …; without what follows from others or is too long to compare by eye.
  package var settings: [(key: String, value: JSON)] { Self.settings(of: record) }

  /// - Parameter record: run.json, or `RunSettings.record`.
  package static func settings(of record: JSON) -> [(key: String, value: JSON)] {
    let task = taskText(record)
    var found: [(String, JSON)] = []
    func walk(_ value: JSON, _ key: String) {
      if derived.contains(key) { return }
      if key == "task" { found.append((key, .string(task))) }
      if key == "augment", let list = value.array {
        found.append((key, .string(list.isEmpty ? "none" : list.map(text).joined(separator: ", "))))
      } else if let members = value.members { for member in members { walk(member.value, key.isEmpty ? member.key : "\(key).\(member.key)") } }
      else if let list = value.array, list.contains(where: { $0.members != nil }) { for (index, item) in list.enumerated() { walk(item, "\(key)[\(index)]") } }
      else { found.append((key, value)) }
    }
    walk(record, "")
    return found
  }

  /// "elastic(spacing=128, displacement=40)"
  private static func text(_ augmentation: JSON) -> String {
    let settings = (augmentation.members ?? []).filter { $0.key != "name" && $0.key != "function" && !($0.key == "probability" && $0.value.double == 1) && $0.value.double != 0 }
    return (augmentation["name"]?.string ?? "") + "(" + settings.map { "\($0.key)=\($0.value.double.map(JSONNumber.text) ?? $0.value.compact)" }.joined(separator: ", ") + ")"
  }
}
