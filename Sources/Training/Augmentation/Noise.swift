// Noise in every voxel of raw, whose values are 0…1:
//
// gaussian   x + d · n            a camera's; n normal of deviation 1
// speckle    x + d · n · x        brighter is noisier, by as much
// poisson    Poisson(x / d²) · d² counting of electrons or photons: deviation d at x = 1, d·√x below
//
// d is drawn anew for each section, evenly from 0 to `deviation`, where sections are given (gunpowder's NoiseAugment takes the kinds from scikit-image).

import Arrays
import Execution

#if canImport(Glibc)
import Glibc
#endif

extension Augmentation {
  package enum Noise: String, Sendable, CaseIterable { case gaussian, poisson, speckle }

  /// - Parameter deviation: in units of the dtype's range (0…1 for integers).
  package static func noise(deviation: Double = 0.05, kind: Noise = .gaussian, sections: Bool = false, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard deviation >= 0, deviation.isFinite else { throw .settings(name: "deviation", expected: "0 or more", found: "\(deviation)") }
    let number = Noise.allCases.firstIndex(of: kind) ?? 0
    return Augmentation("noise", settings: [("deviation", deviation)] + (number > 0 ? [("kind", Double(number))] : []) + sectionSetting(sections), probability: probability) { patch, random in
      try patch.grey(sections: sections) { parts in
        let d = sections ? random.uniform(0, deviation) : deviation
        if d == 0 { return }
        for part in parts {
          switch kind {
          case .gaussian: random.normals(part.count) { part[$0] += Float(d * $1) }
          case .speckle: random.normals(part.count) { part[$0] += Float(d * $1) * part[$0] }
          case .poisson: for i in part.indices { part[i] = Float(random.poisson(Double(max(0, part[i])) / (d * d)) * d * d) }
          }
        }
      }
    }
  }
}

extension Augmentation.Kind {
  package static let noise = Augmentation.Kind(
    name: "noise", doc: "Adds noise to grey values scaled to 0…1.", defaults: [("deviation", 0.05), ("kind", 0), ("sections", 0)]
  ) { v, probability throws(TrainingError) in
    let kinds = Augmentation.Noise.allCases
    guard let number = Int(exactly: v[1]), kinds.indices.contains(number) else { throw .settings(name: "kind", expected: "0 to \(kinds.count - 1)", found: "\(v[1])") }
    return try .noise(deviation: v[0], kind: kinds[number], sections: try Augmentation.sectionFlag(v[2]), probability: probability)
  }
}

extension KeyedGenerator {
  /// Standard normal numbers, two from each pair of uniform ones (Box–Muller).
  fileprivate mutating func normals(_ count: Int, _ body: (Int, Double) -> Void) {
    var i = 0
    while i < count {
      let radius = (-2 * log(1 - uniform())).squareRoot(), angle = 2 * .pi * uniform()
      body(i, radius * cos(angle))
      if i + 1 < count { body(i + 1, radius * sin(angle)) }
      i += 2
    }
  }

  /// A Poisson number of this mean: products of uniform numbers where it is small (Knuth), else transformed rejection (Hörmann 1993, PTRS).
  fileprivate mutating func poisson(_ mean: Double) -> Double {
    guard mean > 0, mean < 1e15 else { return max(0, mean) }
    if mean < 10 {
      let limit = exp(-mean)
      var product = uniform(), count = 0.0
      while product > limit { product *= uniform(); count += 1 }
      return count
    }
    let logMean = log(mean), b = 0.931 + 2.53 * mean.squareRoot(), a = -0.059 + 0.02483 * b, inverse = 1.1239 + 1.1328 / (b - 3.4), edge = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = uniform() - 0.5, v = uniform(), us = 0.5 - abs(u), k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07 && v <= edge { return k }
      if k < 0 || (us < 0.013 && v > us) { continue }
      if log(v * inverse / (a / (us * us) + b)) <= k * logMean - mean - lgamma(k + 1) { return k }
    }
  }
}
