// Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019), RAdam (Liu et al. 2020) and stochastic gradient descent with momentum (Nesterov's,
// if asked for: Sutskever et al. 2013), as torch.optim has them.
//
// State: step, and for each weight a running mean of gradients and, but for sgd, of squared gradients. A training that is resumed from saved
// state takes the same steps, byte for byte.
// Checked against torch.optim over 20 steps: Tests/Fixtures/networks.

import Arrays
import CKernels
import Execution
import Storage

package struct Optimizer: Sendable {
  package var settings: OptimizerSettings
  /// Steps taken.
  package private(set) var step = 0
  private var means: ParameterSet
  /// Nothing where the method has no use for them.
  private var squares: ParameterSet
  /// How far a step moves the arrays that are running means of what passes through the network instead of weights; nil for weights.
  private let momenta: [Float?]

  /// - Throws: `.setting`, `ArrayError.noMemory`.
  package init(_ settings: OptimizerSettings, for network: Network) throws {
    try settings.check()
    self.settings = settings
    means = try ParameterSet(zerosFor: network)
    squares = settings.method.hasSquares ? try ParameterSet(zerosFor: network) : ParameterSet(names: [], arrays: [])
    momenta = Self.momenta(network)
  }

  private static func momenta(_ network: Network) -> [Float?] { network.parameters.map { $0.momentum.map { Float($0.double) } } }

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
    for index in means.arrays.indices {
      let gradient = try gradients.arrays[index].contiguous()
      if let momentum = momenta[index] {
        gradient.withElements(Float.self) { found in
          parameters.arrays[index].withMutableElements(Float.self) { running in for at in running.indices { running[at] += momentum * (found[at] - running[at]) } }
        }
      } else { move(&parameters.arrays[index], along: gradient, index, pool) }
    }
    step += 1
  }

  /// One array's step.
  private mutating func move(_ parameter: inout NDArray, along gradient: NDArray, _ index: Int, _ pool: ThreadPool) {
    let count = Int64(gradient.count), rate = rate, decoupled: Int32 = settings.decoupledWeightDecay ? 1 : 0
    gradient.withElements(Float.self) { gradient in
      parameter.withMutableElements(Float.self) { parameter in
        means.arrays[index].withMutableElements(Float.self) { mean in
          guard settings.method.hasSquares else {
            let sgd = dcs_sgd(rate: rate, momentum: settings.momentum, weight_decay: settings.weightDecay, decoupled: decoupled, nesterov: settings.nesterov ? 1 : 0, step: Int64(step + 1))
            dcs_sgd_step(pool.handle, count, sgd, gradient.baseAddress, parameter.baseAddress, mean.baseAddress)
            return
          }
          let adam = dcs_adam(rate: rate, beta1: settings.betas.0, beta2: settings.betas.1, epsilon: settings.epsilon, weight_decay: settings.weightDecay, decoupled: decoupled, step: Int64(step + 1))
          squares.arrays[index].withMutableElements(Float.self) { square in
            let kernel = settings.method == .radam ? dcs_radam_step : dcs_adam_step
            kernel(pool.handle, count, adam, gradient.baseAddress, parameter.baseAddress, mean.baseAddress, square.baseAddress)
          }
        }
      }
    }
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
    squares = settings.method.hasSquares ? try part("optimizer.square.") : ParameterSet(names: [], arrays: [])
    momenta = Self.momenta(network)
  }
}
