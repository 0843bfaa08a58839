// What makes a run what it is. Two trainings with equal settings give equal weights; settings that do not change the weights
// (how often to validate, what to keep) are `Cadence` and may change between sessions of one run.

import Arrays
import Blockwise
import Geometry
import Networks
import Storage

package struct RunSettings: Sendable {
  package var network: Network
  package var task: Task
  package var data: DataSplit
  /// Spatial size of what the network is given in training.
  package var input: [Int]
  package var batch: Int
  package var optimizer: OptimizerSettings.Method
  package var rate: LearningRate
  package var steps: StepSettings
  /// Predictions use a running mean of the weights, each step weighing 1 − `average` (Polyak & Juditsky 1992; as EMA in practice): it scores
  /// like a lower learning rate and costs nothing. 0: the weights themselves.
  package var average: Double
  /// The share of patches centred on foreground.
  package var foreground: Double
  package var augment: [Augmentation]
  package var seed: UInt64
  package var normalisation: Normalisation
  /// Weights to start from instead of new ones, by name of their origin.
  package var start: Start?

  package struct Start: Sendable {
    package let origin: String
    package let parameters: ParameterSet
    /// What the weights expect of raw; nil: not known.
    package let normalisation: Normalisation?
    package init(origin: String, parameters: ParameterSet, normalisation: Normalisation? = nil) { (self.origin, self.parameters, self.normalisation) = (origin, parameters, normalisation) }
  }

  /// - Parameter normalisation: nil: that of the weights to start from, else mean and deviation of the training crops are measured.
  /// - Throws: `TrainingError.channels` where split, network and task do not fit, `.settings` for numbers out of range, `NetworkError` for a size that does not fit.
  package init(
    network: Network, task: Task, data: DataSplit, input: [Int], batch: Int = 2, optimizer: OptimizerSettings.Method = .radam, rate: LearningRate = LearningRate(1e-4),
    steps: StepSettings = StepSettings(), average: Double = 0, foreground: Double = 0.5, augment: [Augmentation], seed: UInt64 = 0, normalisation: Normalisation? = nil, start: Start? = nil
  ) throws {
    guard network.spatialRank == data.rank else { throw TrainingError.channels(what: "the network", expected: "\(network.spatialRank) spatial axes", found: "\(data.rank) in the data") }
    guard network.inChannels == data.rawChannels else { throw TrainingError.channels(what: "the network", expected: "\(network.inChannels) of raw", found: "\(data.rawChannels)") }
    guard network.outChannels == task.channels.count else { throw TrainingError.channels(what: "task \"\(task.name)\"", expected: "\(task.channels.count) of the network", found: "\(network.outChannels)") }
    if let wanted = task.labelChannels, wanted != data.labelChannels { throw TrainingError.channels(what: "task \"\(task.name)\"", expected: "\(wanted) of labels", found: "\(data.labelChannels)") }
    if !data.classes.isEmpty, data.classes != Array(task.channels.prefix(data.classes.count)), !task.isCustom {
      throw TrainingError.channels(what: "task \"\(task.name)\"", expected: task.channels.joined(separator: ", "), found: data.classes.joined(separator: ", "))
    }
    guard (1...4096).contains(batch) else { throw TrainingError.settings(name: "batch", expected: "1 to 4096", found: "\(batch)") }
    guard foreground >= 0, foreground <= 1 else { throw TrainingError.settings(name: "foreground", expected: "a share from 0 to 1", found: "\(foreground)") }
    guard average >= 0, average < 1 else { throw TrainingError.settings(name: "average", expected: "from 0 up to, not including, 1", found: "\(average)") }
    guard rate.rate > 0, rate.rate.isFinite else { throw TrainingError.settings(name: "lr", expected: "a number above 0", found: "\(rate.rate)") }
    _ = try steps.optimizer(optimizer, rate: rate.rate)
    _ = try network.outputShape(forSpatial: input)
    try Self.checkScale(network, data, input)
    let voxel = data.voxelSize.values.map(\.double)
    guard zip(task.context(voxelSize: voxel), input).allSatisfy({ $0 <= 4 * $1 + 64 }) else {
      throw TrainingError.settings(name: "context of task \"\(task.name)\"", expected: "at most four patches", found: "\(task.context) with voxels of \(data.voxelSize) nm")
    }
    try start?.parameters.check(network)
    (self.network, self.task, self.data, self.input, self.batch, self.optimizer, self.rate, self.steps) = (network, task, data, input, batch, optimizer, rate, steps)
    (self.average, self.foreground, self.augment, self.seed, self.start) = (average, foreground, augment, seed, start)
    self.normalisation = try normalisation ?? start?.normalisation ?? .standard(data.train)
  }

  /// The output is as fine as labels are, and lies in the middle of the input.
  private static func checkScale(_ network: Network, _ data: DataSplit, _ input: [Int]) throws {
    if network.seesAll && data.rate.allSatisfy({ $0 == 1 }) { return }
    let scale = try NetworkTiles(network, atLeast: [Int](repeating: 1, count: network.spatialRank)).scale
    func times(_ factors: [Int]) -> String { factors.allSatisfy { $0 == 1 } ? "as fine as its input" : "\(shapeText(factors)) times as fine as its input" }
    guard scale == data.rate else { throw TrainingError.scale(network: times(scale), voxel: data.voxelSize.description, raw: data.rawVoxelSize.description, wanted: data.rate) }
    if scale.allSatisfy({ $0 == 1 }) { return }
    let geometry = try network.geometry(forSpatial: input)
    guard geometry.before == geometry.after, try zip(geometry.before, scale).allSatisfy({ (try $0 * Rational($1)).int != nil }) else {
      throw TrainingError.settings(name: "input", expected: "one in whose middle the output of \(network.name) lies", found: shapeText(input))
    }
  }

  package func patchShape() throws -> PatchShape {
    PatchShape(input: input, output: try network.outputShape(forSpatial: input), context: task.context(voxelSize: data.voxelSize.values.map(\.double)), rate: data.rate)
  }
}

/// How the learning rate goes with the iterations: linearly up from a hundredth over `warmup`, then constant or falling.
package struct LearningRate: Sendable, Equatable {
  package typealias Decay = Schedule.Decay
  package var rate: Double
  package var warmup: Int
  package var decay: Decay

  package init(_ rate: Double, warmup: Int = 0, decay: Decay = .constant) { (self.rate, self.warmup, self.decay) = (rate, warmup, decay) }

  /// - Parameter iteration: 0 for the first step.
  package func rate(at iteration: Int) -> Double { rate * Schedule(start: 0.01, warmup: warmup, decay: decay).factor(iteration) }
}

/// What may change between sessions of one run.
package struct Cadence: Sendable, Equatable {
  package var checkpointEvery: Int
  /// 0: only at the end.
  package var validateEvery: Int
  /// How many of the latest checkpoints are kept besides the best one of each metric; 0 keeps all.
  package var keep: Int
  /// Bytes that predictions of the validation crops, those of the best checkpoint, may take on disk; 0 keeps none.
  package var predictions: Int

  package init(checkpointEvery: Int = 1000, validateEvery: Int = 1000, keep: Int = 2, predictions: Int = 2 << 30) {
    (self.checkpointEvery, self.validateEvery, self.keep, self.predictions) = (checkpointEvery, validateEvery, keep, predictions)
  }
}
