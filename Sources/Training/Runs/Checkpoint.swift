// The state of a training after some iteration: all that later iterations depend on. No times and no names, so equal trainings give equal bytes.

import Arrays
import Networks
import Storage

struct Checkpoint {
  private(set) var iteration: Int
  private(set) var parameters: ParameterSet
  private(set) var optimizer: Optimizer
  /// The running mean of the weights, if the run keeps one.
  private(set) var average: ParameterSet?
  private let settings: RunSettings

  /// The weights that predict.
  var best: ParameterSet { average ?? parameters }

  /// The state before the first iteration.
  init(_ settings: RunSettings) throws {
    self.settings = settings
    iteration = 0
    parameters = try settings.start?.parameters ?? ParameterSet(initialising: settings.network, seed: settings.seed)
    optimizer = try Optimizer(try Self.optimizer(settings), for: settings.network)
    average = settings.average > 0 ? parameters : nil
  }

  /// One step along the gradients.
  mutating func step(_ gradients: ParameterSet, pool: ThreadPool) throws {
    optimizer.settings.rate = settings.rate.rate(at: iteration)
    var gradients = gradients
    if settings.steps.clip > 0 { try gradients.clip(to: settings.steps.clip, settings.network, pool: pool) }
    try optimizer.update(&parameters, gradients, pool: pool)
    iteration += 1
    guard average != nil else { return }
    // early on the mean follows faster, so that it forgets the untrained weights
    let keep = Float(min(settings.average, (1 + Double(iteration)) / (10 + Double(iteration))))
    for index in parameters.arrays.indices {
      parameters.arrays[index].withElements(Float.self) { now in
        average?.arrays[index].withMutableElements(Float.self) { mean in for i in 0..<mean.count { mean[i] = keep * mean[i] + (1 - keep) * now[i] } }
      }
    }
  }

  /// Whether every weight is a number.
  var isFinite: Bool {
    parameters.arrays.allSatisfy { $0.withElements(Float.self) { values in values.allSatisfy(\.isFinite) } }
  }

  private static func optimizer(_ settings: RunSettings) throws -> OptimizerSettings { try settings.steps.optimizer(settings.optimizer, rate: settings.rate.rate) }

  // MARK: On disk

  private static let averagePrefix = "average."

  func write(_ path: String) throws {
    var tensors = zip(parameters.names, parameters.arrays).map { (name: $0, array: $1) } + optimizer.tensors
    if let average { tensors += zip(average.names, average.arrays).map { (name: Self.averagePrefix + $0, array: $1) } }
    try SafeTensors(tensors: tensors, metadata: [("checkpoint", "1"), ("iteration", "\(iteration)"), ("optimizer", optimizer.metadata.compact)]).write(path)
  }

  init(reading path: String, _ settings: RunSettings) throws {
    let file = try SafeTensors(reading: path)
    guard file[metadata: "checkpoint"] == "1", let iteration = file[metadata: "iteration"].flatMap({ Int($0) }), let state = file[metadata: "optimizer"] else {
      throw TrainingError.damagedRun(path: path, reason: "it is no checkpoint")
    }
    (self.settings, self.iteration) = (settings, iteration)
    parameters = try Self.weights(file, settings.network, prefix: nil)
    average = settings.average > 0 ? try Self.weights(file, settings.network, prefix: Self.averagePrefix) : nil
    optimizer = try Optimizer(try Self.optimizer(settings), for: settings.network, tensors: file.byName, metadata: (try? JSON(parsing: state)) ?? .null)
  }

  /// The weights that predict, alone.
  static func best(reading path: String, _ settings: RunSettings) throws -> ParameterSet {
    try weights(try SafeTensors(reading: path), settings.network, prefix: settings.average > 0 ? averagePrefix : nil)
  }

  private static func weights(_ file: SafeTensors, _ network: Network, prefix: String?) throws -> ParameterSet {
    var own: [String: NDArray] = [:]
    for (name, array) in file.tensors {
      if let prefix { if name.hasPrefix(prefix) { own[String(name.dropFirst(prefix.count))] = array } }
      else if !name.hasPrefix("optimizer.") && !name.hasPrefix(averagePrefix) { own[name] = array }
    }
    return try ParameterSet(network, from: own)
  }
}

import Execution
