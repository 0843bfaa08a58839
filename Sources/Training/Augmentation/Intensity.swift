// Contrast and brightness: mean + (x − mean) · scale + shift, with the mean of the patch or section, one draw for each (gunpowder's IntensityAugment;
// its clip=True is clip here, its z_section_wise=True is sections).

import Arrays

extension Augmentation {
  /// - Parameter scale: range of the factor around the mean.
  /// - Parameter shift: range of what is added, in units of the dtype's range (0…1 for integers).
  /// - Parameter clip: back into 0…1.
  /// - Throws: `TrainingError.settings` for an empty or infinite range.
  package static func intensity(
    scale: (Double, Double), shift: (Double, Double) = (0, 0), sections: Bool = false, clip: Bool = false, probability: Double = 1
  ) throws(TrainingError) -> Augmentation {
    for (name, range) in [("scale", scale), ("shift", shift)] where !(range.0 <= range.1 && range.0.isFinite && range.1.isFinite) {
      throw .settings(name: name, expected: "a range, low before high", found: "\(range.0), \(range.1)")
    }
    let settings = [("scale_min", scale.0), ("scale_max", scale.1), ("shift_min", shift.0), ("shift_max", shift.1)].map { (key: $0.0, value: $0.1) }
    return Augmentation("intensity", settings: settings + sectionSetting(sections) + (clip ? [("clip", 1)] : []), probability: probability) { patch, random in
      try patch.grey(sections: sections) { parts in
        let factor = Float(random.uniform(scale.0, scale.1)), add = Float(random.uniform(shift.0, shift.1)), mean = parts.mean
        for part in parts {
          for i in part.indices { part[i] = mean + (part[i] - mean) * factor + add }
          if clip { for i in part.indices { part[i] = min(1, max(0, part[i])) } }
        }
      }
    }
  }
}

extension Augmentation.Kind {
  package static let intensity = Augmentation.Kind(
    name: "intensity", doc: "Scales contrast around the mean and shifts brightness.",
    defaults: [("scale_min", 0.8), ("scale_max", 1.2), ("shift_min", -0.1), ("shift_max", 0.1), ("sections", 0), ("clip", 0)]
  ) { v, probability throws(TrainingError) in
    guard v[5] == 0 || v[5] == 1 else { throw .settings(name: "clip", expected: "0 or 1", found: "\(v[5])") }
    return try .intensity(scale: (v[0], v[1]), shift: (v[2], v[3]), sections: try Augmentation.sectionFlag(v[4]), clip: v[5] == 1, probability: probability)
  }
}
