// Local shape descriptors alone (Sheridan et al. 2022): what a second network turns into affinities, or a first training for one that will learn them.
//
// target  (10 in 3D, 6 in 2D; space…) in 0…1, 0 on background; σ = voxels · the largest voxel size
// loss    mean((σ(p) − t)²), balanced by foreground
// Descriptors describe objects and do not make them, so scores are of the foreground: where the last channel, the object's mass under the Gaussian,
// is above a threshold.

import Arrays
import Execution
import Networks
import Segmentation
import Storage

extension Task {
  /// - Parameter voxels: σ in largest voxels.
  /// - Throws: `TrainingError.settings`.
  package static func descriptors(_ name: String, voxels: Double = 10, rank: Int = 3, thresholds: [Double]? = nil) throws(TrainingError) -> Task {
    try checkLsdVoxels(voxels)
    guard (2...3).contains(rank) else { throw .settings(name: "dimensions", expected: "2 or 3", found: "\(rank)") }
    let count = descriptorChannels(rank: rank), sweep = thresholds ?? SweepAxis.linear("threshold", 0.05, 0.6, count: 12).values
    let post = Post(name: "mass", rule: .custom { prediction, _, parameters, context in
      try threshold(try prediction.dropping(axis: 0, at: count - 1).contiguous(), above: parameters.first ?? 0, context)
    })
    return try Task(
      kind: "descriptors", name: name, channels: (0..<count).map { "lsd_\($0)" }, loss: TaskLoss([.init(.sigmoidMse)]), activation: .sigmoid, weights: .balanced,
      context: Reach(largestVoxels: 3 * voxels), post: post, sweep: [SweepAxis("threshold", sweep)], metrics: [.f1, .jaccard, .voi],
      settings: [.init("lsd_voxels", .double(voxels)), .init("dimensions", JSON(rank)), .init("thresholds", JSON(sweep))], phrase: "shapes within \(JSONNumber.text(voxels)) voxels"
    ) { truth, context in
      guard truth.grid.spatialRank == rank else { throw TrainingError.settings(name: "dimensions", expected: "\(truth.grid.spatialRank), as the data have", found: "\(rank)") }
      let values = try truth.shapeDescriptors(voxels, context), foreground = try truth.labels.dropping(axis: 0, at: 0).nonZero()
      var sides = try NDArray(.uint8, values.shape, zeroed: false)
      for channel in 0..<count { try sides.assign(channel: channel, foreground) }
      return Target(values, sides: sides)
    }
  }
}
