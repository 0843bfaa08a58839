// One session of training: batches made ahead, one step an iteration, checkpoints, validation.

import Arrays
import Execution
import Networks
import Storage

struct TrainingSession {
  let run: Run, limit: TrainLimit, cadence: Cadence, context: ExecutionContext
  var checkpoint: Checkpoint
  /// Rows not yet on disk.
  var pending: [LossRow] = []
  var seconds: Double
  var savedIteration: Int
  private var curve = LossCurve(), lastFlush = Clock.steady()
  /// Validations since the best one.
  private var stale: Int
  /// Sends the same rows to a database.
  let writer: StoreWriter?

  init(_ run: Run, _ limit: TrainLimit, _ cadence: Cadence, _ store: RecordStore?, _ context: ExecutionContext) throws {
    (self.run, self.limit, self.cadence, self.context) = (run, limit, cadence, context)
    let last = run.iteration
    checkpoint = last > 0 ? try Checkpoint(reading: run.folder.checkpointPath(last), run.settings) : try Checkpoint(run.settings)
    (seconds, savedIteration, stale) = (run.seconds, last, run.staleValidations)
    // what a crash left after the checkpoint is made again
    try run.folder.replace(losses: run.losses)
    try run.folder.replace(scores: run.scores, run.settings.task)
    writer = try store.map { try StoreWriter($0, run) }
    for row in run.losses { curve.add(row.loss) }
  }

  private var reached: TrainReport.Reason? {
    if let iterations = limit.iterations, checkpoint.iteration >= iterations { return .iterations }
    if let budget = limit.seconds, seconds >= budget { return .time }
    if let patience = limit.patience, stale >= patience { return .patience }
    return nil
  }

  mutating func train() throws -> TrainReport {
    do {
      if reached == nil { try run.settings.rehearse(context) }
      if isDue(cadence.validateEvery) { try validate() }
      if reached == nil { try steps() }
      try save()
      try validate()
    } catch is Cancelled {
      throw try interrupted()
    } catch let error as TrainingError {
      throw error
    } catch where context.cancellation.isCancelled {   // a stopped prediction has its own error
      throw try interrupted()
    } catch {
      try? save()   // whatever went wrong, the iterations done are kept if they can be
      throw error
    }
    return TrainReport(reason: reached ?? .iterations, iteration: checkpoint.iteration, seconds: seconds)
  }

  private mutating func interrupted() throws -> TrainingError {
    if checkpoint.iteration != savedIteration { context.progress.say("stopping: writing the checkpoint of iteration \(checkpoint.iteration) of run \"\(run.name)\"") }
    try save()
    return TrainingError.interrupted(name: run.name, iteration: checkpoint.iteration, path: run.path)
  }

  // MARK: Steps

  private mutating func steps() throws {
    let settings = run.settings, maker = try BatchMaker(settings, context)
    let alone = ExecutionContext(pool: ThreadPool(threads: 1), cancellation: context.cancellation, memoryBudget: context.memoryBudget)
    let engine = try Engine(settings.network, batch: settings.batch, inputSpatialShape: settings.input, mode: .training, fast: true, context: context)
    let queue = BatchQueue(from: checkpoint.iteration * settings.steps.accumulate) { try maker.batch($0, alone) }
    defer { queue.stop() }
    let label = "train \(run.name)", before = seconds
    defer { context.progress.finish(label) }
    while reached == nil {
      try context.cancellation.check()
      let begin = Clock.steady()
      let (loss, gradients) = try gradients(engine, queue)
      try checkpoint.step(gradients, pool: context.pool)
      let end = Clock.steady()
      record(loss, end - begin)
      report(label)
      if end - lastFlush > 1 { try flush(sync: false) }
      if isDue(cadence.checkpointEvery) || isDue(cadence.validateEvery) { try save() }
      if isDue(cadence.validateEvery) { try validate() }
    }
    // the first batch of a session is always waited for, so short ones say nothing
    if seconds - before < 10 { return }
    context.progress.say("run \"\(run.name)\": \(LossCurve.rounded(100 * queue.waited / max(seconds - before, 1e-9), 2)) % of \(LossCurve.rounded(seconds - before, 1)) s of training was waiting for patches")
  }

  /// Mean loss and mean gradients of the batches of one step.
  private func gradients(_ engine: Engine, _ queue: BatchQueue) throws -> (loss: Double, gradients: ParameterSet) {
    let settings = run.settings, parts = settings.steps.accumulate
    var sum: ParameterSet?, loss = 0.0
    for part in 0..<parts {
      try context.cancellation.check()
      let batch = try queue.next()
      var draw = KeyedGenerator(seed: settings.seed, purpose: "dropout", index: UInt64(checkpoint.iteration * parts + part))
      let output = try engine.forward(batch.raw, checkpoint.parameters, draw: draw.next())
      let found = try settings.task.loss(output, target: batch.target, weight: batch.weight, pool: context.pool)
      guard found.value.isFinite else { throw try run.notFinite(batch, output, context) }
      let gradients = try engine.backward(found.gradient)
      if parts == 1 { return (found.value, gradients) }
      if sum == nil { sum = try ParameterSet(zerosFor: settings.network) }
      sum?.add(gradients, times: 1 / Float(parts))
      loss += found.value / Double(parts)
    }
    return (loss, try sum ?? ParameterSet(zerosFor: settings.network))
  }

  private func isDue(_ every: Int) -> Bool { every > 0 && checkpoint.iteration > 0 && checkpoint.iteration % every == 0 }

  private mutating func record(_ loss: Double, _ step: Double) {
    seconds += step
    pending.append(LossRow(iteration: checkpoint.iteration, loss: loss, seconds: seconds).asWritten)
    curve.add(loss)
  }

  private func report(_ label: String) {
    let note = "loss \(LossCurve.rounded(curve.last, 3))"
    if let budget = limit.seconds, limit.iterations == nil {
      context.progress.report(ProgressUpdate(label, done: Int64(min(seconds, budget)), total: Int64(min(budget, 1e15)), unit: "s", note: "iteration \(checkpoint.iteration)  " + note, curve: curve.values))
    } else {
      context.progress.report(ProgressUpdate(label, done: Int64(checkpoint.iteration), total: Int64(limit.iterations ?? 0), unit: "iterations", note: note, curve: curve.values))
    }
  }

  // MARK: What is kept

  /// Appends the losses made since the last time.
  private mutating func flush(sync: Bool) throws {
    lastFlush = Clock.steady()
    try run.folder.append(pending, sync: sync)
    run.state.withLock { $0.losses += pending }
    pending = []
    writer?.tick(context)
  }

  /// Losses first, then the checkpoint that makes them count.
  private mutating func save() throws {
    try flush(sync: true)
    if checkpoint.iteration == savedIteration { return }
    guard checkpoint.isFinite else { throw TrainingError.weightsNotFinite(name: run.name, iteration: checkpoint.iteration) }
    try checkpoint.write(run.folder.checkpointPath(checkpoint.iteration))
    savedIteration = checkpoint.iteration
    run.state.withLock {
      $0.iteration = checkpoint.iteration
      $0.checkpoints.append(checkpoint.iteration)
    }
    try run.prune(keep: cadence.keep)
    writer?.send(context)
  }

  /// Scores the current weights if that is not done; a checkpoint of them is on disk by then.
  private mutating func validate() throws {
    let iteration = checkpoint.iteration
    if iteration == 0 || run.settings.data.validate.isEmpty || run.scores.contains(where: { $0.iteration == iteration }) { return }
    try save()
    _ = try run.score(checkpoint.best, iteration: iteration, keepsPredictions: cadence.predictions, context)
    stale = run.staleValidations
    try run.prune(keep: cadence.keep)
    writer?.send(context)
  }
}
