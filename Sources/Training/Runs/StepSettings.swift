// How a run steps, besides optimiser and learning rate. Defaults are left out of records, so that runs made before there was a choice stay the same.

import Networks
import Storage

package struct StepSettings: Sendable, Equatable {
  /// nil: the method's own, 0.01 for adamw and 0 for others.
  package var weightDecay: Double?
  /// Of sgd.
  package var momentum = 0.0
  package var nesterov = false
  /// Gradients are scaled down to this norm where theirs is larger; 0: never.
  package var clip = 0.0
  /// Batches whose mean gradient makes a step.
  package var accumulate = 1

  package init(weightDecay: Double? = nil, momentum: Double = 0, nesterov: Bool = false, clip: Double = 0, accumulate: Int = 1) {
    (self.weightDecay, self.momentum, self.nesterov, self.clip, self.accumulate) = (weightDecay, momentum, nesterov, clip, accumulate)
  }

  /// - Throws: `TrainingError.settings`, `NetworkError.setting` for numbers with which no step can be taken.
  func optimizer(_ method: OptimizerSettings.Method, rate: Double) throws -> OptimizerSettings {
    guard clip >= 0, clip.isFinite else { throw TrainingError.settings(name: "clip", expected: "0 or more", found: "\(clip)") }
    guard (1...1024).contains(accumulate) else { throw TrainingError.settings(name: "accumulate", expected: "1 to 1024", found: "\(accumulate)") }
    var settings: OptimizerSettings
    switch method {
    case .adam: settings = .adam(rate: rate)
    case .adamw: settings = .adamW(rate: rate)
    case .radam: settings = .radam(rate: rate)
    case .sgd: settings = .sgd(rate: rate)
    }
    if let weightDecay { settings.weightDecay = weightDecay }
    (settings.momentum, settings.nesterov) = (momentum, nesterov)
    try settings.check()
    return settings
  }

  var members: [JSON.Member] {
    var members: [JSON.Member] = []
    if let weightDecay { members.append(.init("weight_decay", .double(weightDecay))) }
    if momentum != 0 { members.append(.init("momentum", .double(momentum))) }
    if nesterov { members.append(.init("nesterov", .bool(true))) }
    if clip != 0 { members.append(.init("clip", .double(clip))) }
    if accumulate != 1 { members.append(.init("accumulate", JSON(accumulate))) }
    return members
  }

  init(record: JSON) {
    self.init(weightDecay: record["weight_decay"]?.double, momentum: record["momentum"]?.double ?? 0, nesterov: record["nesterov"]?.bool ?? false, clip: record["clip"]?.double ?? 0,
              accumulate: record["accumulate"]?.int ?? 1)
  }
}
