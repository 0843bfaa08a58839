// Scores weights on the validation crops: whole crops predicted blockwise, the task's whole sweep, every row kept.

import Arrays
import Blockwise
import Execution
import Geometry
import Networks
import Storage

extension Run {
  /// Scores a kept checkpoint, the last if nil; records the rows if this iteration has none yet.
  ///
  /// - Throws: `TrainingError.noCheckpoint`, `.settings` if the split has nothing to validate on.
  package func validate(iteration: Int? = nil, _ context: ExecutionContext) throws -> [ScoreRow] {
    guard !settings.data.validate.isEmpty else { throw TrainingError.settings(name: "data", expected: "a crop with use \"validate\"", found: "training crops only") }
    let iteration = iteration ?? self.iteration, weights = try parameters(iteration: iteration)
    let rows = try scores(of: weights, iteration: iteration, context)
    if !scores.contains(where: { $0.iteration == iteration }) { try record(rows) }
    return rows
  }

  func scores(of parameters: ParameterSet, iteration: Int, _ context: ExecutionContext) throws -> [ScoreRow] {
    let model = try model(parameters, iteration: iteration), crops = settings.data.validate
    let label = "validate \(name)"
    defer { context.progress.finish(label) }
    return try crops.enumerated().flatMap { index, crop in
      context.progress.report(ProgressUpdate(label, done: Int64(index), total: Int64(crops.count), unit: "crops", note: crop.name))
      return try score(model, crop, iteration, context)
    }
  }

  private func score(_ model: Model, _ crop: Crop, _ iteration: Int, _ context: ExecutionContext) throws -> [ScoreRow] {
    let prediction = try predict(model, crop, context)
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    let labels = try crop.labels.read(offset: crop.bounds.offset.values, shape: crop.bounds.shape.values, reading)
    let mask = try crop.mask.map { try $0.read(offset: crop.bounds.offset.values, shape: crop.bounds.shape.values, reading) }
    return try settings.task.score(prediction, labels: labels, mask: mask, grid: try crop.labels.grid(at: crop.bounds.offset.values), iteration: iteration, crop: crop.name, context)
  }

  /// (channels, space…) of the crop's labelled voxels.
  private func predict(_ model: Model, _ crop: Crop, _ context: ExecutionContext) throws -> NDArray {
    let grid = crop.raw.source.grid
    let corner = try VoxelRoi(offset: Coordinate(crop.bounds.offset.values), shape: crop.bounds.shape).shifted(by: Coordinate(crop.rawShift))
    let options = PredictOptions(roi: try grid.world(corner), name: name)
    var seamless = model   // what users will predict with
    seamless.network = try model.network.seamless()
    let result = try Blockwise.predict(seamless, crop.raw.source, options, context).output
    let whole = try result.read(try VoxelRoi(shape: result.shape), ReadContext(pool: context.pool, cancellation: context.cancellation))
    return try whole.reshaped([model.network.outChannels] + crop.bounds.shape.values)
  }

  func record(_ rows: [ScoreRow]) throws {
    try folder.append(rows)
    let all = state.withLock { state in
      state.scores += rows
      return state.scores
    }
    let best = settings.task.metrics.compactMap { metric in Best.among(all, settings.task, by: metric).map { JSON.Member(metric.name, $0.record) } }
    try Files.writeAtomically(JSON.object(best).pretty, folder.bestPath)
  }

  /// Removes checkpoints that are neither among the latest `keep` nor the best of a metric; 0 keeps all.
  func prune(keep: Int) throws {
    if keep == 0 { return }
    let (have, rows) = state.withLock { ($0.checkpoints, $0.scores) }
    let best = Set(settings.task.metrics.compactMap { Best.among(rows, settings.task, by: $0)?.iteration })
    for iteration in have.dropLast(keep) where !best.contains(iteration) {
      try Files.remove(folder.checkpointPath(iteration))
      state.withLock { $0.checkpoints.removeAll { $0 == iteration } }
    }
  }
}
