import Language
import Networks
import Storage
import Training

extension Builtin {
  static let best = Builtin(
    "best", "(r: run|string|list, by: \"\(Metric.all.map(\.name).joined(separator: "|"))\" = nil, folder=\"runs\", store: string = nil) -> best",
    "The checkpoint and parameters with the best validation score: of a run, of a run by name, or of several.",
    details: [
      "by: one of the task's metrics, its first one if none is named. The score is the mean over crops; one that is undefined counts as the worst, unless there was nothing to find and nothing was found.",
      "store: names are those of runs in this database; the winner's folder must be here.",
      "b.iteration, b.params (of post-processing), b.score, b.crops, b.run; predict(b, …) uses its weights.",
    ],
    searchTerms: ["checkpoint", "threshold"]
  ) { call in
    let by = try call.optionalString("by")
    func run(_ value: Value) throws -> (Run, folder: String) {
      if let run = value.object(as: RunValue.self) { return (run.run, run.folder) }
      guard case .string(let name) = value else { throw call.failure(.type, "`r` must be a run or the name of one, not \(value.typePhrase)", at: "r") }
      let (folder, last) = try runPlace(call, name)
      return (try Run(opening: last, in: folder), folder)
    }
    let given = try call.value("r"), all = if case .list(let list) = given { list } else { [given] }
    if let planned = try planned(all, call) { return planned }
    let runs = try inStore(all, by: by, call) ?? all.map(run)
    let found = try runs.map { run, folder in
      do { return BestValue(run: run, best: try run.best(by: by), folder: folder) } catch TrainingError.noMetric(_, let have) {
        let metrics = have.map { "\"\($0)\"" }.joined(separator: ", ")
        throw call.failure(.value, "run \"\(run.name)\" was not scored by \(by ?? "")", at: "by", label: "its task has \(metrics)", hint: have.first.map { "best(…, by=\"\($0)\")" })
      }
    }
    guard let first = found.first else { throw call.failure(.value, "`r` names no run", at: "r") }
    let higher = first.run.settings.task.metrics.first { $0.name == first.best.metric }?.higherIsBetter ?? true
    if let other = found.first(where: { $0.best.metric != first.best.metric }) {
      throw call.failure(.value, "run \"\(first.run.name)\" is scored by \(first.best.metric), run \"\(other.run.name)\" by \(other.best.metric)", at: "r", hint: "best(…, by=\"\(first.best.metric)\")")
    }
    return Value(found.dropFirst().reduce(first) { (higher ? $1.best.score > $0.best.score : $1.best.score < $0.best.score) ? $1 : $0 })
  }

  /// Of the runs that names mean in a store, the one that scores best there; nil where no store is given.
  private static func inStore(_ names: [Value], by: String?, _ call: Call) throws -> [(Run, folder: String)]? {
    guard let store = try call.givenStore() else { return nil }
    defer { store.close() }
    let names = try names.map { value -> String in
      guard case .string(let name) = value else { throw call.failure(.type, "with `store`, `r` must hold names, not \(value.typePhrase)", at: "r") }
      return name
    }
    let found = try store.glances(names, call.storeLimits)
    func score(_ run: RunGlance) -> RunGlance.MetricBest? { run.best.first { by == nil || $0.metric == by } }
    guard let metric = found.lazy.compactMap(score).first?.metric else { throw call.failure(.data, "no run was scored" + (by.map { " by \($0)" } ?? ""), at: "r") }
    let scored = found.compactMap { run in score(run).flatMap { $0.metric == metric ? (run, $0.score) : nil } }, higher = try Metric.named(metric).higherIsBetter
    guard let winner = scored.reduce(scored.first, { leader, next in leader.map { (higher ? next.1 > $0.1 : next.1 < $0.1) ? next : $0 } })?.0 else { return nil }
    let folder = Files.parent(winner.path)
    return [(try Run(opening: Files.name(winner.path), in: folder), folder)]
  }

  /// In a dry run that would train one of these runs: a best that is unknown but for the shape of its network, where they agree on that; else nil.
  private static func planned(_ runs: [Value], _ call: Call) throws -> Value? {
    guard let dry = call.dryRun else { return nil }
    let paths = try runs.map { value in
      if let run = value.object(as: RunValue.self) { return run.run.path }
      guard case .string(let name) = value else { return "" }
      let (folder, last) = try runPlace(call, name)
      return Files.join(folder, last)
    }
    if !paths.contains(where: { dry.made(at: $0) != nil }) { return nil }
    var sketches: [Model] = []
    for (value, path) in zip(runs, paths) {
      let run = value.object(as: RunValue.self)?.run ?? dry.made(at: path)?.object(as: RunValue.self)?.run
      guard let sketch = try dry.made(at: path)?.sketch as? Model ?? run?.sketch() else { return .unknown }
      sketches.append(sketch)
    }
    let agree = sketches.allSatisfy { $0.network.json == sketches[0].network.json && $0.activation == sketches[0].activation && $0.inputVoxelSize == sketches[0].inputVoxelSize }
    return agree ? .unknown(sketch: sketches[0]) : .unknown
  }

  static let export = Builtin(
    "export", "(r: run|best|model, to: string, iteration: int = nil, note: string = nil, names: \"dacapo|dacapo-main|own\" = nil, input: int|coord = nil) -> model",
    "Writes a model to one file: a .dcmodel with all that is known of it, or for other programs .pt, .safetensors or .onnx.",
    details: [
      "x.dcmodel: weights, architecture, task, chosen parameters, voxel size, normalisation. x.pt (or .pth): the weights as torch.save writes them, for torch.load(\"x.pt\", weights_only=True). "
        + "x.safetensors: the weights alone.",
      "names, of weights in .pt and .safetensors: \"dacapo\" as DaCapo to 0.3.5 loads them (in .pt below the key model), \"dacapo-main\" as its main branch does, \"own\" as the network calls them. "
        + "Not given: DaCapo's for U-Nets, else own ones, which for cpnet are Cellpose's.",
      "x.onnx: the network with weights, normalisation and activation (operator set 17), for inputs of the size `input` and any batch; the model's own input size if not given.",
    ],
    searchTerms: ["save", "onnx", "pytorch", "torch", "pt", "safetensors", "convert", "weights"], effect: .writes("to")
  ) { call in
    var model: Model
    if let best = try call.value("r").object(as: BestValue.self) { model = try best.model() }
    else if try call.value("r").object(as: ModelValue.self) != nil { model = try call.trainedModel("r") }
    else {
      let run = try call.object("r", as: RunValue.self).run
      if let iteration = try call.optionalInt("iteration") { model = try run.model(iteration: iteration) }
      else if let best = try? run.best() { model = try run.model(best) }
      else { model = try run.model() }
    }
    if let note = try call.optionalString("note") { model.provenance["note"] = .string(note) }
    let path = try call.writablePath("to"), value = ModelValue(trained: model), ending = path.split(separator: "/").last?.split(separator: ".").last ?? ""
    let names = try call.optionalString("names").flatMap(WeightNames.init(rawValue:)) ?? .usual(for: model.network)
    let input = try call.optionalVoxels("input", rank: model.network.spatialRank)?.values
    if input != nil && ending != "onnx" { throw call.failure(.argument, "`input` is for .onnx files; others hold no size", at: "input") }
    switch ending {
    case "onnx": try call.blaming("input") { try model.saveOnnx(path, input: input ?? value.input) }
    case "pt", "pth": try model.saveTorch(path, names: names)
    case "safetensors": try model.saveSafeTensors(path, names: names)
    default: try model.save(path)
    }
    return Value(value)
  }
}
