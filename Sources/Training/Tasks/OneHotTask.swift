// One-hot: is a voxel in the class? One name: sigmoid and binary cross entropy on "label is not 0" (a channel each, if labels have channels).
// Several names and labels of ids: softmax and cross entropy, where class i is the label i; ids beyond the names are left out of the loss.

import Arrays
import Storage

extension Task {
  /// - Parameter exclusive: classes are the ids of one label array; nil: so if there are several names.
  package static func oneHot(_ classes: [String], exclusive: Bool? = nil, balanced: Bool = false, thresholds: [Double]? = nil) throws(TrainingError) -> Task {
    let ids = exclusive ?? (classes.count > 1)
    let name = classes.joined(separator: "+"), weights: Weights = balanced ? .balanced : .none
    let settings = [JSON.Member("exclusive", .bool(ids)), JSON.Member("thresholds", JSON(thresholds ?? usualThresholds))]
    if !ids {
      return try Task(
        kind: "onehot", name: name, channels: classes, labelChannels: classes.count, loss: .bce, weights: weights, post: .threshold,
        sweep: [SweepAxis("threshold", thresholds ?? usualThresholds)], metrics: [.f1, .jaccard, .voi], settings: settings, phrase: "label ≠ 0"
      ) { truth, _ in Target(try truth.labels.nonZero().floats()) }
    }
    guard (2...256).contains(classes.count) else { throw .settings(name: "classes", expected: "2 to 256 names, the first for label 0", found: "\(classes.count)") }
    return try Task(
      kind: "onehot", name: name, channels: classes, loss: .crossEntropy, weights: weights, post: .argmax, sweep: [], metrics: [.f1, .jaccard, .voi], settings: settings,
      phrase: "ids 0…\(classes.count - 1)"
    ) { truth, _ in try truth.labels.oneHot(classes.count) }
  }

  private static var usualThresholds: [Double] { SweepAxis.linear("threshold", 0.1, 0.9, count: 17).values }
}

extension NDArray {
  /// (1, space…) ids to (count, space…) float32, and where an id has no class.
  fileprivate func oneHot(_ count: Int) throws(ArrayError) -> Task.Target {
    let space = Array(shape.dropFirst()), voxels = space.reduce(1, *)
    let ids = try floats()   // classes are below 256: exact
    var values = try NDArray(.float32, [count] + space), trust = try NDArray(.uint8, [1] + space)
    ids.withElements(Float.self) { ids in
      values.withMutableElements(Float.self) { values in
        trust.withMutableElements(UInt8.self) { trust in
          for i in 0..<voxels where ids[i] >= 0 && ids[i] < Float(count) {
            values[Int(ids[i]) * voxels + i] = 1
            trust[i] = 1
          }
        }
      }
    }
    return Task.Target(values, trust: trust)
  }
}
