// Distance to the boundary inside objects, 0 outside of them: tanh(d / scale) · (label ≠ 0) (DaCapo's InnerDistance). What lies outside costs
// the network nothing to get right, so thin objects keep their share of the loss. Loss mse; predictions in about 0…1.

import Arrays
import Storage

extension Task {
  /// - Parameter scale: nm at which the distance saturates.
  /// - Throws: `TrainingError.settings` unless `scale` is a positive number.
  package static func innerDistance(
    _ classes: [String], scale: Double, balanced: Bool = false, masksDistances: Bool = false, thresholds: [Double]? = nil
  ) throws(TrainingError) -> Task {
    try checkScale(scale)
    let sweep = thresholds ?? SweepAxis.linear("threshold", 0.05, 0.85, count: 17).values
    return try Task(
      kind: "inner_distance", name: classes.joined(separator: "+"), channels: classes, labelChannels: classes.count, loss: .mse, weights: balanced ? .balanced : .none,
      context: Reach(length: scale), post: .threshold, sweep: [SweepAxis("threshold", sweep)], metrics: [.f1, .jaccard, .voi],
      settings: distanceSettings(scale, masksDistances, sweep), phrase: "tanh(d / \(JSONNumber.text(scale)) nm) inside, 0 outside", range: "0…1", trustsChannels: masksDistances
    ) { truth, context in
      var values = try truth.squashedDistance(scale, context)
      let trust = masksDistances ? try truth.trustedDistances(values, scale, context) : nil
      values.withMutableElements(Float.self) { values in for i in 0..<values.count { values[i] = max(0, values[i]) } }   // the sign is the label's
      return Target(values, trust: trust)
    }
  }
}
