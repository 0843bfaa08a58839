// Where work runs. An engine is a value: how to submit a command, ask about it, stop it, and which variable tells an array's tasks apart.
// One file an engine, and one entry of `Kind.all`: CommandEngine, LocalEngine, LSF, ProcessesEngine, Slurm.

import Storage

package struct Engine: Sendable {
  /// "lsf"
  package let name: String
  /// What it was asked for, as written: `lsf(queue="gpu", gpus=1)` shows it.
  package var settings: [(name: String, text: String)]
  /// Said in the line of a job: queue or partition.
  package var place: String?
  /// Tasks of an array that run at a time.
  package var workers: Int
  /// The shell expression for the number of a task of an array, counted from 0; nil where tasks are submitted one by one.
  package var task: String?
  /// Threads of a task; nil: a share of this machine's.
  package var threadsPerTask: Int?
  /// Its jobs are processes of this machine: asking about them costs nothing.
  package var isThisMachine = false
  /// Blocks run on threads of this process.
  package var isHere = false
  /// Seconds for which a job may be unknown to its engine before it counts as lost: file systems and queues lag.
  var patience = 20.0
  let submit: @Sendable (Submission, Shell.Limits) throws -> String
  let poll: @Sendable (_ identifiers: [String], Shell.Limits) throws -> [String: JobState]
  let cancel: @Sendable (_ identifiers: [String], Shell.Limits) throws -> Void
  /// Ends what has not listened to `cancel`; nil where the engine does so.
  var kill: (@Sendable (_ identifiers: [String]) throws -> Void)?
  /// What a later session must know of these jobs to ask about them and to stop them, beside their numbers: its `Kind` gets it back.
  var record: @Sendable (_ identifiers: [String]) -> [(key: String, value: JSON)] = { _ in [] }

  /// An engine by its name in records of jobs.
  package struct Kind: Sendable {
    package let name: String
    /// The engine of a job that an earlier session submitted.
    package let reopen: @Sendable (_ record: JSON) -> Engine
    package static let all: [Kind] = [.command, .local, .lsf, .processes, .slurm]
  }

  /// One command, or an array of them.
  package struct Submission: Sendable {
    package var name: String
    /// A file that `sh` runs.
    package var script: String
    /// Where the engine's own words go.
    package var log: String
    /// nil: a single job; else the number of tasks.
    package var tasks: Int?
    package init(name: String, script: String, log: String, tasks: Int? = nil) { (self.name, self.script, self.log, self.tasks) = (name, script, log, tasks) }
  }

  init(
    name: String, settings: [(name: String, text: String)], place: String? = nil, workers: Int, task: String?, submit: @escaping @Sendable (Submission, Shell.Limits) throws -> String,
    poll: @escaping @Sendable ([String], Shell.Limits) throws -> [String: JobState], cancel: @escaping @Sendable ([String], Shell.Limits) throws -> Void
  ) {
    (self.name, self.settings, self.place, self.workers, self.task) = (name, settings, place, workers, task)
    (self.submit, self.poll, self.cancel) = (submit, poll, cancel)
  }

  /// Threads that `local(workers=n)` asks for.
  package var threads: Int? { isHere && settings.contains { $0.name == "workers" } ? workers : nil }

  /// The state of an array, of those of its tasks.
  static func joined(_ states: [JobState]) -> JobState? {
    if states.isEmpty { return nil }
    if states.contains(.running) { return .running }
    if states.contains(.pending) { return states.contains { $0.hasEnded } ? .running : .pending }
    return states.contains(.failed) ? .failed : states.contains(.cancelled) ? .cancelled : .done
  }

  /// Runs the command that cancels; that it fails does not matter where all jobs have ended.
  static func cancel(_ command: String, _ identifiers: [String], _ limits: Shell.Limits, poll: ([String], Shell.Limits) throws -> [String: JobState]) throws {
    let (code, output) = try Shell.run([command] + identifiers, limits)
    if code != 0, try poll(identifiers, limits).values.contains(where: { !$0.hasEnded }) { throw ComputeError.engine(command: command, code: code, output: output) }
  }

  package var text: String { "\(name)(" + settings.map { $0.name.isEmpty ? $0.text : "\($0.name)=\($0.text)" }.joined(separator: ", ") + ")" }
}

package enum JobState: String, Sendable {
  case pending, running, done, failed, cancelled

  package var hasEnded: Bool { self == .done || self == .failed || self == .cancelled }
  /// As the line of a job shows it.
  package var short: String {
    switch self {
    case .pending: "PEND"
    case .running: "RUN"
    case .done: "DONE"
    case .failed: "FAIL"
    case .cancelled: "STOP"
    }
  }
}

/// Resources that cluster engines are asked for.
package struct Resources: Sendable {
  package var queue: String?
  package var gpus = 0
  package var cpus = 1
  package var memory: Int?
  /// Seconds.
  package var time: Int?
  package var project: String?
  /// Further words of the submit command, as they are.
  package var extra: [String] = []
  package init() {}

  /// What the record of a job keeps of them: all that a line of the job says.
  init(record: JSON) { queue = record["place"]?.string }

  var megabytes: Int? { memory.map { max(1, ($0 + (1 << 20) - 1) >> 20) } }
}
