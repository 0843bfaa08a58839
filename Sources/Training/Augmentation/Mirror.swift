// Mirrors each spatial axis with probability ½.

import Arrays

extension Augmentation {
  package static func mirror(probability: Double = 1) -> Augmentation {
    Augmentation("mirror", probability: probability) { patch, random in
      for axis in 0..<patch.rank where random.uniform() < 0.5 {
        patch.raw = try patch.raw.mirrored(axis: axis + 1)
        patch.labels = try patch.labels.mirrored(axis: axis + 1)
        patch.mask = try patch.mask.mirrored(axis: axis + 1)
      }
    }
  }
}

extension Augmentation.Kind {
  package static let mirror = Augmentation.Kind(name: "mirror", doc: "Mirrors each spatial axis with probability ½.", defaults: []) { _, probability throws(TrainingError) in .mirror(probability: probability) }
}

extension NDArray {
  /// A view with one axis reversed.
  func mirrored(axis: Int) throws(ArrayError) -> NDArray { try strided(axis: axis, begin: max(0, shape[axis] - 1), step: -1, count: shape[axis]) }
}
