/// How the learning rate changes with the optimiser's steps: a warm-up, then a decay that goes on beside it.
package struct Schedule: Sendable, Equatable {
  package enum Decay: Sendable, Equatable {
    case constant
    /// Half a cosine down to nothing at step `over`, and nothing after it (torch.optim.lr_scheduler.CosineAnnealingLR).
    case cosine(over: Int)
    /// Times `factor` after every `every` steps (torch.optim.lr_scheduler.StepLR).
    case steps(every: Int, factor: Double)
  }
  /// From `start` times the rate linearly to the whole of it over `warmup` steps (torch.optim.lr_scheduler.LinearLR).
  package var start: Double
  package var warmup: Int
  package var decay: Decay

  package init(start: Double = 0.01, warmup: Int = 0, decay: Decay = .constant) { (self.start, self.warmup, self.decay) = (start, warmup, decay) }
  package static let constant = Schedule()
  package static func warmup(start: Double, steps: Int) -> Schedule { Schedule(start: start, warmup: steps) }

  /// What the rate is multiplied with.
  ///
  /// - Parameter step: 0 for the first.
  package func factor(_ step: Int) -> Double {
    let step = max(0, step), rising = warmup <= 0 || step >= warmup ? 1 : start + (1 - start) * Double(step) / Double(warmup)
    switch decay {
    case .constant: return rising
    case .cosine(let over): return rising * 0.5 * (1 + cosine(.pi * min(1, Double(step) / Double(max(1, over)))))
    case .steps(let every, let factor): return rising * power(factor, step / max(1, every))
    }
  }

  /// By repeated squaring, so that no library's rounding enters a checkpoint.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, base, exponent) = (1.0, base, exponent)
    while exponent > 0 {
      if exponent & 1 == 1 { result *= base }
      base *= base
      exponent >>= 1
    }
    return result
  }
}

#if canImport(Glibc)
import Glibc
#endif
private func cosine(_ x: Double) -> Double { cos(x) }
