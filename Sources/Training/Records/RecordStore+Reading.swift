// What tables of runs read from a store.

import Databases
import Execution
import Storage

extension RecordStore {
  /// Runs of a store, by name and then by path.
  ///
  /// - Parameter names: nil for all; "a" names runs of this name, "folder/a" those whose path ends so.
  /// - Throws: `DatabaseError`, `TrainingError.notInStore`, `.ambiguous`.
  package func glances(_ names: [String]? = nil, _ limits: Limits = Limits()) throws -> [RunGlance] {
    let all = try transaction(limits, creates: false) { transaction in
      var best: [String: [RunGlance.MetricBest]] = [:], losses: [String: Double] = [:], checkpoints: [String: [Int]] = [:], sessions: [String: SessionEvent] = [:], runs: [RunGlance] = []
      try transaction.run("SELECT run, metric, score, iteration FROM dcs_best ORDER BY run, rank, metric") { row in
        best[try row.text(0), default: []].append(.init(metric: try row.text(1), score: try row.optionalDouble(2) ?? .nan, iteration: try row.int(3)))
      }
      try transaction.run("SELECT a.run, a.loss FROM dcs_losses a JOIN (SELECT run, max(iteration) AS last FROM dcs_losses GROUP BY run) b ON a.run = b.run AND a.iteration = b.last") { row in
        losses[try row.text(0)] = try row.optionalDouble(1)
      }
      try transaction.run("SELECT run, iteration FROM dcs_checkpoints ORDER BY run, iteration") { checkpoints[try $0.text(0), default: []].append(try $0.int(1)) }
      try transaction.run("SELECT run, event, iteration, goal_iterations, goal_seconds, time, goal_patience FROM dcs_sessions ORDER BY run, number") { row in
        guard let kind = SessionEvent.Kind(rawValue: try row.text(1)) else { return }
        let goal = TrainLimit(iterations: try row.optionalInt(3), seconds: try row.optionalDouble(4), patience: try row.optionalInt(6))
        sessions[try row.text(0)] = SessionEvent(kind, iteration: try row.int(2), goal: goal, time: try row.int(5))
      }
      try transaction.run("SELECT id, name, path, owner, settings, iteration, seconds FROM dcs_runs ORDER BY name, path") { row in
        let id = try row.text(0), text = try row.text(4)
        guard let settings = try? JSON(parsing: text) else { throw DatabaseError.content(self.address, expected: "settings as JSON", found: "\"\(text.prefix(40))\"") }
        runs.append(RunGlance(
          name: try row.text(1), path: try row.text(2), owner: try row.optionalText(3) ?? "", id: id, record: settings, checkpoints: checkpoints[id] ?? [], iteration: try row.int(5),
          lastLoss: losses[id], seconds: try row.optionalDouble(6) ?? 0, session: sessions[id], best: best[id] ?? []))
      }
      return runs
    }
    return try names?.map { try one($0, of: all) } ?? all
  }

  private func one(_ name: String, of all: [RunGlance]) throws -> RunGlance {
    let found = all.filter { $0.name == name || $0.path == name || $0.path.hasSuffix("/" + name) }
    guard let first = found.first else { throw TrainingError.notInStore(name: name, store: address.description, have: all.map(\.name)) }
    if found.count > 1 { throw TrainingError.ambiguous(name: name, store: address.description, paths: found.map(\.path)) }
    return first
  }

  /// The losses of a run, ascending by iteration.
  package func losses(of id: String, _ limits: Limits = Limits()) throws -> [LossRow] {
    try transaction(limits, creates: false) { transaction in
      var rows: [LossRow] = []
      try transaction.run("SELECT iteration, loss, seconds FROM dcs_losses WHERE run = $1 ORDER BY iteration", [.text(id)]) { row in
        rows.append(LossRow(iteration: try row.int(0), loss: try row.optionalDouble(1) ?? .nan, seconds: try row.optionalDouble(2) ?? 0))
      }
      return rows
    }
  }

  /// For each iteration that was validated, the best score of its sweep.
  package func course(of metric: Metric, _ run: RunGlance, _ limits: Limits = Limits()) throws -> [(iteration: Int, score: Double)] {
    let task = try Task(record: run.record["task"] ?? .null, run: run.name)
    let facts = try transaction(limits, creates: false) { transaction in
      var facts: [CropFact] = []
      try transaction.run("SELECT crop, channel, voxels, truth FROM dcs_crops WHERE run = $1", [.text(run.id)]) { row in
        facts.append(CropFact(place: CropChannel(crop: try row.text(0), channel: try row.text(1)), voxels: try row.int(2), truth: try row.int(3)))
      }
      return facts
    }
    return try scores(of: run, task, limits).course(task, metric, facts.empty)
  }

  /// The scores of a run, in the order of their texts.
  package func scores(of run: RunGlance, _ task: Task, _ limits: Limits = Limits()) throws -> [ScoreRow] {
    let sweep = task.sweep.map(\.name), metrics = task.metrics.map(\.name)
    return try transaction(limits, creates: false) { transaction in
      var rows: [ScoreRow] = [], places: [String: Int] = [:]
      try transaction.run(
        "SELECT iteration, crop, channel, parameters, metric, value FROM dcs_scores WHERE run = $1 ORDER BY iteration, crop, channel, parameters, metric", [.text(run.id)]
      ) { row in
        let iteration = try row.int(0), crop = try row.text(1), channel = try row.text(2), text = try row.text(3)
        guard let metric = metrics.firstIndex(of: try row.text(4)) else { return }
        let key = "\(iteration)\u{0}\(crop)\u{0}\(channel)\u{0}\(text)", place = places[key] ?? rows.count
        if place == rows.count {
          guard let given = try? JSON(parsing: text) else { throw DatabaseError.content(self.address, expected: "parameters as JSON", found: "\"\(text.prefix(40))\"") }
          places[key] = place
          rows.append(ScoreRow(iteration: iteration, crop: crop, channel: channel, parameters: sweep.map { given[$0]?.double ?? .nan }, metrics: metrics.map { _ in .nan }))
        }
        rows[place].metrics[metric] = try row.optionalDouble(5) ?? .nan
      }
      return rows
    }
  }
}
