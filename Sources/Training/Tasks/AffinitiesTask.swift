// Affinities: does the voxel at each offset belong to the same object? (Turaga et al. 2010; DaCapo's Affinities.) Objects come back by the mutex
// watershed of the probabilities minus a bias (Wolf et al. 2018), which validation chooses.
//
// target  (offsets…, then 10 or 6 descriptors with `lsds`; space…): 1 where voxel p and voxel p + offset carry the same label other than 0
// loss    bce of the affinities, with `lsds` + mean((σ(p) − t)²) of the descriptors; both balanced: each affinity by itself, descriptors by foreground
// An affinity counts where both of its ends may be trusted (DaCapo looks at neither end).
// Descriptors look 3 σ far, σ = lsdVoxels · the largest voxel size, as lsds and DaCapo have it.

import Arrays
import Execution
import Networks
import Segmentation
import Storage

extension Task {
  /// Neighbours along each axis, then 3 and 9 voxels apart: close ones join, far ones keep apart.
  package static let usualOffsets = [1, 3, 9].flatMap { step in (0..<3).map { axis in (0..<3).map { $0 == axis ? step : 0 } } }

  /// - Parameter offsets: voxels along each axis, all of one rank, none 0 throughout.
  /// - Parameter lsdVoxels: σ of the descriptors in largest voxels.
  /// - Throws: `TrainingError.settings`.
  package static func affinities(_ name: String, offsets: [[Int]] = usualOffsets, lsds: Bool = false, lsdVoxels: Double = 10, biases: [Double]? = nil) throws(TrainingError) -> Task {
    let rank = offsets.first?.count ?? 0
    guard (1...3).contains(rank), offsets.allSatisfy({ $0.count == rank }) else { throw .settings(name: "offsets", expected: "coords of 1 to 3 axes, all of the same", found: "\(offsets)") }
    guard offsets.allSatisfy({ $0.contains { $0 != 0 } && $0.allSatisfy { abs($0) <= 1000 } }), Set(offsets).count == offsets.count, offsets.count <= 256 else {
      throw .settings(name: "offsets", expected: "at most 256 different steps of up to 1,000 voxels, none of them 0 along all axes", found: "\(offsets.map(shapeText).joined(separator: ", "))")
    }
    guard !lsds || rank >= 2 else { throw .settings(name: "lsds", expected: "2 or 3 axes", found: "\(rank)") }
    try checkLsdVoxels(lsdVoxels)
    let count = offsets.count, extra = lsds ? descriptorChannels(rank: rank) : 0, sweep = biases ?? [0.1, 0.25, 0.5, 0.75, 0.9]
    let channels = offsets.map { "aff_" + $0.map(String.init).joined(separator: ".") } + (0..<extra).map { "lsd_\($0)" }
    let loss = lsds ? TaskLoss([.init(.bce, channels: 0..<count), .init(.sigmoidMse, channels: count..<count + extra)]) : .bce
    let reach = Reach(voxels: (0..<rank).map { axis in offsets.map { abs($0[axis]) }.max() ?? 0 }, largestVoxels: lsds ? 3 * lsdVoxels : 0)
    let post = Post(name: "mutex_watershed", rule: .custom { prediction, _, parameters, context in
      var affinities = try prediction.slice(offset: [Int](repeating: 0, count: prediction.rank), shape: [count] + prediction.shape.dropFirst()).copied()
      let bias = Float(parameters.first ?? 0.5)
      affinities.withMutableElements(Float.self) { values in for i in 0..<values.count { values[i] -= bias } }
      return try mutexWatershed(affinities, offsets: offsets, context).labels
    })
    return try Task(
      kind: "affinities", name: name, channels: channels, loss: loss, activation: .sigmoid, weights: .balanced, context: reach, post: post, sweep: [SweepAxis("bias", sweep)],
      metrics: [.voi, .voiSplit, .voiMerge, .f1],
      settings: [.init("offsets", .array(offsets.map { JSON($0) })), .init("lsds", .bool(lsds)), .init("lsd_voxels", .double(lsdVoxels)), .init("biases", JSON(sweep))],
      phrase: "\(count) offset\(count == 1 ? "" : "s")" + (lsds ? " and \(extra) descriptors" : ""), trustsChannels: true
    ) { truth, context in
      guard truth.grid.spatialRank == rank else { throw TrainingError.settings(name: "offsets", expected: "coords of \(truth.grid.spatialRank) axes, as the data have", found: "\(rank) axes") }
      let labels = try truth.labels.dropping(axis: 0, at: 0).contiguous(), space = labels.shape
      let found = try Segmentation.affinities(labels, neighborhood: offsets, context)
      // both ends in the mask, which is a label of its own here
      let known = try Segmentation.affinities(try truth.mask?.reshaped(space).nonZero() ?? NDArray.ones(space), neighborhood: offsets, context)
      if !lsds { return Target(try found.floats(), trust: known, sides: found) }
      var values = try NDArray(.float32, [channels.count] + space, zeroed: false), corner = [Int](repeating: 0, count: rank + 1)
      var trust = try NDArray.ones([channels.count] + space), sides = try NDArray(.uint8, [channels.count] + space, zeroed: false)
      try values.assign(try found.floats(), at: corner)
      try trust.assign(known, at: corner)
      try sides.assign(found, at: corner)
      corner[0] = count
      try values.assign(try truth.shapeDescriptors(lsdVoxels, context), at: corner)
      let foreground = try labels.nonZero()
      for channel in count..<channels.count { try sides.assign(channel: channel, foreground) }
      return Target(values, trust: trust, sides: sides)
    }
  }

  static func checkLsdVoxels(_ count: Double) throws(TrainingError) {
    guard count > 0, count <= 300 else { throw .settings(name: "lsd_voxels", expected: "above 0 and at most 300", found: "\(count)") }
  }
}

extension Task.Truth {
  /// (channels, space…) float32 in 0…1; σ is `voxels` of the largest voxel size along every axis.
  func shapeDescriptors(_ voxels: Double, _ context: ExecutionContext) throws -> NDArray {
    let sigma = voxels * (voxelSize.max() ?? 1)
    return try descriptors(try labels.dropping(axis: 0, at: 0).contiguous(), sigma: voxelSize.map { _ in sigma }, voxelSize: voxelSize, margin: margin, context)
  }
}
