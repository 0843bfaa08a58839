// A task says what a network learns from labels, how it is scored, and how labels come back from its prediction.
//
// Tasks are values; one file a kind, listed once in `Task.kinds`. A task of a script is made of the same parts.
// labels      (channel, space…)  as on disk, grown by `context` on each side
// target      (channels, space…) float32, of the same space
// prediction  (channels, space…) float32, after the activation

import Arrays
import Execution
import Networks
import Segmentation
import Storage

package struct Task: Sendable {
  package enum Weights: String, Sendable, CaseIterable { case none, balanced }

  package struct Target: Sendable {
    /// (channels, space…), float32.
    package var values: NDArray
    /// (1, space…), uint8: 0 where the target cannot be known; nil if it can everywhere.
    package var trust: NDArray?
    package init(_ values: NDArray, trust: NDArray? = nil) { (self.values, self.trust) = (values, trust) }
  }

  package typealias MakeTarget = @Sendable (_ labels: NDArray, _ voxelSize: [Double], ExecutionContext) throws -> Target

  /// The kind by which a stored task is made again; "custom" for one of a script.
  package let kind: String
  package let name: String
  /// One name an output channel.
  package let channels: [String]
  /// Channels that labels must have.
  package let labelChannels: Int
  /// Sees the network's raw output.
  package let loss: Loss
  /// What stored predictions and post-processing see.
  package let activation: HeadActivation
  package let weights: Weights
  /// How far, in nm, the target looks around.
  package let context: Double
  package let target: MakeTarget
  package let post: Post
  package let sweep: [SweepAxis]
  /// The first one chooses the best checkpoint unless another is asked for.
  package let metrics: [Metric]
  /// What distinguishes this task from others of its kind, for the run record.
  package let settings: [JSON.Member]

  package init(
    kind: String = "custom", name: String, channels: [String], labelChannels: Int = 1, loss: Loss, activation: HeadActivation? = nil, weights: Weights = .none,
    context: Double = 0, post: Post, sweep: [SweepAxis], metrics: [Metric], settings: [JSON.Member] = [], target: @escaping MakeTarget
  ) throws(TrainingError) {
    guard !channels.isEmpty else { throw .settings(name: "channels", expected: "at least one", found: "none") }
    guard context >= 0, context.isFinite else { throw .settings(name: "context", expected: "0 or more", found: "\(context)") }
    guard !metrics.isEmpty else { throw .settings(name: "metrics", expected: "at least one", found: "none") }
    for axis in sweep where axis.values.isEmpty || !axis.values.allSatisfy(\.isFinite) { throw .settings(name: "sweep of \(axis.name)", expected: "numbers", found: "\(axis.values)") }
    if case .threshold = post.rule, sweep.count != 1 { throw .settings(name: "sweep", expected: "the thresholds to try", found: "\(sweep.count) parameters") }
    (self.kind, self.name, self.channels, self.labelChannels, self.loss, self.weights, self.context) = (kind, name, channels, labelChannels, loss, weights, context)
    (self.target, self.post, self.sweep, self.metrics, self.settings) = (target, post, sweep, metrics, settings)
    self.activation = activation ?? Self.usual(loss)
  }

  /// The activation that belongs to a loss.
  package static func usual(_ loss: Loss) -> HeadActivation {
    switch loss {
    case .bce: .sigmoid
    case .crossEntropy: .softmax
    case .mae, .mse: .none
    }
  }

  /// Every combination of the sweep's values, last parameter fastest.
  package var parameterSets: [[Double]] {
    sweep.reduce([[]]) { sets, axis in sets.flatMap { set in axis.values.map { set + [$0] } } }
  }

  /// How many voxels, an axis, the target looks around.
  package func context(voxelSize: [Double]) -> [Int] {
    voxelSize.map { Int(clamping: Int64.nearest((context / max($0, .leastNormalMagnitude)).rounded(.up))) }
  }
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
    /// Labels of a script's function, one value a sweep parameter; (space…) or (1, space…).
    case custom(@Sendable (_ prediction: NDArray, _ parameters: [Double], ExecutionContext) throws -> NDArray)
  }

  package let name: String
  package let rule: Rule
  package init(name: String, rule: Rule) { (self.name, self.rule) = (name, rule) }

  package static let threshold = Post(name: "threshold", rule: .threshold)
  package static let argmax = Post(name: "argmax", rule: .argmax)

  /// - Parameter prediction: (channels, space…) float32, activated.
  package func apply(_ prediction: NDArray, _ parameters: [Double], _ context: ExecutionContext) throws -> NDArray {
    switch rule {
    case .threshold: return try Segmentation.threshold(prediction, above: parameters.first ?? 0, context)
    case .argmax: return try Segmentation.argmax(prediction, context)
    case .custom(let function): return try function(prediction, parameters, context)
    }
  }
}
