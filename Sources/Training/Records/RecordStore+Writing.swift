// What is written into a store: rows of a run, in batches.

import Databases
import Execution
import Storage

/// What a run has to tell.
struct StoreUpdate {
  let id: String, name: String, path: String
  let settings: JSON, provenance: JSON
  let task: Task
  var iteration: Int, seconds: Double
  var losses: [LossRow] = []
  var scores: [ScoreRow] = []
  /// nil: as they were.
  var checkpoints: [CheckpointFile]?
  var best: [Best]?
  var facts: [CropFact]?
  var sessions: [SessionEvent]?
}

extension RecordStore {
  /// Fills in what a run's folder holds and the store does not.
  ///
  /// - Parameter replaces: takes away all rows of the run first; without it only where the rows there cannot be the beginning of these.
  /// - Returns: rows that were written.
  func fill(_ update: StoreUpdate, replaces: Bool, adds: Bool = false, _ limits: Limits) throws -> Int {
    try transaction(limits, creates: true) { transaction in
      var update = update
      if replaces { for table in Schema.parts { try transaction.run("DELETE FROM \(table) WHERE run = $1", [.text(update.id)]) } } else if !adds {
        func trim(_ table: String, _ expected: [Int]) throws -> Bool {
          try transaction.run("DELETE FROM \(table) WHERE run = $1 AND iteration > $2", [.text(update.id), .int(update.iteration)])
          var count = 0, last: Int?
          try transaction.run("SELECT count(*), max(iteration) FROM \(table) WHERE run = $1", [.text(update.id)]) { (count, last) = (try $0.int(0), try $0.optionalInt(1)) }
          if count == expected.count, last == expected.last { return true }
          try transaction.run("DELETE FROM \(table) WHERE run = $1", [.text(update.id)])
          return false
        }
        if try trim("dcs_losses", update.losses.map(\.iteration)) { update.losses = [] }
        let each = update.task.metrics.count
        if try trim("dcs_scores", update.scores.flatMap { [Int](repeating: $0.iteration, count: each) }) { update.scores = [] }
      }
      return try write(update, transaction)
    }
  }

  /// Adds rows; rows that are there already are replaced.
  func add(_ update: StoreUpdate, _ limits: Limits) throws {
    _ = try transaction(limits, creates: true) { try write(update, $0) }
  }

  private func write(_ update: StoreUpdate, _ transaction: Transaction) throws -> Int {
    let run = SQLValue.text(update.id)
    try transaction.run(
      """
      INSERT INTO dcs_runs (id, name, path, owner, host, task, settings, provenance, iteration, seconds, state, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path, owner = excluded.owner, host = excluded.host, task = excluded.task, settings = excluded.settings,
        provenance = excluded.provenance, iteration = excluded.iteration, seconds = excluded.seconds, state = coalesce(excluded.state, dcs_runs.state), changed = excluded.changed
      """,
      [run, .text(update.name), .text(update.path), .text(owner), .text(host), .text("\(update.task.kind) \(update.task.name)"), .text(update.settings.compact),
       .text(update.provenance.compact), .int(update.iteration), .double(update.seconds), SQLValue(update.sessions?.last?.kind.rawValue), .int(Int(Clock.now()))])
    var rows = 1
    func put(_ table: String, key: [String], columns: [String], _ values: [[SQLValue]]) throws {
      try insert(table, key: key, columns: columns, run, values, transaction)
      rows += values.count
    }
    try put("dcs_losses", key: ["iteration"], columns: ["iteration", "loss", "seconds"], update.losses.map { [.int($0.iteration), .double($0.loss), .double($0.seconds)] })
    let sweep = update.task.sweep.map(\.name), metrics = update.task.metrics.map(\.name)
    try put("dcs_scores", key: ["iteration", "crop", "channel", "parameters", "metric"], columns: ["iteration", "crop", "channel", "parameters", "metric", "value"], update.scores.flatMap { row -> [[SQLValue]] in
      let parameters = JSON.object(zip(sweep, row.parameters).map { .init($0, .double($1)) }).compact
      let place: [SQLValue] = [.int(row.iteration), .text(row.crop), .text(row.channel), .text(parameters)]
      return zip(metrics, row.metrics).map { place + [.text($0), .double($1)] }
    })
    // these are few, and some of them go: all are written anew
    func replace(_ table: String, key: [String], columns: [String], _ values: [[SQLValue]]?) throws {
      guard let values else { return }
      try transaction.run("DELETE FROM \(table) WHERE run = $1", [run])
      try put(table, key: key, columns: columns, values)
    }
    try replace("dcs_checkpoints", key: ["iteration"], columns: ["iteration", "bytes"], update.checkpoints?.map { [.int($0.iteration), .int($0.bytes)] })
    try replace("dcs_best", key: ["metric"], columns: ["metric", "rank", "iteration", "parameters", "score"], update.best?.map { best -> [SQLValue] in
      let parameters = JSON.object(best.parameters.map { .init($0.name, .double($0.value)) }).compact
      return [.text(best.metric), .int(metrics.firstIndex(of: best.metric) ?? 0), .int(best.iteration), .text(parameters), .double(best.score)]
    })
    try replace("dcs_crops", key: ["crop", "channel"], columns: ["crop", "channel", "voxels", "truth"], update.facts?.map { fact -> [SQLValue] in
      [.text(fact.place.crop), .text(fact.place.channel), .int(fact.voxels), .int(fact.truth)]
    })
    try replace("dcs_sessions", key: ["number"], columns: ["number", "time", "event", "iteration", "goal_iterations", "goal_seconds", "goal_patience"], update.sessions?.enumerated().map { number, event -> [SQLValue] in
      [.int(number), .int(event.time), .text(event.kind.rawValue), .int(event.iteration), SQLValue(event.goal.iterations), SQLValue(event.goal.seconds), SQLValue(event.goal.patience)]
    })
    return rows
  }

  /// Values in a statement: few enough for the oldest SQLite in use.
  private static let most = 900

  private func insert(_ table: String, key: [String], columns: [String], _ run: SQLValue, _ rows: [[SQLValue]], _ transaction: Transaction) throws {
    let each = Self.most / columns.count, changes = columns.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }
    let conflict = "ON CONFLICT (run, \(key.joined(separator: ", "))) DO " + (changes.isEmpty ? "NOTHING" : "UPDATE SET \(changes.joined(separator: ", "))")
    for start in stride(from: 0, to: rows.count, by: each) {
      let part = rows[start..<min(start + each, rows.count)]
      let places = part.indices.map { row in "($1, " + columns.indices.map { "$\(2 + (row - start) * columns.count + $0)" }.joined(separator: ", ") + ")" }
      try transaction.run("INSERT INTO \(table) (run, \(columns.joined(separator: ", "))) VALUES \(places.joined(separator: ", ")) \(conflict)", [run] + part.joined())
    }
  }
}
