import Arrays
import Display
import Geometry
import Glibc
import Language
import Networks
import Training

/// A run on disk with what may change between its sessions.
struct RunValue: ObjectValue {
  let run: Run
  let cadence: Cadence
  /// The folder of runs it lies in.
  let folder: String
  /// Where its rows go; nil: as usual, "": nowhere.
  var store: String?

  var typeName: String { "run" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["checkpoints", "crops", "data", "iteration", "loss", "losses", "name", "path", "predictions", "provenance", "scores", "seconds", "seed", "settings", "task"] }
  var brief: String { "run \"\(run.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    if context.session.dryRun?.made(at: run.path)?.isUnknown == true, ["iteration", "seconds", "loss", "losses", "checkpoints", "crops", "predictions", "provenance", "scores"].contains(name) { return .unknown }
    return switch name {
    case "name": .string(run.name)
    case "path": .string(run.path)
    case "iteration": .int(run.iteration)
    case "seed": Value(run.settings.seed)
    case "seconds": .float(run.seconds)
    case "loss": .list(run.losses.map { .float($0.loss) })
    case "checkpoints": .list(run.checkpoints.map { .int($0) })
    case "losses": Value(TableValue(columns: ["iteration", "loss", "seconds"], values: [
      run.losses.map { .int($0.iteration) }, run.losses.map { .float(Double(Float($0.loss))) }, run.losses.map { .float($0.seconds) },
    ]))
    case "crops": Value(TableValue(columns: ["crop", "channel", "voxels", "truth"], values: [
      run.cropFacts.map { .string($0.place.crop) }, run.cropFacts.map { .string($0.place.channel) }, run.cropFacts.map { .int($0.voxels) }, run.cropFacts.map { .int($0.truth) },
    ]))
    case "predictions": .record(try predictions())
    case "provenance": Value(json: try run.provenance)
    case "settings": .record(Record((run.exists ? try RunGlance(run.name, in: folder).settings : RunGlance.settings(of: run.settings.record)).map { ($0.key, Value(json: $0.value)) }))
    case "task": Value(TaskValue(task: run.settings.task))
    case "data": Value(SplitValue(split: run.settings.data))
    case "scores": Value(run.scoreTable)
    default: nil
    }
  }

  /// What the best checkpoint predicted, by crop.
  private func predictions() throws -> Record {
    Record(try run.settings.data.validate.compactMap { crop in
      try run.prediction(of: crop.name).map { (crop.name, ["iteration": .int($0.iteration), "values": Value(ArrayValue($0.array))]) }
    })
  }

  func summary(_ style: DisplayStyle) -> String {
    let losses = run.losses, checkpoints = run.checkpoints, session = run.session
    var done = grouped(run.iteration)
    if let goal = session?.goal.iterations, goal > run.iteration { done += " / \(grouped(goal))" }
    let head = ["\(done) iterations", run.path, "seed \(run.settings.seed)"] + (session.map { [ending($0, now: style.now)] } ?? []).filter { !$0.isEmpty } + (run.seconds > 0 ? ["trained \(duration(run.seconds))"] : [])
    var lines = Layout(style.width)
    lines.add("run \"\(run.name)\"  ", head, indent: 2, separator: "   ")
    var curves: [String] = []
    if let first = losses.first, let last = losses.last {
      curves.append("loss   \(sparkline(losses.map(\.loss)))  \(compact(Double(Float(first.loss)))) → \(compact(Double(Float(last.loss))))")
    }
    if let best = try? run.best() {
      let course = (try? Metric.named(best.metric)).map { run.course(of: $0).map(\.score) } ?? []
      curves.append("\(best.metric)  \(course.count > 1 ? sparkline(course, width: 10) + "  " : "")best \(fixed(best.score, 3)) at \(grouped(best.iteration))\(parametersText(best))")
    }
    if !curves.isEmpty { lines.add("  ", curves, indent: 2, separator: "      ") }
    let isDone = session.map { $0.kind == .patience || $0.goal.iterations ?? .max <= run.iteration } ?? true
    let name = style.name ?? "r"
    let how = isDone ? "train(\(name), iterations=\(grouped(max(1000, 2 * run.iteration)).replacingCommas))" : "train(\(name))"
    let weights = checkpoints.isEmpty ? "no checkpoints yet" : "weights: \(checkpoints.count) checkpoint\(checkpoints.count == 1 ? "" : "s"), \(byteText(run.bytes))"
    let next = [run.iteration == 0 ? "train it with \(how)" : isDone ? "train on with \(how)" : "resume with \(how)"] + (run.scores.isEmpty ? [] : ["compare: \(name).scores"]) + [weights]
    lines.add("  ", next, indent: 2, separator: "      ")
    return lines.text
  }

  /// "stopped by Ctrl-C 14:02"
  private func ending(_ session: SessionEvent, now: Double?) -> String {
    let what = switch session.kind {
    case .began: "begun"
    case .finished: "finished"
    case .patience: "stopped, nothing got better,"
    case .interrupted: "stopped by Ctrl-C"
    case .failed: "stopped by an error"
    }
    return what + " " + clockTime(session.time, now: now)
  }
}

extension String {
  /// "84_000" of "84,000".
  fileprivate var replacingCommas: String { String(map { $0 == "," ? "_" : $0 }) }
}

/// "14:02", or "3 Mar 14:02" if it was not today; local time.
private func clockTime(_ seconds: Int, now: Double?) -> String {
  var time = time_t(seconds), now = time_t(exactly: (now ?? 0).rounded(.down)) ?? 0, then = tm(), today = tm()
  localtime_r(&time, &then)
  localtime_r(&now, &today)
  func two(_ n: Int32) -> String { n < 10 ? "0\(n)" : "\(n)" }
  let clock = "\(two(then.tm_hour)):\(two(then.tm_min))"
  if then.tm_year == today.tm_year && then.tm_yday == today.tm_yday { return clock }
  let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  return "\(then.tm_mday) \(months[Int(max(0, min(11, then.tm_mon)))]) \(then.tm_year == today.tm_year ? "" : "\(1900 + Int(then.tm_year)) ")\(clock)"
}

func parametersText(_ best: Best) -> String {
  best.parameters.isEmpty ? "" : " (" + best.parameters.map { "\($0.name) \(compact($0.value))" }.joined(separator: ", ") + ")"
}

extension Run {
  /// Every row that validation recorded.
  var scoreTable: TableValue { table(scores) }

  func table(_ rows: [ScoreRow]) -> TableValue {
    let task = settings.task
    let several = task.channels.count > 1
    var columns = ["iteration", "crop"] + (several ? ["channel"] : []), values: [[Value]] = [rows.map { .int($0.iteration) }, rows.map { .string($0.crop) }]
    if several { values.append(rows.map { .string($0.channel) }) }
    for (position, axis) in task.sweep.enumerated() {
      columns.append(axis.name)
      values.append(rows.map { .float($0.parameters[position]) })
    }
    for (position, metric) in task.metrics.enumerated() {
      columns.append(metric.name)
      values.append(rows.map { .float($0.metrics[position]) })
    }
    return TableValue(columns: columns, values: values)
  }
}

/// The best checkpoint of a run: its iteration, its parameters, its weights when asked.
struct BestValue: ObjectValue {
  let run: Run
  let best: Best
  /// The folder of runs it lies in.
  let folder: String

  var typeName: String { "best" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["crops", "iteration", "metric", "params", "run", "score", "task"] }
  var identity: String? {
    let parameters = best.parameters.map { "\($0.name) \($0.value)" }.joined(separator: " ")
    return "best \(best.metric) \(best.score) of \(run.path) at \(best.iteration), \(parameters), task \(run.settings.task.record.compact)"
  }
  var brief: String { "best \(best.metric) \(fixed(best.score, 3)) of \"\(run.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "run": .string(run.name)
    case "iteration": .int(best.iteration)
    case "score": .float(best.score)
    case "metric": .string(best.metric)
    case "params": .record(Record(best.parameters.map { ($0.name, Value($0.value)) }))
    case "task": Value(TaskValue(task: run.settings.task))
    case "crops": .list(best.crops.map { ["crop": .string($0.crop), "channel": .string($0.channel), "score": .float($0.score)] })
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    "best \(best.metric) \(fixed(best.score, 3)) of run \"\(run.name)\" at iteration \(grouped(best.iteration))\(parametersText(best))"
  }

  func model() throws -> Model { try run.model(best) }
}
