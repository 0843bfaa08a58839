// When a run was trained and how that ended: sessions.csv, a line at the beginning and one at the end of each session. For people; no
// weights depend on it, and a run without it is whole.
//
//   time,event,iteration,goal_iterations,goal_seconds,goal_patience        time in seconds since 1970; event began, finished, patience, interrupted or failed

import Execution
import Storage

package struct SessionEvent: Sendable, Equatable {
  package enum Kind: String, Sendable { case began, finished, patience, interrupted, failed }
  package let time: Int
  package let kind: Kind
  package let iteration: Int
  /// What was asked for.
  package let goal: TrainLimit

  init(_ kind: Kind, iteration: Int, goal: TrainLimit, time: Int = Int(Clock.now())) { (self.time, self.kind, self.iteration, self.goal) = (time, kind, iteration, goal) }
}

extension RunFolder {
  var sessionsPath: String { Files.join(path, "sessions.csv") }

  func append(_ event: SessionEvent) throws {
    if Files.kind(sessionsPath) == nil { try Files.writeAtomically("time,event,iteration,goal_iterations,goal_seconds,goal_patience\n", sessionsPath) }
    func text<T>(_ value: T?) -> String { value.map { "\($0)" } ?? "" }
    let fields: [String] = [text(event.time), event.kind.rawValue, text(event.iteration), text(event.goal.iterations), text(event.goal.seconds), text(event.goal.patience)]
    try Files.appendLine(fields.joined(separator: ","), sessionsPath, sync: false)
  }

  /// All that happened, as far as it can be read.
  func sessions() throws -> [SessionEvent] {
    try rows(sessionsPath).compactMap { fields in
      guard (5...6).contains(fields.count), let time = Int(fields[0]), let kind = SessionEvent.Kind(rawValue: fields[1]), let iteration = Int(fields[2]) else { return nil }
      let goal = TrainLimit(iterations: Int(fields[3]), seconds: Double(fields[4]), patience: fields.count > 5 ? Int(fields[5]) : nil)
      return SessionEvent(kind, iteration: iteration, goal: goal, time: time)
    }
  }
}
