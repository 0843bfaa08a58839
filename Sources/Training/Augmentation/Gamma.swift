// Gamma: within the range of the patch or section, x becomes low + (high − low) · ((x − low) / (high − low))^γ, with γ drawn evenly in its logarithm.

import Arrays

#if canImport(Glibc)
import Glibc
#endif

extension Augmentation {
  package static func gamma(low: Double = 0.5, high: Double = 2, sections: Bool = false, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard low > 0, low <= high, high <= 100 else { throw .settings(name: "low, high", expected: "a range above 0 and up to 100, low before high", found: "\(low), \(high)") }
    return Augmentation("gamma", settings: [("low", low), ("high", high)] + sectionSetting(sections), probability: probability) { patch, random in
      try patch.grey(sections: sections) { parts in
        let power = Float(exp(random.uniform(log(low), log(high))))
        guard let low = parts.compactMap({ $0.min() }).min(), let high = parts.compactMap({ $0.max() }).max(), high > low else { return }
        let range = high - low
        for part in parts { for i in part.indices { part[i] = low + range * powf(max(0, (part[i] - low) / range), power) } }
      }
    }
  }
}

extension Augmentation.Kind {
  package static let gamma = Augmentation.Kind(
    name: "gamma", doc: "Bends the grey values of a patch by a power from low to high.", defaults: [("low", 0.5), ("high", 2), ("sections", 0)]
  ) { v, probability throws(TrainingError) in try .gamma(low: v[0], high: v[1], sections: try Augmentation.sectionFlag(v[2]), probability: probability) }
}
