// Where work runs. An engine is a value: how to submit a command, ask about it, stop it, and which variable tells an array's tasks apart.
// One file an engine: LocalEngine, LSF, Slurm, CommandEngine.

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
  let submit: @Sendable (Submission) throws -> String
  let poll: @Sendable (_ identifiers: [String]) throws -> [String: JobState]
  let cancel: @Sendable (_ identifiers: [String]) throws -> Void

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
    name: String, settings: [(name: String, text: String)], place: String? = nil, workers: Int, task: String?, submit: @escaping @Sendable (Submission) throws -> String,
    poll: @escaping @Sendable ([String]) throws -> [String: JobState], cancel: @escaping @Sendable ([String]) throws -> Void
  ) {
    (self.name, self.settings, self.place, self.workers, self.task) = (name, settings, place, workers, task)
    (self.submit, self.poll, self.cancel) = (submit, poll, cancel)
  }

  /// Its jobs are processes of this machine: asking about them costs nothing.
  package var isThisMachine: Bool { name == "local" || name == "processes" }

  /// Blocks run on threads of this process.
  package var isHere: Bool { name == "local" }

  /// Threads that `local(workers=n)` asks for.
  package var threads: Int? { isHere && settings.contains { $0.name == "workers" } ? workers : nil }

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

  var megabytes: Int? { memory.map { max(1, ($0 + (1 << 20) - 1) >> 20) } }
}
