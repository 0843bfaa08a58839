import Arrays
import Language
import Networks
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
    return Value(RunValue(run: try Run(try call.string("name"), in: folder, settings), cadence: cadence, folder: folder))
  }

  private static func optimizer(_ call: Call) throws -> OptimizerSettings.Method {
    try call.string("optimizer") == "adam" ? .adam : .radam
  }

  private static func augmentations(_ call: Call) throws -> [Augmentation] {
    guard let list = try call.optionalList("augment") else { return try Augmentation.usual() }
    return try list.map {
      guard let augmentation = $0.object(as: AugmentationValue.self) else { throw call.failure(.type, "`augment` must hold augmentations such as aug.mirror(), not \($0.typePhrase)", at: "augment") }
      return augmentation.augmentation
    }
  }

  static let openRun = Builtin(
    "open_run", "(name: string, folder=\"runs\") -> run", "Opens a run by its name, or by the path of its folder.", searchTerms: ["resume"]
  ) { call in
    let name = try call.string("name"), folder = try call.string("folder")
    let parts = name.split(separator: "/").map(String.init)
    if parts.count > 1, let last = parts.last {
      let parent = String(name.prefix { $0 == "/" }) + parts.dropLast().joined(separator: "/")
      return Value(RunValue(run: try Run(opening: last, in: parent), cadence: Cadence(), folder: parent))
    }
    return Value(RunValue(run: try Run(opening: name, in: folder), cadence: Cadence(), folder: folder))
  }

  static let runs = Builtin("runs", "(folder=\"runs\") -> list", "The names of the runs in a folder.") { call in .list(try Run.list(in: try call.string("folder")).map { .string($0) }) }

  static let train = Builtin(
    "train", "(r: run, iterations: int = nil, time: time = nil) -> run",
    "Trains until a number of iterations or an amount of training time (over all sessions) is reached; goes on from the last checkpoint.",
    searchTerms: ["fit", "learn", "resume"]
  ) { call in
    let value = try call.object("r", as: RunValue.self)
    guard call.isGiven("iterations") || call.isGiven("time") else { throw call.failure(.argument, "`train` needs iterations or time", hint: "train(r, iterations=10_000)   or   train(r, time=20min)") }
    try value.run.train(until: TrainLimit(iterations: try call.optionalInt("iterations"), seconds: try call.optionalDuration("time")), cadence: value.cadence, call.execution)
    return Value(value)
  }

  static let validate = Builtin("validate", "(r: run, iteration: int = nil) -> table", "Scores a kept checkpoint, the last if none is named, on the validation crops.") { call in
    let run = try call.object("r", as: RunValue.self).run
    _ = try run.validate(iteration: try call.optionalInt("iteration"), call.execution)
    return Value(run.scoreTable)
  }

  static let best = Builtin(
    "best", "(r: run|string|list, by: string = nil, folder=\"runs\") -> best",
    "The checkpoint and parameters with the best validation score: of a run, of a run by name, or of several.", searchTerms: ["checkpoint", "threshold"]
  ) { call in
    let by = try call.optionalString("by"), folder = try call.string("folder")
    func run(_ value: Value) throws -> Run {
      if let run = value.object(as: RunValue.self) { return run.run }
      guard case .string(let name) = value else { throw call.failure(.type, "`r` must be a run or the name of one, not \(value.typePhrase)", at: "r") }
      return try Run(opening: name, in: folder)
    }
    let given = try call.value("r")
    let runs: [Run] = if case .list(let list) = given { try list.map(run) } else { [try run(given)] }
    let found = try runs.map { BestValue(run: $0, best: try $0.best(by: by)) }
    guard let first = found.first else { throw call.failure(.value, "`r` names no run", at: "r") }
    let higher = first.run.settings.task.metrics.first { $0.name == first.best.metric }?.higherIsBetter ?? true
    return Value(found.dropFirst().reduce(first) { (higher ? $1.best.score > $0.best.score : $1.best.score < $0.best.score) ? $1 : $0 })
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
    return Value(ModelValue(kind: .trained(model), input: model.network.usualInput))
  }
}

extension TrainingError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .interrupted: Failure(.interrupted, description, hint: hint)
    case .runDiffers: Failure(.run, description, hint: hint)
    default: Failure(.data, description, hint: hint)
    }
  }
}
