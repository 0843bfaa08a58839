// Makes patches larger or smaller by one factor along all axes, drawn evenly in its logarithm: ×½ is as likely as ×2.

import Execution

#if canImport(Glibc)
import Glibc
#endif

extension Augmentation {
  /// - Parameter low: smallest factor; objects of a patch appear so much larger.
  package static func zoom(low: Double = 0.8, high: Double = 1.25, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard low >= 0.1, high <= 10, low <= high else { throw .settings(name: "low, high", expected: "a range within 0.1…10, low before high", found: "\(low), \(high)") }
    return Augmentation("zoom", settings: [("low", low), ("high", high)], probability: probability, warp: { warp, frame, random in
      let factor = exp(-random.uniform(log(low), log(high)))
      warp.turn(by: (0..<9).map { $0 % 4 == 0 ? ($0 / 4 >= 3 - frame.rank ? factor : 1) : 0 })
    })
  }
}

extension Augmentation.Kind {
  package static let zoom = Augmentation.Kind(name: "zoom", doc: "Scales patches by a factor from low to high.", defaults: [("low", 0.8), ("high", 1.25)]) { v, probability throws(TrainingError) in
    try .zoom(low: v[0], high: v[1], probability: probability)
  }
}
