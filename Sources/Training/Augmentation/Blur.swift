// Blurs raw by a Gaussian whose sigma is drawn evenly; it counts in voxels of the finest axis and means the same length along coarser ones. Sections are
// blurred each by its own sigma, and not into each other: the focus of one section.

import Arrays
import Execution
import Segmentation

extension Augmentation {
  /// - Parameter low: smallest sigma, in voxels of the finest axis.
  package static func blur(low: Double = 0, high: Double = 1, sections: Bool = false, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard low >= 0, low <= high, high <= 100 else { throw .settings(name: "low, high", expected: "a range within 0…100 voxels, low before high", found: "\(low), \(high)") }
    return Augmentation("blur", settings: [("low", low), ("high", high)] + sectionSetting(sections), probability: probability) { patch, random in
      let bySection = sections && patch.rank == 3, axes = bySection ? Array(patch.rawVoxelSize.dropFirst()) : patch.rawVoxelSize, finest = axes.min() ?? 1
      let alone = ExecutionContext(pool: ThreadPool(threads: 1))   // batches are made beside the training
      let shape = Array(patch.raw.shape.suffix(axes.count))
      try patch.grey(sections: sections) { parts in
        let sigma = random.uniform(low, high)
        if sigma <= 0 { return }
        for part in parts {
          // a patch is a part for each channel, so a part has the shape of space
          let blurred = try gaussian(try NDArray(Array(part), shape), sigma: axes.map { sigma * finest / $0 }, alone)
          blurred.withElements(Float.self) { for i in 0..<part.count { part[i] = $0[i] } }
        }
      }
    }
  }
}

extension Augmentation.Kind {
  package static let blur = Augmentation.Kind(name: "blur", doc: "Blurs by a Gaussian of low to high voxels.", defaults: [("low", 0), ("high", 1), ("sections", 0)]) { v, probability throws(TrainingError) in
    try .blur(low: v[0], high: v[1], sections: try Augmentation.sectionFlag(v[2]), probability: probability)
  }
}
