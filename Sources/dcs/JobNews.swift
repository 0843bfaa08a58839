import Display
import Execution
import Language

/// What has become of jobs since the last prompt: said between statements, never while a line is being edited.
struct JobNews {
  private var states: [String: String] = [:]
  private var asked = -Double.infinity
  /// Seconds between two questions: a queue should not be asked at every line.
  private static let pause = 10.0
  private static let lasting = ["done", "failed", "cancelled"]

  /// One line for each job that has ended since it was last asked.
  mutating func lines(_ jobs: [(name: String, value: Value)], _ context: CallContext) -> [String] {
    if jobs.isEmpty || Clock.steady() - asked < Self.pause { return [] }
    asked = Clock.steady()
    var lines: [String] = []
    for (name, value) in jobs {
      guard let job = value.object, states[job.brief].map({ !Self.lasting.contains($0) }) ?? true,
        case .string(let state) = ((try? job.field("state", context)) ?? nil) ?? .nil else { continue }
      if let before = states[job.brief], before != state { lines.append("[\(name): \(job.brief) is \(state)]") }
      states[job.brief] = state
    }
    return lines
  }
}
