// Classes and distances together (DaCapo's HotDistance): for C classes, C channels of "label is not 0" by cross entropy and C channels of
// tanh(d / scale) by square error, both of the raw output: bce(p, label) + mse(q, tanh(d / scale)). The distances steady the classes near boundaries.
//
// Stored predictions are raw: log-odds, above 0 where a class is likelier than not, and distances in about −1…1. Scores are of the classes.

import Arrays
import Networks
import Storage

extension Task {
  /// - Parameter scale: nm at which the distance saturates.
  /// - Parameter thresholds: of the log-odds.
  /// - Throws: `TrainingError.settings` unless `scale` is a positive number.
  package static func hotDistance(
    _ classes: [String], scale: Double, balanced: Bool = false, masksDistances: Bool = false, thresholds: [Double]? = nil
  ) throws(TrainingError) -> Task {
    try checkScale(scale)
    let sweep = thresholds ?? SweepAxis.linear("threshold", -2, 2, count: 17).values, count = classes.count
    return try Task(
      kind: "hot_distance", name: classes.joined(separator: "+"), channels: classes + classes.map { $0 + "_distance" }, labelChannels: count,
      loss: TaskLoss([.init(.bce, channels: 0..<count), .init(.mse, channels: count..<2 * count)]), activation: HeadActivation.none, weights: balanced ? .balanced : .none,
      context: Reach(length: scale), post: .threshold(first: count), sweep: [SweepAxis("threshold", sweep)], metrics: [.f1, .jaccard, .voi],
      settings: distanceSettings(scale, masksDistances, sweep), phrase: "class and tanh(d / \(JSONNumber.text(scale)) nm)", range: "log-odds and −1…1", trustsChannels: masksDistances
    ) { truth, context in
      let hot = try truth.labels.nonZero(), distances = try truth.squashedDistance(scale, context)
      var values = try NDArray(.float32, [2 * count] + truth.labels.shape.dropFirst(), zeroed: false)
      let corner = [Int](repeating: 0, count: values.rank)
      try values.assign(try hot.floats(), at: corner)
      try values.assign(distances, at: [count] + corner.dropFirst())
      var trust: NDArray?
      if masksDistances {
        var both = try NDArray.ones(values.shape)
        try both.assign(try truth.trustedDistances(distances, scale, context), at: [count] + corner.dropFirst())
        trust = both
      }
      // both channels of a class are balanced by the class
      var sides = try NDArray(.uint8, values.shape, zeroed: false)
      try sides.assign(hot, at: corner)
      try sides.assign(hot, at: [count] + corner.dropFirst())
      return Target(values, trust: trust, sides: sides)
    }
  }
}
