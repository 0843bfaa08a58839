// Tables of runs: runs, compare, keep.

import Arrays
import Display
import Geometry
import Language
import Storage
import Training

extension Builtin {
  static let runs = Builtin(
    "runs", "(folder=\"runs\", store: string = nil) -> table", "The runs of a folder, or of a database: what each learns, how far it is, its last loss and its best score.",
    details: [
      "best is the score by the task's first metric. A run that cannot be read is listed with the reason.",
      "store: a SQLite file or postgresql://user@host/database: all runs that were sent there, with who trains them and where their folders are.",
    ],
    examples: [Example("len(runs(\"no such folder\"))", prints: "0")], searchTerms: ["list", "experiments"]
  ) { call in
    if let store = try call.givenStore() {
      defer { store.close() }
      let found = try store.glances(nil, call.storeLimits)
      let rows = found.map { run in
        Record(zip(runColumns, row(run)).map { ($0, $1) } + [("owner", .string(run.owner)), ("path", .string(run.path))])
      }
      let columns = runColumns + ["owner", "path"]
      return Value(try rows.isEmpty ? TableValue(columns: columns, values: columns.map { _ in [] }) : TableValue(rows: rows))
    }
    let folder = try call.string("folder")
    let rows = try Run.list(in: folder).map { name -> Record in
      do {
        return Record(zip(runColumns, row(try RunGlance(name, in: folder))).map { ($0, $1) })
      } catch {
        let reason = Failure(error).message
        return Record(zip(runColumns, [.string(name), .string("cannot be read: \(reason)")] + runColumns.dropFirst(2).map { _ in .nil }).map { ($0, $1) })
      }
    }
    return Value(try rows.isEmpty ? TableValue(columns: runColumns, values: runColumns.map { _ in [] }) : TableValue(rows: rows))
  }

  private static let runColumns = ["run", "task", "iterations", "loss", "by", "best", "at", "trained"]

  private static func row(_ run: RunGlance) -> [Value] {
    let best = run.best.first
    return [
      .string(run.name), .string(run.task), .int(run.iteration), run.lastLoss.map { .float(rounded($0)) } ?? .nil, best.map { .string($0.metric) } ?? .nil,
      best.map { .float($0.score) } ?? .nil, best.map { .int($0.iteration) } ?? .nil, .duration(milliseconds(run.seconds)),
    ]
  }

  /// Losses are float32.
  static func rounded(_ value: Double) -> Double { Double("\(Float(value))") ?? value }

  private static func milliseconds(_ seconds: Double) -> Rational { (try? Rational(Int128((seconds * 1000).rounded()), over: 1000)) ?? .zero }

  static let compare = Builtin(
    "compare", "(runs…: run|string|list, folder=\"runs\", store: string = nil) -> table", "Runs beside each other: the settings in which they differ, their losses and their best scores.",
    details: ["Runs are given themselves or by name, of a folder or of a database (store). Settings that all of them share are left out. Their curves: plots.compare(…), curves(…)."],
    searchTerms: ["difference", "settings", "experiments"]
  ) { call in
    let found = try glances(call)
    guard found.count >= 2 else { throw call.failure(.argument, "`compare` needs at least two runs", hint: "compare(\"a\", \"b\")   or   compare(runs().run)") }
    return Value(comparison(found))
  }

  private static func comparison(_ found: [RunGlance]) -> TableValue {
    let settings = found.map { run in Dictionary(run.settings.map { ($0.key, $0.value.compact) }, uniquingKeysWith: { a, _ in a }) }
    var keys: [String] = []
    for run in found { for (key, _) in run.settings where !keys.contains(key) && Set(settings.map { $0[key] }).count > 1 { keys.append(key) } }
    var columns = ["run"], values: [[Value]] = [found.map { .string($0.name) }]
    for key in keys {
      columns.append(key)
      values.append(found.map { run in run.settings.first { $0.key == key }.map { cell($0.value) } ?? .nil })
    }
    for (key, name) in [("target_function", "target"), ("post_function", "post")] where keys.contains("task") == false && Set(found.map { $0.record["task"]?[key]?.string ?? "" }).count > 1 {
      var seen: [String] = []   // functions of one task that are not the same: a, b, …
      columns.append(name)
      values.append(found.map { run in
        let text = run.record["task"]?[key]?.string ?? ""
        if !seen.contains(text) { seen.append(text) }
        return .string("version \((seen.firstIndex(of: text) ?? 0) + 1)")
      })
    }
    if Set(found.map { $0.record["model"]?.compact ?? "" }).count > 1 {
      columns.append("model")
      values.append(found.map { .string($0.record["model"]?["name"]?.string ?? "another") })
    }
    columns += ["iterations", "loss"]
    values += [found.map { .int($0.iteration) }, found.map { $0.lastLoss.map { .float(rounded($0)) } ?? .nil }]
    var metrics: [String] = []
    for best in found.flatMap(\.best) where !metrics.contains(best.metric) { metrics.append(best.metric) }
    for metric in metrics {
      columns.append("best \(metric)")
      values.append(found.map { run in run.best.first { $0.metric == metric }.map { .float($0.score) } ?? .nil })
    }
    return TableValue(columns: columns, values: values)
  }

  /// Numbers and texts as they are, whole numbers as ints, the rest as text.
  private static func cell(_ value: JSON) -> Value {
    switch value {
    case .double(let number): number == number.rounded() && abs(number) < 1e15 ? .int(Int(number)) : .float(number)
    case .array(let list): .string(list.map { $0.string ?? $0.compact }.joined(separator: " "))
    default: Value(json: value)
    }
  }

  static let keep = Builtin(
    "keep", "(r: run, iterations: list, delete=false) -> table", "Which checkpoints of a run stay: lists what would go, and removes it only with delete=true.",
    details: ["The latest checkpoint always stays, because training goes on from it. Losses and scores are never removed."],
    searchTerms: ["delete", "disk", "checkpoint", "prune"], effect: .acts, plan: { call in
      let files = try kept(call, delete: false), gone = files.filter { $0.fate == .goes }
      if try call.bool("delete"), !gone.isEmpty {
        let run = try call.object("r", as: RunValue.self).run
        let iterations = gone.map { grouped($0.iteration) }.joined(separator: ", "), bytes = gone.reduce(0) { $0 + $1.bytes }
        call.record(Effect("keep \"\(run.name)\"", notes: ["deletes   checkpoints \(iterations), \(byteText(bytes))"], isPart: true))
      }
      return keepTable(files)
    }
  ) { call in keepTable(try kept(call, delete: try call.bool("delete"))) }

  private static func kept(_ call: Call, delete: Bool) throws -> [CheckpointFile] {
    let run = try call.object("r", as: RunValue.self).run
    let wanted = try call.list("iterations").map { value -> Int in
      guard case .int(let iteration) = value else { throw call.failure(.type, "`iterations` must hold ints, not \(value.typePhrase)", at: "iterations") }
      return iteration
    }
    do { return try run.keep(wanted, delete: delete) } catch let error as TrainingError {
      if case .noCheckpoint = error { throw call.failure(.value, error.description, at: "iterations") }
      throw error
    }
  }

  private static func keepTable(_ files: [CheckpointFile]) -> Value {
    Value(TableValue(columns: ["iteration", "size", "fate"], values: [
      files.map { .int($0.iteration) }, files.map { .bytes($0.bytes) }, files.map { .string(fate($0.fate)) },
    ]))
  }

  private static func fate(_ fate: CheckpointFile.Fate) -> String {
    switch fate {
    case .kept: "stays"
    case .latest: "stays, the latest"
    case .goes: "would go"
    case .gone: "is gone"
    }
  }
}
