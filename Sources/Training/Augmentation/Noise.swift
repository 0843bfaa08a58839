// Adds normal noise of a fixed deviation to every voxel of raw.

import Arrays

extension Augmentation {
  /// - Parameter deviation: in units of the dtype's range (0…1 for integers).
  package static func noise(deviation: Double = 0.05, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard deviation >= 0, deviation.isFinite else { throw .settings(name: "deviation", expected: "0 or more", found: "\(deviation)") }
    return Augmentation("noise", settings: [("deviation", deviation)], probability: probability) { patch, random in
      var raw = try patch.raw.contiguous()
      raw.withMutableElements(Float.self) { values in for i in 0..<values.count { values[i] += Float(deviation * random.normal()) } }
      patch.raw = raw
    }
  }
}

extension Augmentation.Kind {
  package static let noise = Augmentation.Kind(name: "noise", doc: "Adds normal noise to grey values scaled to 0…1.", defaults: [("deviation", 0.05)]) { v, probability throws(TrainingError) in
    try .noise(deviation: v[0], probability: probability)
  }
}
