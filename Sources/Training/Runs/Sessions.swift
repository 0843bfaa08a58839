// When a run was trained and how that ended: sessions.csv, a line at the beginning and one at the end of each session. For people; no
// weights depend on it, and a run without it is whole.
//
//   time,event,iteration,goal_iterations,goal_seconds        time in seconds since 1970; event began, finished, interrupted or failed

import Glibc
import Storage

package struct SessionEvent: Sendable, Equatable {
  package enum Kind: String, Sendable { case began, finished, interrupted, failed }
  package let time: Int
  package let kind: Kind
  package let iteration: Int
  /// What was asked for.
  package let goal: TrainLimit

  init(_ kind: Kind, iteration: Int, goal: TrainLimit, time: Int = Int(Glibc.time(nil))) { (self.time, self.kind, self.iteration, self.goal) = (time, kind, iteration, goal) }
}

extension RunFolder {
  var sessionsPath: String { Files.join(path, "sessions.csv") }

  func append(_ event: SessionEvent) throws {
    if Files.kind(sessionsPath) == nil { try Files.writeAtomically("time,event,iteration,goal_iterations,goal_seconds\n", sessionsPath) }
    let goal = [event.goal.iterations.map { "\($0)" } ?? "", event.goal.seconds.map { "\($0)" } ?? ""]
    try Files.appendLine(([String(event.time), event.kind.rawValue, String(event.iteration)] + goal).joined(separator: ","), sessionsPath, sync: false)
  }

  /// The last thing that happened, if it can be read.
  func lastSession() throws -> SessionEvent? {
    let found = try rows(sessionsPath).last { $0.count == 5 }
    guard let found, let time = Int(found[0]), let kind = SessionEvent.Kind(rawValue: found[1]), let iteration = Int(found[2]) else { return nil }
    return SessionEvent(kind, iteration: iteration, goal: TrainLimit(iterations: Int(found[3]), seconds: Double(found[4])), time: time)
  }
}
