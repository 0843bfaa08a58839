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
  /// - Parameters:
  ///   - keepsPredictions: bytes that predictions of all crops may take on disk; 0 keeps none.
  ///   - store: where the rows go, too.
  /// - Throws: `TrainingError.noCheckpoint`, `.busy` while the run is trained, `.settings` if the split has nothing to validate on.
  package func validate(iteration: Int? = nil, keepsPredictions limit: Int = Cadence().predictions, store: RecordStore? = nil, _ context: ExecutionContext) throws -> [ScoreRow] {
    guard !settings.data.validate.isEmpty else { throw TrainingError.settings(name: "data", expected: "a crop with use \"validate\"", found: "training crops only") }
    let lock = try RunLock(self)
    defer { withExtendedLifetime(lock) {} }
    try refresh()
    let iteration = iteration ?? self.iteration, weights = try parameters(iteration: iteration)
    let writer = try store.map { try StoreWriter($0, self) }, rows = try score(weights, iteration: iteration, keepsPredictions: limit, context)
    try writer?.begin(context)
    return rows
  }

  /// Scores, and records the rows and what follows from them.
  func score(_ parameters: ParameterSet, iteration: Int, keepsPredictions limit: Int, _ context: ExecutionContext) throws -> [ScoreRow] {
    let model = try model(parameters, iteration: iteration), crops = settings.data.validate
    let bytes = crops.reduce(0.0) { sum, crop in sum + crop.bounds.shape.values.reduce(4 * Double(settings.network.outChannels)) { $0 * Double($1) } }
    let keeper = bytes <= Double(limit) ? PredictionKeeper(folder, iteration: iteration, crops: crops.map(\.name)) : nil
    defer { try? keeper?.finish(isBest: false) }
    let label = "validate \(name)"
    defer { context.progress.finish(label) }
    var rows: [ScoreRow] = [], facts: [CropFact] = []
    for (index, crop) in crops.enumerated() {
      context.progress.report(ProgressUpdate(label, done: Int64(index), total: Int64(crops.count), unit: "crops", note: crop.name))
      let found = try score(model, crop, iteration, keeper, context)
      rows += found.rows
      facts += found.facts
    }
    if facts != cropFacts {
      try folder.write(facts)
      state.withLock { $0.facts = facts }
    }
    if !scores.contains(where: { $0.iteration == iteration }) { try record(rows) }
    try keeper?.finish(isBest: settings.task.metrics.first.flatMap(best)?.iteration == iteration)
    return rows
  }

  private func score(_ model: Model, _ crop: Crop, _ iteration: Int, _ keeper: PredictionKeeper?, _ context: ExecutionContext) throws -> (rows: [ScoreRow], facts: [CropFact]) {
    let (prediction, grid) = try predict(model, crop, context)
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    try keeper?.keep(prediction, grid, of: crop.name, reading)
    let labels = try crop.labels.read(offset: crop.bounds.offset.values, shape: crop.bounds.shape.values, reading)
    let mask = try crop.mask.map { try $0.read(offset: crop.bounds.offset.values, shape: crop.bounds.shape.values, reading) }
    let facts = try settings.task.facts(crop: crop.name, labels: labels, mask: mask)
    return (try settings.task.score(prediction, labels: labels, mask: mask, grid: try crop.labels.grid(at: crop.bounds.offset.values), iteration: iteration, crop: crop.name, context), facts)
  }

  /// (channels, space…) of the crop's labelled voxels, and where they lie.
  private func predict(_ model: Model, _ crop: Crop, _ context: ExecutionContext) throws -> (values: NDArray, grid: Grid) {
    let grid = crop.raw.source.grid
    let under = try crop.raw(under: crop.bounds), rate = crop.rate
    let options = PredictOptions(roi: try grid.world(under), name: name)
    var seamless = model   // what users will predict with
    seamless.network = try model.network.seamless()
    let result = try Blockwise.predict(seamless, crop.raw.source, options, context).output
    // of the voxels of raw that are labelled at all, the labelled part
    let inside = (0..<rate.count).map { crop.bounds.offset[$0] + crop.rawShift[$0] - under.offset[$0] * rate[$0] }, leading = result.shape.count - rate.count
    let box = try VoxelRoi(offset: Coordinate([Int](repeating: 0, count: leading) + inside), shape: Coordinate(Array(result.shape.prefix(leading)) + crop.bounds.shape.values))
    let whole = try result.read(box, ReadContext(pool: context.pool, cancellation: context.cancellation))
    let space = try crop.labels.grid(at: crop.bounds.offset.values)
    return (try whole.reshaped([model.network.outChannels] + crop.bounds.shape.values), try space.with(axes: [.c] + space.axes))
  }

  private func record(_ rows: [ScoreRow]) throws {
    try folder.append(rows)
    state.withLock { $0.scores += rows }
    let best = settings.task.metrics.compactMap(best)
    var members = best.map { JSON.Member($0.metric, $0.record) }
    if let first = best.first(where: { $0.metric == settings.task.metrics.first?.name }) { members.append(.init("overall", ["metric": .string(first.metric), "iteration": JSON(first.iteration)])) }
    try Files.writeAtomically(JSON.object(members).pretty, folder.bestPath)
  }

  /// Removes checkpoints that are neither among the latest `keep` nor the best of a metric; 0 keeps all.
  func prune(keep: Int) throws {
    if keep == 0 { return }
    let have = checkpoints, best = Set(settings.task.metrics.compactMap { self.best($0)?.iteration })
    for iteration in have.dropLast(keep) where !best.contains(iteration) {
      try Files.remove(folder.checkpointPath(iteration))
      state.withLock { $0.checkpoints.removeAll { $0 == iteration } }
    }
  }

  /// Validations since the best one by the task's first metric.
  var staleValidations: Int {
    guard let metric = settings.task.metrics.first, let best = best(metric) else { return 0 }
    return Set(scores.lazy.map(\.iteration).filter { $0 > best.iteration }).count
  }
}
