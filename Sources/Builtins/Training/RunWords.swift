import Arrays
import Display
import Language
import Networks
import Storage
import Training

extension Builtin {
  static let run = Builtin(
    "run",
    """
    (name: string, model: model, task: task, data: split, lr=1e-4, batch=2, augment: list = nil, input: int|coord = nil, optimizer: "radam|adam" = "radam",
     warmup=0, average=0.0, foreground=0.5, validate_every=1000, checkpoint_every=1000, keep=2, from: best|model = nil, folder="runs") -> run
    """,
    "Makes a run, or opens the one of this name if its settings are the same; train(r) trains it.",
    details: [
      "What decides the weights: model, task, data, lr, batch, augment, input, optimizer, warmup, average, foreground, from, and the script's seed.",
      "augment: aug.…(…), or functions fn(raw, labels) that return raw or [raw, labels] of the same shape; a third argument, if it has one, is a key for random(…, key=key) that differs from patch "
        + "to patch. Not given: mirror, transpose and a mild intensity.",
      "foreground: the share of patches centred on labelled objects. average: weights are averaged over the last 1 / (1 − average) iterations. keep: latest checkpoints kept beside the best.",
    ],
    searchTerms: ["train", "experiment"]
  ) { call in
    let model = try call.object("model", as: ModelValue.self), task = try call.object("task", as: TaskValue.self).task
    let data = try call.object("data", as: SplitValue.self).split
    let network: Network
    var start: RunSettings.Start?
    switch model.kind {
    case .architecture(let backbone): network = try backbone.withHead(channels: task.channels.count)
    case .trained(let trained):
      network = trained.network
      start = RunSettings.Start(origin: "model", parameters: trained.parameters)
    }
    if !(try call.value("from")).isNil {
      let from = try call.trainedModel("from")
      start = RunSettings.Start(origin: try call.value("from").object?.brief ?? "model", parameters: from.parameters)
    }
    let settings = try RunSettings(
      network: network, task: task, data: data, input: try call.optionalVoxels("input", rank: network.spatialRank)?.values ?? model.input,
      batch: try call.int("batch", in: 1...4096), optimizer: try optimizer(call), rate: LearningRate(try call.float("lr"), warmup: try call.int("warmup", in: 0...Int.max)),
      average: try call.float("average"), foreground: try call.float("foreground"), augment: try augmentations(call), seed: call.context.seed, start: start)
    let cadence = Cadence(
      checkpointEvery: try call.int("checkpoint_every", in: 1...Int.max), validateEvery: try call.int("validate_every", in: 0...Int.max), keep: try call.int("keep", in: 0...Int.max))
    let folder = try call.string("folder")
    do {
      let run = try Run(try call.string("name"), in: folder, settings, creates: call.dryRun == nil), value = Value(RunValue(run: run, cadence: cadence, folder: folder))
      if !run.exists {
        call.record(Effect("run \"\(run.name)\"", writes: [Effect.Item(run.path, "a run: settings", bytes: 0)]))
        call.dryRun?.promise(value, at: run.path)
      }
      return value
    } catch let difference as RunDifference {
      throw differs(difference, call)
    } catch let error as NotRead where call.dryRun != nil {
      // the crops that it will train on are not there yet
      let path = Files.join(folder, try call.string("name"))
      call.record(Effect("run \"\(try call.string("name"))\"", reads: error.reads, writes: [Effect.Item(path, "a run: settings")]))
      call.dryRun?.promise(.unknown, at: path)
      return .unknown
    }
  }

  /// E8: the caret under the argument that is not as on disk.
  private static func differs(_ found: RunDifference, _ call: Call) -> Failure {
    let folder = (try? call.string("folder")) ?? "runs", place = folder == "runs" ? found.name : Files.join(folder, found.name)
    let argument = found.key.prefix { $0 != "." && $0 != "[" }.description, rest = String(found.key.dropFirst(argument.count).drop { $0 == "." })
    let isFunction = rest.hasSuffix("function")
    let label = argument == "model" ? "another network than on disk" : isFunction ? "`\(rest.hasSuffix("_function") ? String(rest.dropLast(9)) : argument)` is another function than on disk, or uses other values"
      : (rest.isEmpty ? "" : "\(rest): ") + "on disk \(shown(found.onDisk)), here \(shown(found.here))"
    var ways: [String] = []
    if rest.isEmpty, found.onDisk.double != nil || found.onDisk.string != nil { ways.append("resume with \(argument == "seed" ? "seed(\(shown(found.onDisk)))" : "\(argument)=\(shown(found.onDisk))")") }
    ways.append(found.hasScores ? "start from its weights: run(\"\(found.name)-2\", …, from=best(\"\(place)\"))" : "give it another name: run(\"\(found.name)-2\", …)")
    let isArgument = call.builtin.signature.parameter(argument) != nil && call.isGiven(argument)
    return call.failure(
      .run, "run \"\(found.name)\" exists with other settings (\(grouped(found.iterations)) iterations done)", at: isArgument ? argument : nil,
      label: (isArgument ? "" : "\(argument): ") + label, hint: ways.joined(separator: ", or "))
  }

  /// "160", "0.003", "1e-4".
  private static func plain(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return "\(Int(number))" }
    var mantissa = number, exponent = 0
    guard abs(number) < 1e-3 else { return "\(number)" }
    while abs(mantissa) < 1 && exponent > -300 { exponent -= 1; mantissa = (number * (Double("1e\(-exponent)") ?? 1) * 1e9).rounded() / 1e9 }
    let digits = mantissa == mantissa.rounded() ? "\(Int(mantissa))" : "\(mantissa)"
    return Double("\(digits)e\(exponent)") == number ? "\(digits)e\(exponent)" : "\(number)"
  }

  /// A setting as a script would write it.
  private static func shown(_ value: JSON) -> String {
    switch value {
    case .null: "nothing"
    case .double(let number): plain(number)
    default: Value(json: value).written()
    }
  }

  private static func optimizer(_ call: Call) throws -> OptimizerSettings.Method {
    try call.string("optimizer") == "adam" ? .adam : .radam
  }

  private static func augmentations(_ call: Call) throws -> [Augmentation] {
    guard let list = try call.optionalList("augment") else { return try Augmentation.usual() }
    return try list.map {
      if case .function(let function) = $0 { return try Augmentation.of(function, call) }
      guard let augmentation = $0.object(as: AugmentationValue.self) else { throw call.failure(.type, "`augment` must hold augmentations such as aug.mirror(), or functions of raw and labels, not \($0.typePhrase)", at: "augment") }
      return augmentation.augmentation
    }
  }

  static let openRun = Builtin(
    "open_run", "(name: string, folder=\"runs\", task: task = nil) -> run", "Opens a run by its name, or by the path of its folder.",
    details: ["task: the task that the run was made with, where that is one of your own: its functions are not on disk. Without it the run can be looked at and can predict."],
    searchTerms: ["resume"]
  ) { call in
    let (folder, name) = try runPlace(call, try call.string("name")), task = try call.optionalObject("task", as: TaskValue.self)?.task
    if let made = call.dryRun?.made(at: Files.join(folder, name)), Files.kind(Files.join(folder, name)) == nil { return made }
    do { return Value(RunValue(run: try Run(opening: name, in: folder, task: task), cadence: Cadence(), folder: folder)) } catch let difference as RunDifference {
      throw differs(difference, call)
    }
  }

  /// A run's folder of runs and its name, from a name or a path.
  private static func runPlace(_ call: Call, _ name: String) throws -> (folder: String, name: String) {
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count > 1, let last = parts.last else { return (try call.string("folder"), name) }
    return (String(name.prefix { $0 == "/" }) + parts.dropLast().joined(separator: "/"), last)
  }

  static let train = Builtin(
    "train", "(r: run, iterations: int = nil, time: time = nil) -> run",
    "Trains until a number of iterations or an amount of training time (over all sessions) is reached; goes on from the last checkpoint.",
    details: [
      "Without either it goes on to what the run was last trained towards. Ctrl-C writes a checkpoint first. Equal settings and seed give equal weights, however often training is stopped.",
    ],
    searchTerms: ["fit", "learn", "resume"], effect: .acts, plan: { call in
      let run = try call.object("r", as: RunValue.self).run, isPlain = !call.isGiven("iterations") && !call.isGiven("time")
      let goal = try (isPlain ? run.session?.goal.iterations : call.optionalInt("iterations")).map { "to \(grouped($0)) iterations" } ?? "until its time is used up"
      call.record(Effect(
        "train \"\(run.name)\"", writes: [Effect.Item(run.path, "checkpoints, losses, scores", bytes: nil)], notes: ["trains    \(goal); \(grouped(run.iteration)) are done"], isPart: true))
      call.dryRun?.promise(.unknown(sketch: try run.sketch()), at: run.path)
      return try call.value("r")
    }
  ) { call in
    let value = try call.object("r", as: RunValue.self)
    var limit = TrainLimit(iterations: try call.optionalInt("iterations"), seconds: try call.optionalDuration("time"))
    if limit.iterations == nil && limit.seconds == nil {
      guard let goal = value.run.session?.goal else { throw call.failure(.argument, "`train` needs iterations or time", hint: "train(r, iterations=10_000)   or   train(r, time=20min)") }
      if let iterations = goal.iterations, iterations <= value.run.iteration {
        throw call.failure(
          .argument, "run \"\(value.run.name)\" has the \(grouped(iterations)) iterations it was trained towards", hint: "train(r, iterations=\(2 * max(1, value.run.iteration)))")
      }
      limit = goal
    }
    try value.run.train(until: limit, cadence: value.cadence, call.execution)
    return Value(value)
  }

  static let validate = Builtin(
    "validate", "(r: run, iteration: int = nil) -> table", "Scores a kept checkpoint, the last if none is named, on the validation crops: a row a crop and combination of the sweep.",
    details: ["The rows are recorded with the run's other scores if that iteration has none yet."], searchTerms: ["score", "evaluate"], effect: .acts
  ) { call in
    let run = try call.object("r", as: RunValue.self).run
    do { return Value(run.table(try run.validate(iteration: try call.optionalInt("iteration"), call.execution))) } catch let error as TrainingError {
      if case .noCheckpoint = error { throw call.failure(.value, error.description, at: call.isGiven("iteration") ? "iteration" : "r") }
      throw error
    }
  }

  static let best = Builtin(
    "best", "(r: run|string|list, by: \"accuracy|dice|f1|jaccard|precision|rand|recall|voi|voi_merge|voi_split\" = nil, folder=\"runs\") -> best",
    "The checkpoint and parameters with the best validation score: of a run, of a run by name, or of several.",
    details: [
      "by: one of the task's metrics, its first one if none is named. The score is the mean over crops.",
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
    let runs = try all.map(run)
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
    "export", "(r: run|best|model, to: string, iteration: int = nil, note: string = nil) -> model",
    "Writes weights, architecture, task and chosen parameters to one .dcmodel file."
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
    try model.save(try call.writablePath("to"))
    return Value(ModelValue(trained: model))
  }
}

extension TrainingError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .interrupted: Failure(.interrupted, description, hint: hint)
    default: Failure(.data, description, hint: hint)
    }
  }
}

extension RunDifference: FailureConvertible {
  package var failure: Failure { Failure(.run, description) }
}
