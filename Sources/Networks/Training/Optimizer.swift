// Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019) and RAdam (Liu et al. 2020), as torch.optim has them.
//
// State: step, and for each weight a running mean of gradients and of squared gradients. A training that is resumed from saved state
// takes the same steps, byte for byte.
// Checked against torch.optim over 20 steps: Tests/Fixtures/networks.

import Arrays
import CKernels
import Execution
import Storage

package struct OptimizerSettings: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable { case adam, radam }
  package var method: Method
  package var rate: Double
  package var betas: (Double, Double) = (0.9, 0.999)
  package var epsilon = 1e-8
  package var weightDecay = 0.0
  /// Shrinks weights by rate · decay (AdamW) instead of adding decay · weight to gradients.
  package var decoupledWeightDecay: Bool
  package var schedule = Schedule.constant

  package init(_ method: Method, rate: Double, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
               decoupledWeightDecay: Bool = false, schedule: Schedule = .constant) {
    (self.method, self.rate, self.betas, self.epsilon) = (method, rate, betas, epsilon)
    (self.weightDecay, self.decoupledWeightDecay, self.schedule) = (weightDecay, decoupledWeightDecay, schedule)
  }

  package static func adam(rate: Double = 1e-3) -> OptimizerSettings { OptimizerSettings(.adam, rate: rate) }
  package static func adamW(rate: Double = 1e-3, weightDecay: Double = 0.01) -> OptimizerSettings { OptimizerSettings(.adam, rate: rate, weightDecay: weightDecay, decoupledWeightDecay: true) }
  /// DaCapo's: decoupled weight decay, of 0 unless given.
  package static func radam(rate: Double = 1e-3, weightDecay: Double = 0) -> OptimizerSettings { OptimizerSettings(.radam, rate: rate, weightDecay: weightDecay, decoupledWeightDecay: true) }

  package static func == (a: OptimizerSettings, b: OptimizerSettings) -> Bool {
    a.method == b.method && a.rate == b.rate && a.betas == b.betas && a.epsilon == b.epsilon && a.weightDecay == b.weightDecay
      && a.decoupledWeightDecay == b.decoupledWeightDecay && a.schedule == b.schedule
  }

  /// - Throws: `.setting` for numbers with which no step can be taken.
  func check() throws(NetworkError) {
    guard rate.isFinite, rate >= 0 else { throw .setting(name: "learning rate", expected: "0 or more", found: "\(rate)") }
    for beta in [betas.0, betas.1] { guard beta >= 0, beta < 1 else { throw .setting(name: "betas", expected: "from 0 up to, not including, 1", found: "\(beta)") } }
    guard epsilon.isFinite, epsilon >= 0 else { throw .setting(name: "epsilon", expected: "0 or more", found: "\(epsilon)") }
    guard weightDecay.isFinite, weightDecay >= 0 else { throw .setting(name: "weight decay", expected: "0 or more", found: "\(weightDecay)") }
  }
}

package struct Optimizer: Sendable {
  package var settings: OptimizerSettings
  /// Steps taken.
  package private(set) var step = 0
  private var means: ParameterSet
  private var squares: ParameterSet
  /// Which arrays are running means of what passes through the network instead of weights.
  private let isStatistic: [Bool]
  /// How far a step moves them.
  private static let statisticStep: Float = 0.1

  /// - Throws: `.setting`, `ArrayError.noMemory`.
  package init(_ settings: OptimizerSettings, for network: Network) throws {
    try settings.check()
    self.settings = settings
    means = try ParameterSet(zerosFor: network)
    squares = try ParameterSet(zerosFor: network)
    isStatistic = network.parameters.map(\.isStatistic)
  }

  /// The rate of the next step.
  package var rate: Double { settings.rate * settings.schedule.factor(step) }

  /// Changes the weights by one step along the gradients; in place where nobody else holds them.
  ///
  /// - Throws: `.weightShape` unless gradients and weights have the shapes it was made for.
  package mutating func update(_ parameters: inout ParameterSet, _ gradients: ParameterSet, pool: ThreadPool) throws {
    guard parameters.names == means.names, gradients.names == means.names else { throw NetworkError.missingWeights(network: "optimiser", names: means.names.filter { !gradients.names.contains($0) || !parameters.names.contains($0) }) }
    for index in means.arrays.indices {
      for array in [parameters.arrays[index], gradients.arrays[index]] {
        guard array.shape == means.arrays[index].shape else { throw NetworkError.weightShape(name: means.names[index], expected: means.arrays[index].shape, found: array.shape) }
        guard array.dtype == .float32 else { throw NetworkError.dtype(expected: .float32, found: array.dtype) }
      }
      if !parameters.arrays[index].isContiguous { parameters.arrays[index] = try parameters.arrays[index].copied() }
    }
    let adam = dcs_adam(rate: rate, beta1: settings.betas.0, beta2: settings.betas.1, epsilon: settings.epsilon, weight_decay: settings.weightDecay,
                        decoupled: settings.decoupledWeightDecay ? 1 : 0, step: Int64(step + 1))
    for index in means.arrays.indices {
      let gradient = try gradients.arrays[index].contiguous()
      if isStatistic[index] {
        gradient.withElements(Float.self) { found in
          parameters.arrays[index].withMutableElements(Float.self) { running in for at in running.indices { running[at] += Self.statisticStep * (found[at] - running[at]) } }
        }
        continue
      }
      let count = Int64(gradient.count)
      gradient.withElements(Float.self) { gradient in
        parameters.arrays[index].withMutableElements(Float.self) { parameter in
          means.arrays[index].withMutableElements(Float.self) { mean in
            squares.arrays[index].withMutableElements(Float.self) { square in
              let kernel = settings.method == .adam ? dcs_adam_step : dcs_radam_step
              kernel(pool.handle, count, adam, gradient.baseAddress, parameter.baseAddress, mean.baseAddress, square.baseAddress)
            }
          }
        }
      }
    }
    step += 1
  }
}

// MARK: State on disk

extension Optimizer {
  /// "optimizer.mean.<weight>" and "optimizer.square.<weight>", to lie in one file beside the weights.
  package var tensors: [(name: String, array: NDArray)] {
    zip(means.names, means.arrays).map { ("optimizer.mean." + $0, $1) } + zip(squares.names, squares.arrays).map { ("optimizer.square." + $0, $1) }
  }

  /// The step, for the file's metadata.
  package var metadata: JSON { ["method": .string(settings.method.rawValue), "step": JSON(step)] }

  /// Continues where `tensors` and `metadata` were taken.
  ///
  /// - Throws: `.missingWeights`, `.weightShape`, `.dtype`, `.description` where the state belongs to another network or method.
  package init(_ settings: OptimizerSettings, for network: Network, tensors: [String: NDArray], metadata: JSON) throws {
    try settings.check()
    guard metadata["method"]?.string == settings.method.rawValue else {
      throw NetworkError.setting(name: "the optimiser of this checkpoint", expected: settings.method.rawValue, found: metadata["method"]?.string ?? "none")
    }
    guard let step = metadata["step"]?.int, step >= 0 else { throw NetworkError.description(reason: "the optimiser's step is missing") }
    func part(_ prefix: String) throws(NetworkError) -> ParameterSet {
      var own: [String: NDArray] = [:]
      for (name, array) in tensors where name.hasPrefix(prefix) { own[String(name.dropFirst(prefix.count))] = array }
      return try ParameterSet(network, from: own)
    }
    self.settings = settings
    self.step = step
    means = try part("optimizer.mean.")
    squares = try part("optimizer.square.")
    isStatistic = network.parameters.map(\.isStatistic)
  }
}
