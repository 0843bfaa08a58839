// Blurs raw by a Gaussian whose sigma is drawn evenly; it counts in voxels of the finest axis and means the same length along coarser ones.

import Arrays
import Execution
import Segmentation

extension Augmentation {
  /// - Parameter low: smallest sigma, in voxels of the finest axis.
  package static func blur(low: Double = 0, high: Double = 1, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard low >= 0, low <= high, high <= 100 else { throw .settings(name: "low, high", expected: "a range within 0…100 voxels, low before high", found: "\(low), \(high)") }
    return Augmentation("blur", settings: [("low", low), ("high", high)], probability: probability) { patch, random in
      let sigma = random.uniform(low, high), finest = patch.voxelSize.min() ?? 1
      if sigma <= 0 { return }
      let alone = ExecutionContext(pool: ThreadPool(threads: 1))   // batches are made beside the training
      var raw = try patch.raw.contiguous()
      for channel in 0..<raw.shape[0] {
        try raw.assign(channel: channel, try gaussian(try raw.dropping(axis: 0, at: channel), sigma: patch.voxelSize.map { sigma * finest / $0 }, alone))
      }
      patch.raw = raw
    }
  }
}

extension Augmentation.Kind {
  package static let blur = Augmentation.Kind(name: "blur", doc: "Blurs by a Gaussian of low to high voxels.", defaults: [("low", 0), ("high", 1)]) { v, probability throws(TrainingError) in
    try .blur(low: v[0], high: v[1], probability: probability)
  }
}
