// Contrast and brightness: mean + (x − mean) · scale + shift, with the mean of the patch, one draw a patch (gunpowder's IntensityAugment without clipping).

import Arrays

extension Augmentation {
  /// - Parameter scale: range of the factor around the mean.
  /// - Parameter shift: range of what is added, in units of the dtype's range (0…1 for integers).
  /// - Throws: `TrainingError.settings` for an empty or infinite range.
  package static func intensity(scale: (Double, Double), shift: (Double, Double) = (0, 0), probability: Double = 1) throws(TrainingError) -> Augmentation {
    for (name, range) in [("scale", scale), ("shift", shift)] where !(range.0 <= range.1 && range.0.isFinite && range.1.isFinite) {
      throw .settings(name: name, expected: "a range, low before high", found: "\(range.0), \(range.1)")
    }
    let settings = [("scale_min", scale.0), ("scale_max", scale.1), ("shift_min", shift.0), ("shift_max", shift.1)].map { (key: $0.0, value: $0.1) }
    return Augmentation("intensity", settings: settings, probability: probability) { patch, random in
      let factor = Float(random.uniform(scale.0, scale.1)), add = Float(random.uniform(shift.0, shift.1))
      var raw = try patch.raw.contiguous()
      let count = raw.count
      raw.withMutableElements(Float.self) { values in
        var sum = 0.0
        for value in values { sum += Double(value) }
        let mean = Float(sum / Double(max(1, count)))
        for i in 0..<count { values[i] = mean + (values[i] - mean) * factor + add }
      }
      patch.raw = raw
    }
  }
}

extension Augmentation.Kind {
  package static let intensity = Augmentation.Kind(
    name: "intensity", doc: "Scales contrast around the mean and shifts brightness.",
    defaults: [("scale_min", 0.8), ("scale_max", 1.2), ("shift_min", -0.1), ("shift_max", 0.1)]
  ) { v, probability throws(TrainingError) in try .intensity(scale: (v[0], v[1]), shift: (v[2], v[3]), probability: probability) }
}
