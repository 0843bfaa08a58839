// Gamma: within the range of the patch, x becomes low + (high − low) · ((x − low) / (high − low))^γ, with γ drawn evenly in its logarithm.

import Arrays

#if canImport(Glibc)
import Glibc
#endif

extension Augmentation {
  package static func gamma(low: Double = 0.5, high: Double = 2, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard low > 0, low <= high, high <= 100 else { throw .settings(name: "low, high", expected: "a range above 0 and up to 100, low before high", found: "\(low), \(high)") }
    return Augmentation("gamma", settings: [("low", low), ("high", high)], probability: probability) { patch, random in
      let power = Float(exp(random.uniform(log(low), log(high))))
      var raw = try patch.raw.contiguous()
      raw.withMutableElements(Float.self) { values in
        guard let low = values.min(), let high = values.max(), high > low else { return }
        let range = high - low
        for i in 0..<values.count { values[i] = low + range * powf(max(0, (values[i] - low) / range), power) }
      }
      patch.raw = raw
    }
  }
}

extension Augmentation.Kind {
  package static let gamma = Augmentation.Kind(name: "gamma", doc: "Bends the grey values of a patch by a power from low to high.", defaults: [("low", 0.5), ("high", 2)]) { v, probability throws(TrainingError) in
    try .gamma(low: v[0], high: v[1], probability: probability)
  }
}
