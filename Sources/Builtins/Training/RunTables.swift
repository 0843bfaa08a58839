// Tables of runs: runs, compare, keep.

import Arrays
import Display
import Geometry
import Language
import Storage
import Training

extension Builtin {
  static let runs = Builtin(
    "runs", "(folder=\"runs\") -> table", "The runs of a folder: what each learns, how far it is, its last loss and its best score.",
    details: ["best is the score by the task's first metric. A run that cannot be read is listed with the reason."],
    examples: [Example("len(runs(\"no such folder\"))", prints: "0")], searchTerms: ["list", "experiments"]
  ) { call in
    let folder = try call.string("folder")
    let rows = try Run.list(in: folder).map { name -> Record in
      do {
        let run = try RunGlance(name, in: folder)
        let best = run.best.first
        return row(name: name, task: run.task, iterations: .int(run.iteration), loss: run.lastLoss.map { .float(rounded($0)) } ?? .nil, by: best.map { .string($0.metric) } ?? .nil,
                   best: best.map { .float($0.score) } ?? .nil, at: best.map { .int($0.iteration) } ?? .nil, trained: .duration(milliseconds(run.seconds)))
      } catch {
        let reason = Failure(error).message
        return row(name: name, task: "cannot be read: \(reason)", iterations: .nil, loss: .nil, by: .nil, best: .nil, at: .nil, trained: .nil)
      }
    }
    return Value(try rows.isEmpty ? TableValue(columns: runColumns, values: runColumns.map { _ in [] }) : TableValue(rows: rows))
  }

  private static let runColumns = ["run", "task", "iterations", "loss", "by", "best", "at", "trained"]

  private static func row(name: String, task: String, iterations: Value, loss: Value, by: Value, best: Value, at: Value, trained: Value) -> Record {
    Record(zip(runColumns, [.string(name), .string(task), iterations, loss, by, best, at, trained]).map { ($0, $1) })
  }

  /// Losses are float32.
  private static func rounded(_ value: Double) -> Double { Double("\(Float(value))") ?? value }

  private static func milliseconds(_ seconds: Double) -> Rational { (try? Rational(Int128((seconds * 1000).rounded()), over: 1000)) ?? .zero }

  static let compare = Builtin(
    "compare", "(runs…: run|string|list, folder=\"runs\") -> table", "Runs beside each other: the settings in which they differ, their losses and their best scores.",
    details: ["Runs are given themselves or by name. Settings that all of them share are left out."],
    searchTerms: ["difference", "settings", "experiments"]
  ) { call in
    let folder = try call.string("folder")
    let given = call.rest.flatMap { value -> [Value] in if case .list(let list) = value { list } else { [value] } }
    let found = try given.map { value -> RunGlance in
      if let run = value.object(as: RunValue.self) { return try RunGlance(run.run.name, in: run.folder) }
      if let best = value.object(as: BestValue.self) { return try RunGlance(best.run.name, in: best.folder) }
      guard case .string(let name) = value else { throw call.failure(.type, "`runs` must hold runs or their names, not \(value.typePhrase)", at: "runs") }
      return try RunGlance(name, in: folder)
    }
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
