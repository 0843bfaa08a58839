// Trains a run until a limit: checked first, recorded as a session, in its folder and in a store.
//
// Weights depend on settings and iteration alone: not on threads, sessions, times, or on how often the run was checkpointed, validated or killed.

import Execution
import Storage

/// When to stop, counted over the whole run; whichever comes first.
package struct TrainLimit: Sendable, Equatable {
  package var iterations: Int?
  /// Of training, without validation.
  package var seconds: Double?
  /// So many validations in a row without a better score by the task's first metric; one that only equals the best is none.
  package var patience: Int?
  package init(iterations: Int? = nil, seconds: Double? = nil, patience: Int? = nil) { (self.iterations, self.seconds, self.patience) = (iterations, seconds, patience) }
}

package struct TrainReport: Sendable, Equatable {
  package enum Reason: String, Sendable { case iterations, time, patience }
  package let reason: Reason
  package let iteration: Int
  /// Of training, over all sessions.
  package let seconds: Double
}

extension Run {
  /// Trains until the limit; goes on from the last checkpoint.
  ///
  /// - Parameters:
  ///   - store: where the same rows go; must be reachable when training begins.
  ///   - origin: what made the run: version, kernels, script; for provenance.json.
  /// - Throws: `TrainingError.interrupted` after a checkpoint when cancelled; `.lossNotFinite` with the batch saved; `.dataChanged`; what storage and blocks throw.
  @discardableResult
  package func train(until limit: TrainLimit, cadence: Cadence = Cadence(), store: RecordStore? = nil, origin: JSON = .emptyObject, _ context: ExecutionContext) throws -> TrainReport {
    guard limit.iterations != nil || limit.seconds != nil else { throw TrainingError.settings(name: "iterations or time", expected: "one of them", found: "neither") }
    guard cadence.checkpointEvery > 0, cadence.validateEvery >= 0, cadence.keep >= 0 else {
      throw TrainingError.settings(name: "checkpoint_every", expected: "1 or more (validate_every and keep 0 or more)", found: "\(cadence.checkpointEvery), \(cadence.validateEvery), \(cadence.keep)")
    }
    if let patience = limit.patience {
      guard patience > 0 else { throw TrainingError.settings(name: "patience", expected: "1 or more validations", found: "\(patience)") }
      guard cadence.validateEvery > 0, !settings.data.validate.isEmpty else {
        throw TrainingError.settings(name: "patience", expected: "used with validate_every above 0 and a crop with use \"validate\"", found: "\(patience) without validation")
      }
    }
    let lock = try RunLock(self)
    defer { withExtendedLifetime(lock) {} }
    try refresh()
    try folder.removeHalfPredictions()
    try checkOrigin(origin, context)
    var session = try TrainingSession(self, limit, cadence, store, context)
    try record(.began, limit)
    var isInStore = false
    defer { if isInStore { session.writer?.send(context, isLast: true) } }
    do {
      try session.writer?.begin(context)
      isInStore = true
      let report = try session.train()
      try record(report.reason == .patience ? .patience : .finished, limit)
      return report
    } catch {
      var isInterrupted = error is Cancelled
      if case TrainingError.interrupted? = error as? TrainingError { isInterrupted = true }
      try? record(isInterrupted ? .interrupted : .failed, limit)
      throw error
    }
  }

  private func record(_ kind: SessionEvent.Kind, _ goal: TrainLimit) throws {
    let event = SessionEvent(kind, iteration: iteration, goal: goal)
    try folder.append(event)
    state.withLock { $0.session = event }
  }
}
