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
    (name: string, model: model, task: task, data: split, lr=1e-4, batch=2, augment: list = nil, input: int|coord = nil, optimizer: "radam|adam|adamw|sgd" = "radam",
     warmup=0, decay: "none|cosine|step" = "none", decay_over: int = nil, decay_factor=0.1, weight_decay: float = nil, momentum=0.0, nesterov=false, clip=0.0, accumulate=1, average=0.0, foreground=0.5, validate_every=1000, checkpoint_every=1000, keep=2, keep_predictions=2GiB, from: best|run|model = nil, folder="runs", store: string = nil) -> run
    """,
    "Makes a run, or opens the one of this name if its settings are the same; train(r) trains it.",
    details: [
      "model, from: of a model with weights, channels whose labels are channels of the task keep their weights of the head; the others start anew.",
      "What decides the weights: model, task, data, lr, batch, augment, input, optimizer and its numbers, warmup, decay, clip, accumulate, average, foreground, from, and the script's seed.",
      "optimizer: radam, adam, adamw (weight_decay 0.01 unless given) or sgd (momentum, nesterov), as torch.optim has them; weight_decay shrinks weights, with adam and sgd by way of the gradient.",
      "warmup: iterations from lr / 100 to lr. decay=\"cosine\" lets it fall to nothing over decay_over iterations, decay=\"step\" multiplies it by decay_factor after every decay_over.",
      "clip: gradients with a larger norm are scaled down to it. accumulate: batches whose mean gradient makes a step: a larger batch in the memory of a small one.",
      "augment: aug.…(…), or functions fn(raw, labels) that return raw or [raw, labels] of the same shape; a third argument, if it has one, is a key for random(…, key=key) that differs from patch "
        + "to patch. Not given: mirror, transpose and a mild intensity.",
      "foreground: the share of patches centred on labelled objects. average: weights are averaged over the last 1 / (1 − average) iterations.",
      "keep: latest checkpoints kept beside the best. keep_predictions: what predictions of the validation crops, those of the best checkpoint, may take on disk (r.predictions); 0B keeps none.",
      "Raw is scaled to mean 0 and deviation 1 over the training crops, or as the weights to start from expect it, where they say so.",
      "from: weights to start from: best(…), another run (its best checkpoint, or its last if it was never scored), or a model such as load_model(…) reads.",
      "store: a database that gets the same rows as the folder: a SQLite file (\"runs.sqlite\") or postgresql://user@host/database. The run remembers it. Not given: the variable DCS_STORE; \"\": none.",
    ],
    searchTerms: ["train", "experiment"]
  ) { call in
    let model = try call.object("model", as: ModelValue.self), task = try call.object("task", as: TaskValue.self).task
    let data = try call.object("data", as: SplitValue.self).split
    let network: Network
    var start: RunSettings.Start?
    switch model.kind {
    case .architecture(let backbone): network = try backbone.withHead(channels: task.channels.count)
    case .trained(let trained): (network, start) = try headed(call, trained, task, origin: "model")
    }
    if !(try call.value("from")).isNil {
      let from = try startingModel(call), origin = try call.value("from").object?.brief ?? "model"
      start = try headed(call, from, task, origin: origin).start
    }
    let settings = try RunSettings(
      network: network, task: task, data: data, input: try call.optionalVoxels("input", rank: network.spatialRank)?.values ?? model.input,
      batch: try call.int("batch", in: 1...4096), optimizer: try optimizer(call), rate: LearningRate(try call.float("lr"), warmup: try call.int("warmup", in: 0...Int.max), decay: try decay(call)),
      steps: StepSettings(weightDecay: try call.optionalFloat("weight_decay"), momentum: try call.float("momentum"), nesterov: try call.bool("nesterov"), clip: try call.float("clip"),
                          accumulate: try call.int("accumulate", in: 1...1024)),
      average: try call.float("average"), foreground: try call.float("foreground"), augment: try augmentations(call), seed: call.context.seed, start: start)
    for crop in data.train where zip(crop.raw.shape, settings.input).contains(where: { $0 < $1 }) {
      call.execution.progress.say("crop \"\(crop.name)\": raw of \(crop.raw.shape.map(String.init).joined(separator: " × ")) voxels is smaller than the input; what lies outside is reflected")
    }
    let cadence = Cadence(
      checkpointEvery: try call.int("checkpoint_every", in: 1...Int.max), validateEvery: try call.int("validate_every", in: 0...Int.max), keep: try call.int("keep", in: 0...Int.max),
      predictions: try call.bytes("keep_predictions"))
    _ = try call.givenStore()
    let folder = try call.string("folder")
    do {
      let run = try Run(try call.string("name"), in: folder, settings, creates: call.dryRun == nil), value = Value(RunValue(run: run, cadence: cadence, folder: folder, store: try call.optionalString("store")))
      if !run.exists {
        call.record(Effect("run \"\(run.name)\"", writes: [Effect.Item(run.path, "a run: settings", bytes: 0)]))
        call.dryRun?.promise(value, at: run.path)
      }
      return value
    } catch let difference as RunDifference {
      throw difference.failure(call)
    } catch let error as NotRead where call.dryRun != nil {
      // the crops that it will train on are not there yet
      let path = Files.join(folder, try call.string("name"))
      call.record(Effect("run \"\(try call.string("name"))\"", reads: error.reads, writes: [Effect.Item(path, "a run: settings")]))
      call.dryRun?.promise(.unknown, at: path)
      return .unknown
    }
  }

  /// A model's network and weights for a task: where the labels of its channels are others than the task's, with a head for these that keeps what it has of them.
  private static func headed(_ call: Call, _ model: Model, _ task: Task, origin: String) throws -> (network: Network, start: RunSettings.Start) {
    let normalisation = model.normalisation == .none ? nil : model.normalisation   // weights alone do not say what they expect
    let fits = model.labels.map { $0 == task.channels } ?? (model.network.outChannels == task.channels.count)
    guard !fits, let (network, parameters, kept) = try model.withHead(for: task.channels, seed: call.context.seed) else {
      return (model.network, RunSettings.Start(origin: origin, parameters: model.parameters, normalisation: normalisation))
    }
    let head = kept.isEmpty ? "a new head" : "of its head \(kept.joined(separator: ", "))"
    return (network, RunSettings.Start(origin: "\(origin), \(head)", parameters: parameters, normalisation: normalisation))
  }

  private static func startingModel(_ call: Call) throws -> Model {
    guard let value = try call.value("from").object(as: RunValue.self) else { return try call.trainedModel("from") }
    if value.run.iteration == 0 { throw call.failure(.value, "run \"\(value.run.name)\" is not trained: it has no weights to start from", at: "from") }
    return try (try? value.run.best()).map { try value.run.model($0) } ?? value.run.model()
  }

  private static func optimizer(_ call: Call) throws -> OptimizerSettings.Method {
    OptimizerSettings.Method(rawValue: try call.string("optimizer")) ?? .radam
  }

  private static func decay(_ call: Call) throws -> LearningRate.Decay {
    let kind = try call.string("decay")
    if kind == "none" {
      if call.isGiven("decay_over") { throw call.failure(.argument, "`decay_over` needs a `decay`", at: "decay_over", hint: "decay=\"cosine\" or decay=\"step\"") }
      return .constant
    }
    guard let over = try call.optionalInt("decay_over") else { throw call.failure(.argument, "decay=\"\(kind)\" needs `decay_over`", at: "decay", hint: "decay_over=100_000, in iterations") }
    guard over >= 1 else { throw call.failure(.value, "`decay_over` must be 1 or more", at: "decay_over") }
    let factor = try call.float("decay_factor")
    guard factor >= 0, factor <= 1 else { throw call.failure(.value, "`decay_factor` must be a number from 0 to 1", at: "decay_factor") }
    return kind == "cosine" ? .cosine(over: over) : .steps(every: over, factor: factor)
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
    "open_run", "(name: string, folder=\"runs\", task: task = nil, store: string = nil) -> run", "Opens a run by its name, or by the path of its folder.",
    details: ["task: the task that the run was made with, where that is one of your own: its functions are not on disk. Without it the run can be looked at and can predict.", "store: as in run(…)."],
    searchTerms: ["resume"]
  ) { call in
    let (folder, name) = try runPlace(call, try call.string("name")), task = try call.optionalObject("task", as: TaskValue.self)?.task
    _ = try call.givenStore()
    if let made = call.dryRun?.made(at: Files.join(folder, name)), Files.kind(Files.join(folder, name)) == nil { return made }
    do { return Value(RunValue(run: try Run(opening: name, in: folder, task: task), cadence: Cadence(), folder: folder, store: try call.optionalString("store"))) } catch let difference as RunDifference {
      throw difference.failure(call)
    }
  }

  /// A run's folder of runs and its name, from a name or a path.
  static func runPlace(_ call: Call, _ name: String) throws -> (folder: String, name: String) {
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count > 1, let last = parts.last else { return (try call.string("folder"), name) }
    return (String(name.prefix { $0 == "/" }) + parts.dropLast().joined(separator: "/"), last)
  }
}
