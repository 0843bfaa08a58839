// A task says what a network learns from labels, how it is scored, and how labels come back from its prediction.
//
// Tasks are values; one file a kind, listed once in `Task.kinds`. A task of a script is made of the same parts.
// labels      (channel, space…)  as on disk, grown by `context` on each side
// target      (channels, space…) float32, of the same space
// prediction  (channels, space…) float32, after the activation

import Arrays
import Execution
import Geometry
import Networks
import Segmentation
import Storage

package struct Task: Sendable {
  package enum Weights: String, Sendable, CaseIterable { case none, balanced }

  /// What a target is made of: one patch, or what validation scores.
  package struct Truth: Sendable {
    /// (channel, space…) as on disk, grown by the task's context on each side.
    package let labels: NDArray
    /// (1 or label channels, space…), uint8, 0 where labels may not be trusted; nil: they may everywhere.
    package let mask: NDArray?
    /// Spatial axes only.
    package let grid: Grid
    /// Voxels at both ends of each spatial axis whose target nobody will look at; nil: none.
    package let margin: [Int]?

    package init(_ labels: NDArray, mask: NDArray? = nil, grid: Grid, margin: [Int]? = nil) { (self.labels, self.mask, self.grid, self.margin) = (labels, mask, grid, margin) }

    /// nm, or voxels where no size is known.
    package var voxelSize: [Double] { grid.voxelSize.values.map(\.double) }
  }

  package struct Target: Sendable {
    /// (channels, space…), float32.
    package var values: NDArray
    /// (1 or channels, space…), uint8: 0 where the target cannot be known; nil if it can everywhere.
    package var trust: NDArray?
    /// (channels, space…), uint8: which of the two sides a voxel counts to where weights are balanced; nil: whether `values` is above its middle.
    package var sides: NDArray?
    package init(_ values: NDArray, trust: NDArray? = nil, sides: NDArray? = nil) { (self.values, self.trust, self.sides) = (values, trust, sides) }
  }

  package typealias MakeTarget = @Sendable (Truth, ExecutionContext) throws -> Target

  /// The kind by which a stored task is made again; "custom" for one of a script.
  package let kind: String
  package let name: String
  /// One name an output channel.
  package let channels: [String]
  /// Channels that labels must have; nil: any number.
  package let labelChannels: Int?
  /// Sees the network's raw output.
  package let loss: TaskLoss
  /// What stored predictions and post-processing see.
  package let activation: HeadActivation
  package let weights: Weights
  /// How far the target looks around.
  package let context: Reach
  package let target: MakeTarget
  package let post: Post
  package let sweep: [SweepAxis]
  /// The first one chooses the best checkpoint unless another is asked for.
  package let metrics: [Metric]
  /// What distinguishes this task from others of its kind, for the run record.
  package let settings: [JSON.Member]
  /// What the prompt shows after the name: "tanh(d / 160 nm)"; empty if there is nothing to say.
  package let phrase: String
  /// What stored predictions lie in, where it is known: "−1…1".
  package let range: String
  /// Opened from disk without the script that defines it: see `init(record:)`.
  package let lacksFunctions: Bool
  /// Whether targets may say for each channel alone where they are known.
  package let trustsChannels: Bool
  /// Of a task of a script: what it was made of, for those who know how to make it again elsewhere.
  package var origin: (any Sendable)?

  package init(
    kind: String = Task.customKind, name: String, channels: [String], labelChannels: Int? = 1, loss: TaskLoss, activation: HeadActivation? = nil, weights: Weights = .none,
    context: Reach = .none, post: Post, sweep: [SweepAxis], metrics: [Metric], settings: [JSON.Member] = [], phrase: String = "", range: String? = nil,
    lacksFunctions: Bool = false, trustsChannels: Bool = false, target: @escaping MakeTarget
  ) throws(TrainingError) {
    guard !channels.isEmpty else { throw .settings(name: "channels", expected: "at least one", found: "none") }
    guard channels.count <= 4096 else { throw .settings(name: "channels", expected: "at most 4,096", found: "\(channels.count)") }
    guard context.isValid else { throw .settings(name: "context", expected: "0 or more", found: "\(context)") }
    guard !metrics.isEmpty else { throw .settings(name: "metrics", expected: "at least one", found: "none") }
    for axis in sweep where axis.values.isEmpty || !axis.values.allSatisfy(\.isFinite) { throw .settings(name: "sweep of \(axis.name)", expected: "numbers", found: "\(axis.values)") }
    if case .threshold = post.rule, sweep.count != 1 { throw .settings(name: "sweep", expected: "the thresholds to try", found: "\(sweep.count) parameters") }
    if loss.isExclusive && channels.count < 2 { throw .settings(name: "channels", expected: "at least 2 for cross_entropy", found: "\(channels.count)") }
    (self.kind, self.name, self.channels, self.labelChannels, self.loss, self.weights, self.context) = (kind, name, channels, labelChannels, loss, weights, context)
    (self.target, self.post, self.sweep, self.metrics, self.settings, self.phrase) = (target, post, sweep, metrics, settings, phrase)
    self.activation = activation ?? Self.usual(loss)
    (self.lacksFunctions, self.trustsChannels) = (lacksFunctions, trustsChannels)
    self.range = range ?? Self.range(self.activation)
  }

  package static let customKind = "custom"
  /// Made of functions of a script, which no file holds.
  package var isCustom: Bool { kind == Self.customKind }

  /// The activation that belongs to a loss.
  package static func usual(_ loss: TaskLoss) -> HeadActivation {
    if loss.isExclusive { return .softmax }
    return loss.isLogit ? .sigmoid : .none
  }

  private static func range(_ activation: HeadActivation) -> String {
    switch activation {
    case .none: ""
    case .sigmoid, .softmax: "0…1"
    case .tanh: "−1…1"
    }
  }
}

/// How far a target looks around: the largest of a length, of some voxels, and of some times the largest voxel.
package struct Reach: Sendable, Equatable, CustomStringConvertible {
  /// nm
  package var length: Double
  /// Axes counted from the last: a task may not know how many there are.
  package var voxels: [Int]
  package var largestVoxels: Double

  package init(length: Double = 0, voxels: [Int] = [], largestVoxels: Double = 0) { (self.length, self.voxels, self.largestVoxels) = (length, voxels, largestVoxels) }
  package static let none = Reach()

  var isValid: Bool { length >= 0 && length.isFinite && largestVoxels >= 0 && largestVoxels.isFinite && voxels.allSatisfy { $0 >= 0 } }

  /// Voxels on each side of each axis.
  package func voxels(_ voxelSize: [Double]) -> [Int] {
    let reach = max(length, largestVoxels * (voxelSize.max() ?? 1))
    return voxelSize.enumerated().map { axis, size in
      let fromEnd = voxels.count - voxelSize.count + axis
      return max(Int(clamping: Int64.nearest((reach / max(size, .leastNormalMagnitude)).rounded(.up))), voxels.indices.contains(fromEnd) ? voxels[fromEnd] : voxels.count == 1 ? voxels[0] : 0)
    }
  }

  package var description: String {
    let parts = [length > 0 ? "\(JSONNumber.text(length)) nm" : nil, voxels.contains { $0 > 0 } ? "\(shapeText(voxels)) voxels" : nil, largestVoxels > 0 ? "\(JSONNumber.text(largestVoxels)) largest voxels" : nil]
    let text = parts.compactMap { $0 }.joined(separator: " or ")
    return text.isEmpty ? "0" : text
  }
}

extension Task {
  /// Every combination of the sweep's values, last parameter fastest.
  package var parameterSets: [[Double]] {
    sweep.reduce([[]]) { sets, axis in sets.flatMap { set in axis.values.map { set + [$0] } } }
  }

  /// How many voxels, an axis, the target looks around.
  package func context(voxelSize: [Double]) -> [Int] { context.voxels(voxelSize) }
}

/// One parameter of post-processing and the values that validation tries.
package struct SweepAxis: Sendable, Equatable {
  package let name: String
  package let values: [Double]
  package init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }

  /// `count` values from `low` to `high`, both included, free of binary dust: 0.1, 0.15, ….
  package static func linear(_ name: String, _ low: Double, _ high: Double, count: Int) -> SweepAxis {
    SweepAxis(name, (0..<max(1, count)).map { step in
      let value = low + (high - low) * Double(step) / Double(max(1, count - 1))
      return (value * 1e9).rounded() / 1e9
    })
  }
}

/// How a prediction becomes a mask or labels.
package struct Post: Sendable {
  package enum Rule: Sendable {
    /// 1 where a channel exceeds the one swept value; (channels, space…) bool.
    case threshold
    /// The index of the largest channel; (space…).
    case argmax
    /// A mask or labels, one value a sweep parameter; (space…) or (1, space…).
    case custom(@Sendable (_ prediction: NDArray, Grid, _ parameters: [Double], ExecutionContext) throws -> NDArray)
  }

  package let name: String
  package let rule: Rule
  /// How many channels, the first ones, are made into masks and scored; nil: all.
  package let channels: Int?
  package init(name: String, rule: Rule, channels: Int? = nil) { (self.name, self.rule, self.channels) = (name, rule, channels) }

  package static let threshold = Post(name: "threshold", rule: .threshold)
  package static func threshold(first channels: Int) -> Post { Post(name: "threshold", rule: .threshold, channels: channels) }
  package static let argmax = Post(name: "argmax", rule: .argmax)

  /// - Parameter prediction: (channels, space…) float32, activated.
  /// - Parameter grid: of its spatial axes.
  package func apply(_ prediction: NDArray, _ grid: Grid, _ parameters: [Double], _ context: ExecutionContext) throws -> NDArray {
    switch rule {
    case .threshold:
      let part = try channels.map { try prediction.slice(offset: [Int](repeating: 0, count: prediction.rank), shape: [$0] + prediction.shape.dropFirst()).contiguous() } ?? prediction
      return try Segmentation.threshold(part, above: parameters.first ?? 0, context)
    case .argmax: return try Segmentation.argmax(prediction, context)
    case .custom(let function): return try function(prediction, grid, parameters, context)
    }
  }
}
