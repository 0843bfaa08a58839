// Which optimiser, and its numbers; the defaults are those of torch.optim.

package struct OptimizerSettings: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    case adam, adamw, radam, sgd

    /// Whether it keeps running means of squared gradients.
    package var hasSquares: Bool { self != .sgd }
  }
  package var method: Method
  package var rate: Double
  package var betas: (Double, Double) = (0.9, 0.999)
  package var epsilon = 1e-8
  package var weightDecay = 0.0
  /// Shrinks weights by rate · decay (AdamW) instead of adding decay · weight to gradients.
  package var decoupledWeightDecay: Bool
  /// Of sgd: how much of the last step's direction is kept, and whether the gradient is taken as if that had been gone already.
  package var momentum = 0.0
  package var nesterov = false
  package var schedule = Schedule.constant

  package init(_ method: Method, rate: Double, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
               decoupledWeightDecay: Bool = false, momentum: Double = 0, nesterov: Bool = false, schedule: Schedule = .constant) {
    (self.method, self.rate, self.betas, self.epsilon) = (method, rate, betas, epsilon)
    (self.weightDecay, self.decoupledWeightDecay, self.schedule) = (weightDecay, decoupledWeightDecay, schedule)
    (self.momentum, self.nesterov) = (momentum, nesterov)
  }

  package static func adam(rate: Double = 1e-3) -> OptimizerSettings { OptimizerSettings(.adam, rate: rate) }
  package static func adamW(rate: Double = 1e-3, weightDecay: Double = 0.01) -> OptimizerSettings { OptimizerSettings(.adamw, rate: rate, weightDecay: weightDecay, decoupledWeightDecay: true) }
  /// DaCapo's: decoupled weight decay, of 0 unless given.
  package static func radam(rate: Double = 1e-3, weightDecay: Double = 0) -> OptimizerSettings { OptimizerSettings(.radam, rate: rate, weightDecay: weightDecay, decoupledWeightDecay: true) }
  package static func sgd(rate: Double, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) -> OptimizerSettings {
    OptimizerSettings(.sgd, rate: rate, weightDecay: weightDecay, momentum: momentum, nesterov: nesterov)
  }

  package static func == (a: OptimizerSettings, b: OptimizerSettings) -> Bool {
    a.method == b.method && a.rate == b.rate && a.betas == b.betas && a.epsilon == b.epsilon && a.weightDecay == b.weightDecay
      && a.decoupledWeightDecay == b.decoupledWeightDecay && a.momentum == b.momentum && a.nesterov == b.nesterov && a.schedule == b.schedule
  }

  /// - Throws: `.setting` for numbers with which no step can be taken.
  package func check() throws(NetworkError) {
    guard rate.isFinite, rate >= 0 else { throw .setting(name: "learning rate", expected: "0 or more", found: "\(rate)") }
    for beta in [betas.0, betas.1] { guard beta >= 0, beta < 1 else { throw .setting(name: "betas", expected: "from 0 up to, not including, 1", found: "\(beta)") } }
    guard epsilon.isFinite, epsilon >= 0 else { throw .setting(name: "epsilon", expected: "0 or more", found: "\(epsilon)") }
    guard weightDecay.isFinite, weightDecay >= 0 else { throw .setting(name: "weight_decay", expected: "0 or more", found: "\(weightDecay)") }
    guard momentum >= 0, momentum < 1 else { throw .setting(name: "momentum", expected: "from 0 up to, not including, 1", found: "\(momentum)") }
    guard momentum == 0 || method == .sgd else { throw .setting(name: "momentum", expected: "0: only sgd has one", found: "\(momentum)") }
    guard !nesterov || momentum > 0 else { throw .setting(name: "nesterov", expected: "a momentum above 0", found: "\(momentum)") }
  }
}
