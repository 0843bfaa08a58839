// Permutes spatial axes at random, but only among axes of equal voxel size and equal patch extent: anisotropic data keep their sections.

import Arrays
import Execution

extension Augmentation {
  package static func transpose(probability: Double = 1) -> Augmentation {
    Augmentation("transpose", probability: probability) { patch, random in
      let order = permutation(patch, &random)
      if order == Array(0..<patch.rank) { return }
      let full = [0] + order.map { $0 + 1 }
      patch.raw = try patch.raw.transposed(full)
      patch.labels = try patch.labels.transposed(full)
      patch.mask = try patch.mask.transposed(full)
    }
  }

  /// A uniform permutation within each group of axes that may change places.
  private static func permutation(_ patch: Patch, _ random: inout KeyedGenerator) -> [Int] {
    func alike(_ a: Int, _ b: Int) -> Bool {
      patch.voxelSize[a] == patch.voxelSize[b] && patch.rawVoxelSize[a] == patch.rawVoxelSize[b] && patch.raw.shape[a + 1] == patch.raw.shape[b + 1] && patch.labels.shape[a + 1] == patch.labels.shape[b + 1]
    }
    var order = Array(0..<patch.rank)
    for first in 0..<patch.rank where !(0..<first).contains(where: { alike($0, first) }) {
      let group = (first..<patch.rank).filter { alike(first, $0) }
      for i in stride(from: group.count - 1, to: 0, by: -1) { order.swapAt(group[i], group[random.index(below: i + 1)]) }   // Fisher–Yates
    }
    return order
  }
}

extension Augmentation.Kind {
  package static let transpose = Augmentation.Kind(name: "transpose", doc: "Permutes spatial axes of equal voxel size.", defaults: []) { _, probability throws(TrainingError) in .transpose(probability: probability) }
}
