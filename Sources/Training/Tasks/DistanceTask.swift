// Signed distance to the boundary, squashed: tanh(d / scale), positive inside (DaCapo's Distance; Heinrich et al. 2018). Loss mse on the raw
// output; predictions are stored as the network gives them, in about −1…1. The boundary is the face between voxels of different labels.
//
// The target is made on the patch grown by `scale`, as DaCapo does, so it is right up to tanh(1) at the patch's rim.

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
  package static func distance(_ classes: [String], scale: Double, balanced: Bool = false, thresholds: [Double]? = nil) throws(TrainingError) -> Task {
    guard scale > 0, scale.isFinite else { throw .settings(name: "scale", expected: "a length above 0", found: "\(scale)") }
    let sweep = thresholds ?? SweepAxis.linear("threshold", -0.4, 0.4, count: 17).values
    return try Task(
      kind: "distance", name: classes.joined(separator: "+"), channels: classes, labelChannels: classes.count, loss: .mse, weights: balanced ? .balanced : .none,
      context: scale, post: .threshold, sweep: [SweepAxis("threshold", sweep)], metrics: [.f1, .jaccard, .voi],
      settings: [JSON.Member("scale", .double(scale)), JSON.Member("thresholds", JSON(sweep))]
    ) { labels, voxelSize, context in Target(try labels.squashedDistance(scale, voxelSize, context)) }
  }
}

extension NDArray {
  /// tanh(signed distance / scale) of each channel; (channels, space…).
  fileprivate func squashedDistance(_ scale: Double, _ voxelSize: [Double], _ context: ExecutionContext) throws -> NDArray {
    var result = try NDArray(.float32, shape, zeroed: false)
    for channel in 0..<shape[0] {
      var distance = try signedDistance(try dropping(axis: 0, at: channel), voxelSize: voxelSize, context)
      let factor = Float(1 / scale)
      distance.withMutableElements(Float.self) { values in for i in 0..<values.count { values[i] = tanhf(values[i] * factor) } }
      try result.assign(try distance.reshaped([1] + shape.dropFirst()), at: [channel] + [Int](repeating: 0, count: rank - 1))
    }
    return result
  }
}
