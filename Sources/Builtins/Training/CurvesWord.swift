// curves: how runs went, as a table to be plotted.

import Language
import Storage
import Training

extension Builtin {
  static let curves = Builtin(
    "curves", "(runs…: run|string|list, of=\"loss\", folder=\"runs\", store: string = nil) -> table", "How runs went: a row a run and iteration, of the loss or of the best score of each validation.",
    details: ["of: \"loss\" or one of the metrics. plot(curves(\"a\", \"b\"), x=\"iteration\", y=\"loss\", by=\"run\") lays them over each other; plots.compare does it for loss and score."],
    searchTerms: ["loss", "history", "plot", "course"]
  ) { call in
    let found = try glances(call), of = try call.string("of"), store = try call.givenStore()
    defer { store?.close() }
    if found.isEmpty { throw call.failure(.argument, "`curves` needs a run", hint: "curves(r)   or   curves(runs().run)") }
    let metric = of == "loss" ? nil : try call.blaming("of") { try Metric.named(of) }
    var columns: [[Value]] = [[], [], []]
    for run in found {
      try call.execution.cancellation.check()
      let points: [(iteration: Int, value: Double)] = try {
        if let store, !run.id.isEmpty {
          guard let metric else { return try store.losses(of: run.id, call.storeLimits).map { ($0.iteration, $0.loss) } }
          return try store.course(of: metric, run, call.storeLimits).map { ($0.iteration, $0.score) }
        }
        let records = try RunRecords(Files.name(run.path), in: Files.parent(run.path))
        guard let metric else { return records.losses.map { ($0.iteration, $0.loss) } }
        return records.course(of: metric).map { ($0.iteration, $0.score) }
      }()
      columns[0] += points.map { _ in .string(run.name) }
      columns[1] += points.map { .int($0.iteration) }
      columns[2] += points.map { .float(metric == nil ? rounded($0.value) : $0.value) }
    }
    return Value(TableValue(columns: ["run", "iteration", of], values: columns))
  }

  /// The runs of a variadic argument, by themselves or by name.
  static func glances(_ call: Call) throws -> [RunGlance] {
    let folder = try call.string("folder"), store = try call.givenStore()
    defer { store?.close() }
    let given = call.rest.flatMap { value -> [Value] in if case .list(let list) = value { list } else { [value] } }
    return try given.map { value -> RunGlance in
      if let run = value.object(as: RunValue.self) { return try RunGlance(run.run.name, in: run.folder) }
      if let best = value.object(as: BestValue.self) { return try RunGlance(best.run.name, in: best.folder) }
      guard case .string(let name) = value else { throw call.failure(.type, "`runs` must hold runs or their names, not \(value.typePhrase)", at: "runs") }
      if let store { return try store.glances([name], call.storeLimits)[0] }
      let (folder, last) = name.contains("/") ? (Files.parent(name), Files.name(name)) : (folder, name)
      return try RunGlance(last, in: folder)
    }
  }
}
