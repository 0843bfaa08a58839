import Display
import Language
import Training

extension Builtin {
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
