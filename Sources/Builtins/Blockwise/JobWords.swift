// Scripts as jobs: submit, wait, jobs, cancel.

import Compute
import Execution
import Glibc
import Language
import Storage

extension Builtin {
  static let submit = Builtin(
    "submit", "(script: string, args: record = nil, on: context = nil, name: string = nil, folder=\"jobs\") -> job",
    "Runs a script as a job: on a cluster, or in a process of this machine that goes on when this one ends.",
    details: [
      "Its log, exit code and record are in a folder of their own below `folder`. `args` are the script's `param`s; they are checked before anything is submitted.",
      "j.state is pending, running, done, failed or cancelled; j.log, j.id, j.args, j.exit, j.seconds say the rest.",
    ],
    examples: [Example("try submit(\"no-such.dcs\") else \"nothing to submit\"", prints: "\"nothing to submit\"")], searchTerms: ["job", "cluster", "background"], effect: .acts,
    plan: { call in
      let (script, words) = try submission(call)
      call.record(Effect("submit \(script)", reads: [Effect.Item(script, bytes: 0)], writes: [Effect.Item(try call.string("folder"), "a job's log", bytes: nil)], notes: ["on        \(try call.engine().text)", "runs      dcs \(words.joined(separator: " "))"], isPart: true))
      return .unknown
    }
  ) { call in
    let (script, words) = try submission(call), folder = try call.string("folder")
    let stem = try call.optionalString("name") ?? String(Files.name(script).prefix { $0 != "." })
    let name = stem.filter { $0.isLetter || $0.isNumber || "-_".contains($0) }
    let path = try newFolder(folder, name.isEmpty ? "job" : name)
    let seed = call.context.seed == 0 ? [] : ["--seed", "\(call.context.seed)"]
    return Value(JobValue(job: try Job.submit([call.host.executable, "--quiet"] + seed + words, name: Files.name(path), to: path, on: try call.engine(), now: call.host.now(), call.execution.cancellation)))
  }

  /// The script and the words of its command line, checked against its parameters.
  private static func submission(_ call: Call) throws -> (script: String, words: [String]) {
    let script = try call.string("script")
    guard Files.kind(script) == .file else { throw call.failure(.data, "there is no script `\(script)`", at: "script") }
    let help = ScriptHelp(Source(name: script, text: String(decoding: try Files.read(script), as: UTF8.self)))
    let given = try call.optionalRecord("args") ?? Record([(String, Value)]())
    for key in given.keys where !help.parameters.contains(where: { $0.name == key }) {
      throw call.failure(.argument, "`\(script)` has no `param \(key)`", at: "args", label: "it has " + (help.parameters.isEmpty ? "none" : help.parameters.map(\.name).joined(separator: ", ")))
    }
    if let absent = help.parameters.first(where: { $0.isRequired && given[$0.name] == nil }) {
      throw call.failure(.argument, "`\(script)` needs `\(absent.name)`", at: "args", hint: "args={\(absent.name): …}")
    }
    return (script, [script] + (try given.fields.map { field in
      if case .string(let text) = field.value { return "--\(field.key)=\(text)" }
      guard let text = field.value.source() else { throw call.failure(.type, "`\(field.key)` is \(field.value.typePhrase), which a command line cannot hold", at: "args") }
      return "--\(field.key)=\(text)"
    }))
  }

  /// A folder of its own: name-1, name-2, …
  static func newFolder(_ parent: String, _ name: String) throws -> String {
    try Files.makeFolders(parent)
    for number in 1...1_000_000 {
      let path = Files.join(parent, "\(name)-\(number)")
      if mkdir(path, 0o777) == 0 { return path }
      if errno != EEXIST { throw Failure(.data, "cannot make the folder \(path): \(String(cString: strerror(errno)))") }
    }
    throw Failure(.data, "\(parent) is full of jobs")
  }

  static let wait = Builtin(
    "wait", "(jobs: job|list, every: time = 30s, timeout: time = nil) -> list", "Waits until all jobs have ended, however they ended; `every` is how often the engine is asked.",
    examples: [Example("wait([])", prints: "[]")], searchTerms: ["job", "done"]
  ) { call in
    let jobs = try jobList(call)
    let every = try call.duration("every"), clock = call.host
    guard every > 0 else { throw call.failure(.value, "`every` must be more than nothing", at: "every") }
    let deadline = try call.optionalDuration("timeout").map { clock.now() + $0 } ?? .infinity
    let limits = Shell.Limits(call.execution.cancellation)
    var asked = -Double.infinity, ended = 0
    while true {
      // exit files are looked at all the time, the engine is asked now and then
      let now = clock.now(), isDue = now - asked >= every
      if isDue { asked = now }
      do {
        ended = try jobs.count { job in try isDue || job.engine.isThisMachine || job.exitCodes.count == job.tasks ?? 1 ? job.state(now: now, limits).hasEnded : job.knownState.hasEnded }
      } catch is Cancelled {}   // said below, as everywhere in this loop
      call.execution.progress.report(ProgressUpdate("wait", done: Int64(ended), total: Int64(jobs.count), unit: "jobs", note: ""))
      if ended == jobs.count { break }
      if now > deadline { throw call.failure(.failed, "\(jobs.count - ended) of \(jobs.count) jobs have not ended in time; they go on", at: "jobs") }
      for _ in 0..<4 {
        if call.execution.cancellation.isCancelled {
          call.execution.progress.finish("wait")
          throw Failure(.interrupted, "stopped waiting; \(jobs.count - ended) of \(jobs.count) jobs go on", hint: "wait(…) waits again, cancel(…) stops them")
        }
        Pause.sleep(0.05)
      }
    }
    call.execution.progress.finish("wait")
    return .list(jobs.map { Value(JobValue(job: $0)) })
  }

  static let jobs = Builtin(
    "jobs", "(folder=\"jobs\") -> list", "The jobs that were submitted from here, oldest first; table(jobs()) shows them.", examples: [Example("len(jobs(\"no-such-folder\"))", prints: "0")]
  ) { call in .list(try Job.list(in: try call.string("folder")).map { Value(JobValue(job: $0)) }) }

  static let cancel = Builtin("cancel", "(jobs: job|list) -> nil", "Stops jobs that have not ended.", searchTerms: ["kill", "stop"], effect: .acts) { call in
    let now = call.host.now()
    for job in try jobList(call) where try !job.state(now: now, Shell.Limits(call.execution.cancellation)).hasEnded { try job.cancel(call.execution.cancellation) }
    return .nil
  }

  private static func jobList(_ call: Call) throws -> [Job] {
    let given = try call.value("jobs")
    let values: [Value] = if case .list(let list) = given { list } else { [given] }
    return try values.map {
      guard let job = $0.object(as: JobValue.self) else { throw call.failure(.type, "`jobs` must hold jobs, not \($0.typePhrase)", at: "jobs") }
      return job.job
    }
  }
}

extension ComputeError: FailureConvertible {
  package var failure: Failure { Failure(.data, description) }
}
