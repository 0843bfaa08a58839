import Display
import Geometry
import Language
import Networks
import Training

/// A run on disk with what may change between its sessions.
struct RunValue: ObjectValue {
  let run: Run
  let cadence: Cadence
  /// The folder of runs it lies in.
  let folder: String

  var typeName: String { "run" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["checkpoints", "data", "iteration", "loss", "name", "path", "scores", "seconds", "seed", "task"] }
  var brief: String { "run \"\(run.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    if context.session.dryRun?.made(at: run.path)?.isUnknown == true, ["iteration", "seconds", "loss", "checkpoints", "scores"].contains(name) { return .unknown }
    return switch name {
    case "name": .string(run.name)
    case "path": .string(run.path)
    case "iteration": .int(run.iteration)
    case "seed": Value(run.settings.seed)
    case "seconds": .float(run.seconds)
    case "loss": .list(run.losses.map { .float($0.loss) })
    case "checkpoints": .list(run.checkpoints.map { .int($0) })
    case "task": Value(TaskValue(task: run.settings.task))
    case "data": Value(SplitValue(split: run.settings.data))
    case "scores": Value(run.scoreTable)
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    let losses = run.losses
    var lines = ["run \"\(run.name)\"  \(grouped(run.iteration)) iterations  \(run.path)  seed \(run.settings.seed)  trained \(duration(run.seconds))"]
    if let first = losses.first, let last = losses.last {
      var line = "  loss   \(sparkline(losses.map(\.loss)))  \(compact(Double(Float(first.loss)))) → \(compact(Double(Float(last.loss))))"
      if let best = try? run.best() { line += "      best \(best.metric) \(fixed(best.score, 3)) at \(grouped(best.iteration))\(parametersText(best))" }
      lines.append(line)
    }
    lines.append("  resume with train(r)      compare: r.scores      weights: \(run.checkpoints.count) checkpoints")
    return lines.joined(separator: "\n")
  }
}

func parametersText(_ best: Best) -> String {
  best.parameters.isEmpty ? "" : " (" + best.parameters.map { "\($0.name) \(compact($0.value))" }.joined(separator: ", ") + ")"
}

extension Run {
  /// Every row that validation recorded.
  var scoreTable: TableValue {
    let task = settings.task, rows = scores
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

  var typeName: String { "best" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["crops", "iteration", "metric", "params", "run", "score"] }
  var brief: String { "best \(best.metric) \(fixed(best.score, 3)) of \"\(run.name)\"" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "run": .string(run.name)
    case "iteration": .int(best.iteration)
    case "score": .float(best.score)
    case "metric": .string(best.metric)
    case "params": .record(Record(best.parameters.map { ($0.name, Value($0.value)) }))
    case "crops": .list(best.crops.map { ["crop": .string($0.crop), "channel": .string($0.channel), "score": .float($0.score)] })
    default: nil
    }
  }

  func summary(_ style: DisplayStyle) -> String {
    "best \(best.metric) \(fixed(best.score, 3)) of run \"\(run.name)\" at iteration \(grouped(best.iteration))\(parametersText(best))"
  }

  func model() throws -> Model { try run.model(best) }
}
