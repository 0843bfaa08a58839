import CKernels
import Databases
import Display
import Language
import Storage
import Training

extension Builtin {
  static let train = Builtin(
    "train", "(r: run, iterations: int = nil, time: time = nil, patience: int = nil) -> run",
    "Trains until a number of iterations or an amount of training time (over all sessions) is reached, or nothing gets better; goes on from the last checkpoint.",
    details: [
      "patience: stops after so many validations in a row without a better score, by the task's first metric. It counts over sessions, and changes no weights.",
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
    let patience = try call.optionalInt("patience")
    var limit = TrainLimit(iterations: try call.optionalInt("iterations"), seconds: try call.optionalDuration("time"), patience: patience)
    if let patience, patience < 1 { throw call.failure(.value, "`patience` must be at least 1 validation, not \(patience)", at: "patience") }
    if patience != nil, value.cadence.validateEvery == 0 || value.run.settings.data.validate.isEmpty {
      throw call.failure(.argument, "`patience` needs scores: crops with use \"validate\", and validate_every above 0", at: "patience")
    }
    if limit.iterations == nil && limit.seconds == nil {
      guard var goal = value.run.session?.goal else { throw call.failure(.argument, "`train` needs iterations or time", hint: "train(r, iterations=10_000)   or   train(r, time=20min)") }
      goal.patience = patience ?? goal.patience
      if let iterations = goal.iterations, iterations <= value.run.iteration {
        throw call.failure(
          .argument, "run \"\(value.run.name)\" has the \(grouped(iterations)) iterations it was trained towards", hint: "train(r, iterations=\(2 * max(1, value.run.iteration)))")
      }
      limit = goal
    }
    let store = try call.store(of: value), report = try value.run.train(until: limit, cadence: value.cadence, store: store, origin: call.origin, call.execution)
    store?.close()
    if report.reason == .patience, let patience = limit.patience {
      let metric = value.run.settings.task.metrics.first?.name ?? "score"
      call.execution.progress.say("run \"\(value.run.name)\" stopped at \(grouped(report.iteration)) iterations: no better \(metric) in \(patience) \(patience == 1 ? "validation" : "validations")")
    }
    return Value(value)
  }

  static let validate = Builtin(
    "validate", "(r: run, iteration: int = nil) -> table", "Scores a kept checkpoint, the last if none is named, on the validation crops: a row a crop and combination of the sweep.",
    details: ["The rows are recorded with the run's other scores if that iteration has none yet."], searchTerms: ["score", "evaluate"], effect: .acts
  ) { call in
    let value = try call.object("r", as: RunValue.self), run = value.run
    do {
      let store = try call.store(of: value), rows = try run.validate(iteration: try call.optionalInt("iteration"), keepsPredictions: value.cadence.predictions, store: store, call.execution)
      store?.close()
      return Value(run.table(rows))
    } catch let error as TrainingError {
      if case .noCheckpoint = error { throw call.failure(.value, error.description, at: call.isGiven("iteration") ? "iteration" : "r") }
      throw error
    }
  }
}

extension Call {
  /// What a run's provenance says of who made it; addresses among the script's arguments without their passwords.
  fileprivate var origin: JSON {
    var origin = provenance()["dcs"] ?? .emptyObject
    if let arguments = origin["arguments"]?.members {
      origin["arguments"] = .object(arguments.map { argument in
        guard let text = argument.value.string, let address = try? DatabaseAddress(text), case .server = address else { return argument }
        return JSON.Member(argument.key, .string(address.description))
      })
    }
    return origin.merging(["kernels": .string(String(cString: dcs_kernel_level()))])
  }
}

extension TrainingError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .interrupted: return Failure(.interrupted, description, hint: hint)
    case .split(let problems) where problems.count > 1:
      var failure = Failure(.data, "\(problems.count) problems in the data split", hint: hint)
      failure.items = lines
      failure.failed = problems.map { .string($0.description) }
      return failure
    default: return Failure(.data, description, hint: hint)
    }
  }
}
