import Compute
import Language
import Storage

/// A script that runs elsewhere. Its state is asked for when it is looked at.
struct JobValue: ObjectValue, TableRow {
  let job: Job

  var typeName: String { "job" }
  var showsWhenBound: Bool { true }
  var fieldNames: [String] { ["args", "engine", "exit", "id", "log", "name", "path", "seconds", "state"] }
  var brief: String { "job \(job.engine.name) \(job.identifier)" }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    let now = context.host.now(), limits = Shell.Limits(context.execution.cancellation)
    return switch name {
    case "args": .record(arguments)
    case "engine": .string(job.engine.name)
    case "exit": try job.state(now: now, limits).hasEnded ? (job.exitCodes.first { $0 != 0 } ?? job.exitCodes.first).map { .int($0) } ?? .nil : .nil
    case "id": .string(job.identifier)
    case "log": .string(job.log)
    case "name": .string(job.name)
    case "path": .string(job.path)
    case "seconds": job.times(now: now).map { .float($0.end - $0.begun) } ?? .nil
    case "state": .string(try job.state(now: now, limits).rawValue)
    default: nil
    }
  }

  /// What the script was given: `--name=value` words of the command, values as literals where they are such.
  private var arguments: Record {
    Record(job.command.compactMap { word in
      guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return nil }
      let text = String(word[word.index(after: equals)...])
      return (String(word[..<equals].dropFirst(2)), Value(literal: text) ?? .string(text))
    })
  }

  func tableRow(now: Double) -> Record {
    Record([
      ("name", .string(job.name)), ("engine", .string(job.engine.name)), ("id", .string(job.identifier)), ("state", .string(shownState(now).rawValue)),
      ("time", .string(time(now))), ("log", .string(job.log)),
    ])
  }

  /// "job lsf 4518823  RUN 00:12:41  gpu_h100  log jobs/train-1/log"
  func summary(_ style: DisplayStyle) -> String {
    let codes = job.exitCodes, count = job.tasks ?? 1
    // where nobody says what time it is, it is as it was when last asked
    var text = "job \(job.engine.name) \(job.identifier)  " + (style.now.map { "\(shownState($0).short) \(time($0))" } ?? job.knownState.short)
    if count > 1 { text += "  \(codes.count) / \(count) tasks  \(codes.count { $0 != 0 }) failed" }
    else if let code = codes.first, code != 0 { text += "  exit \(code)" }
    if let place = job.engine.place { text += "  \(place)" }
    return text + "  \(job.name)  log \(job.log)"
  }

  /// Its state, for display: an engine that does not answer soon leaves it as it was last known.
  private func shownState(_ now: Double) -> JobState { (try? job.state(now: now, Shell.Limits(seconds: 5))) ?? job.knownState }

  /// "00:12:41"
  private func time(_ now: Double) -> String {
    let seconds = max(0, Int(job.times(now: now).map { $0.end - $0.begun } ?? 0))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }
}
