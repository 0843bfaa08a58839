// What goes wrong in sections along the first axis: missing ones, ones of low contrast, ones that slipped sideways (gunpowder's DefectAugment and
// ShiftAugment). Each section draws for itself; labels stay as they are, because the tissue did.

import Arrays
import Execution

extension Augmentation {
  /// - Parameter missing: share of sections that are set to 0.
  /// - Parameter contrast: share of sections whose contrast falls to a tenth of itself.
  /// - Parameter shift: share of sections that slip, by up to `distance` voxels along each of the other axes.
  package static func defect(missing: Double = 0.03, contrast: Double = 0.03, shift: Double = 0.03, distance: Int = 4, probability: Double = 1) throws(TrainingError) -> Augmentation {
    for (name, share) in [("missing", missing), ("contrast", contrast), ("shift", shift)] where !(share >= 0 && share <= 1) {
      throw .settings(name: name, expected: "a share from 0 to 1", found: "\(share)")
    }
    guard missing + contrast + shift <= 1 else { throw .settings(name: "missing, contrast, shift", expected: "at most 1 together", found: "\(missing + contrast + shift)") }
    guard (0...1000).contains(distance) else { throw .settings(name: "distance", expected: "from 0 to 1000 voxels", found: "\(distance)") }
    let settings = [("missing", missing), ("contrast", contrast), ("shift", shift), ("distance", Double(distance))].map { (key: $0.0, value: $0.1) }
    return Augmentation("defect", settings: settings, probability: probability) { patch, random in
      if patch.rank < 3 { return }
      var raw = try patch.raw.contiguous()
      let channels = raw.shape[0], depth = raw.shape[1], height = raw.shape[2], width = raw.shape[3]
      for z in 0..<depth {
        let draw = random.uniform(), dy = random.index(below: 2 * distance + 1) - distance, dx = random.index(below: 2 * distance + 1) - distance
        for channel in 0..<channels {
          raw.withMutableElements(Float.self) { values in
            let section = UnsafeMutableBufferPointer(rebasing: values[(channel * depth + z) * height * width..<(channel * depth + z + 1) * height * width])
            if draw < missing { section.update(repeating: 0) }
            else if draw < missing + contrast { section.flatten(to: 0.1) }
            else if draw < missing + contrast + shift { section.slip(dy, dx, height, width) }
          }
        }
      }
      patch.raw = raw
    }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// Contrast around the mean.
  fileprivate func flatten(to share: Float) {
    var sum = 0.0
    for value in self { sum += Double(value) }
    let mean = Float(sum / Double(Swift.max(1, count)))
    for i in indices { self[i] = mean + (self[i] - mean) * share }
  }

  /// Moved by (dy, dx); the border repeats.
  fileprivate func slip(_ dy: Int, _ dx: Int, _ height: Int, _ width: Int) {
    let old = Array(self)
    for y in 0..<height {
      let from = Swift.min(Swift.max(0, y - dy), height - 1) * width
      for x in 0..<width { self[y * width + x] = old[from + Swift.min(Swift.max(0, x - dx), width - 1)] }
    }
  }
}

extension Augmentation.Kind {
  package static let defect = Augmentation.Kind(
    name: "defect", doc: "Spoils sections along the first axis: missing, of low contrast, or slipped.", defaults: [("missing", 0.03), ("contrast", 0.03), ("shift", 0.03), ("distance", 4)]
  ) { v, probability throws(TrainingError) in try .defect(missing: v[0], contrast: v[1], shift: v[2], distance: Int(Swift.max(-1, Swift.min(1e6, v[3]))), probability: probability) }
}
