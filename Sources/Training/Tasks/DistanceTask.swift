// Signed distance to the boundary, squashed: tanh(d / scale), positive inside (DaCapo's Distance; Heinrich et al. 2018). Loss mse on the raw
// output; predictions are stored as the network gives them, in about −1…1. The boundary is the face between voxels of different labels.
//
// The target is made on the patch grown by `scale`, as DaCapo does, so it is right up to tanh(1) at the patch's rim. With `masksDistances`,
// voxels whose nearest boundary could lie outside the annotated space are left out of the loss (DaCapo's mask_distances; TrustedMask.swift).

import Arrays
import Execution
import Segmentation
import Storage

#if canImport(Glibc)
import Glibc
#endif

extension Task {
  /// - Parameter scale: nm at which the distance saturates (tanh(1) = 0.76 there).
  /// - Throws: `TrainingError.settings` unless `scale` is a positive number.
  package static func distance(
    _ classes: [String], scale: Double, balanced: Bool = false, masksDistances: Bool = false, thresholds: [Double]? = nil
  ) throws(TrainingError) -> Task {
    try checkScale(scale)
    let sweep = thresholds ?? SweepAxis.linear("threshold", -0.4, 0.4, count: 17).values
    return try Task(
      kind: "distance", name: classes.joined(separator: "+"), channels: classes, labelChannels: classes.count, loss: .mse, weights: balanced ? .balanced : .none,
      context: Reach(length: scale), post: .threshold, sweep: [SweepAxis("threshold", sweep)], metrics: [.f1, .jaccard, .voi],
      settings: distanceSettings(scale, masksDistances, sweep), phrase: "tanh(d / \(JSONNumber.text(scale)) nm)", range: "−1…1", trustsChannels: masksDistances
    ) { truth, context in
      let values = try truth.squashedDistance(scale, context)
      return Target(values, trust: masksDistances ? try truth.trustedDistances(values, scale, context) : nil)
    }
  }

  static func checkScale(_ scale: Double) throws(TrainingError) {
    guard scale > 0, scale.isFinite else { throw .settings(name: "scale", expected: "a length above 0", found: "\(scale)") }
  }

  static func distanceSettings(_ scale: Double, _ masks: Bool, _ sweep: [Double]) -> [JSON.Member] {
    [JSON.Member("scale", .double(scale)), JSON.Member("mask_distances", .bool(masks)), JSON.Member("thresholds", JSON(sweep))]
  }
}

extension Task.Truth {
  /// tanh(signed distance / scale) of each channel; (channels, space…).
  func squashedDistance(_ scale: Double, _ context: ExecutionContext) throws -> NDArray {
    var result = try NDArray(.float32, labels.shape, zeroed: false)
    let factor = Float(1 / scale)
    for channel in 0..<labels.shape[0] {
      var distance = try signedDistance(try labels.dropping(axis: 0, at: channel), voxelSize: voxelSize, context)
      distance.withMutableElements(Float.self) { values in for i in 0..<values.count { values[i] = tanhf(values[i] * factor) } }
      try result.assign(channel: channel, distance)
    }
    return result
  }

  /// Where the squashed distances are known whatever lies outside the mask; (channels, space…), uint8.
  func trustedDistances(_ distances: NDArray, _ scale: Double, _ context: ExecutionContext) throws -> NDArray {
    let space = Array(distances.shape.dropFirst())
    var result = try NDArray(.uint8, distances.shape, zeroed: false)
    for channel in 0..<distances.shape[0] {
      let known = try mask.map { try $0.dropping(axis: 0, at: min(channel, $0.shape[0] - 1)).contiguous() } ?? NDArray.ones(space)
      let trusted = try trustedMask(target: try distances.dropping(axis: 0, at: channel).contiguous(), mask: known, voxelSize: voxelSize, scale: scale, context)
      try result.assign(channel: channel, try trusted.nonZero())
    }
    return result
  }
}

extension NDArray {
  /// Puts (space…) into one channel of (channel, space…).
  mutating func assign(channel: Int, _ plane: NDArray) throws {
    try assign(try plane.reshaped([1] + plane.shape), at: [channel] + [Int](repeating: 0, count: plane.rank))
  }

  static func ones(_ shape: [Int]) throws(ArrayError) -> NDArray {
    var result = try NDArray(.uint8, shape, zeroed: false)
    result.withMutableElements(UInt8.self) { $0.update(repeating: 1) }
    return result
  }
}
