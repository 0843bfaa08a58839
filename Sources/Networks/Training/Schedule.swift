/// How the learning rate changes with the optimiser's steps.
package enum Schedule: Sendable, Equatable {
  case constant
  /// From `start` times the rate linearly to the whole of it over `steps` steps, then constant (torch.optim.lr_scheduler.LinearLR).
  case warmup(start: Double, steps: Int)

  /// What the rate is multiplied with.
  ///
  /// - Parameter step: 0 for the first.
  package func factor(_ step: Int) -> Double {
    switch self {
    case .constant: 1
    case .warmup(let start, let steps): steps <= 0 || step >= steps ? 1 : start + (1 - start) * Double(max(0, step)) / Double(steps)
    }
  }
}
