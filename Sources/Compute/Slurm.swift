// Slurm: sbatch, squeue, sacct where there is accounting, scancel. A task of an array knows its number, from 0, by SLURM_ARRAY_TASK_ID.

extension Engine {
  package static func slurm(_ resources: Resources, workers: Int, settings: [(name: String, text: String)]) -> Engine {
    let poll: @Sendable ([String], Shell.Limits) throws -> [String: JobState] = { identifiers, limits in
      var states: [String: [JobState]] = [:]
      func read(_ output: String) {
        for line in output.split(whereSeparator: \.isNewline) {
          let words = line.split(separator: "|").map(String.init)
          guard words.count == 2, let state = state(words[1]) else { continue }
          states[String(words[0].prefix(while: \.isNumber)), default: []].append(state)
        }
      }
      // squeue forgets jobs minutes after their end; sacct, where a site keeps accounts, does not
      read(try Shell.run(["squeue", "-h", "-r", "-t", "all", "-o", "%F|%T", "-j", identifiers.joined(separator: ",")], limits).output)
      let missing = identifiers.filter { states[$0] == nil }
      if !missing.isEmpty, let found = try? Shell.run(["sacct", "-n", "-X", "-P", "-o", "JobID,State", "-j", missing.joined(separator: ",")], limits), found.code == 0 { read(found.output) }
      return states.compactMapValues(joined)
    }
    var engine = Engine(
      name: "slurm", settings: settings, place: resources.queue, workers: workers, task: "${SLURM_ARRAY_TASK_ID:-0}",
      submit: { submission, limits in
        let output = try Shell.succeed(["sbatch", "--parsable"] + sbatch(resources, submission, workers) + [submission.script], limits)
        // "4711", or "4711;cluster"; warnings may stand above it
        let id = output.split(whereSeparator: \.isNewline).last?.prefix(while: \.isNumber) ?? ""
        guard !id.isEmpty else { throw ComputeError.noIdentifier(command: "sbatch", output: output) }
        return String(id)
      },
      poll: poll, cancel: { try cancel("scancel", $0, $1, poll: poll) })
    engine.threadsPerTask = resources.cpus
    return engine
  }

  private static func sbatch(_ resources: Resources, _ submission: Submission, _ workers: Int) -> [String] {
    var words = ["--job-name", submission.name, "--output", submission.log, "--open-mode=append"]
    if let tasks = submission.tasks { words.append("--array=0-\(max(0, tasks - 1))%\(workers)") }
    if let queue = resources.queue { words += ["--partition", queue] }
    if let project = resources.project { words += ["--account", project] }
    words += ["--ntasks=1", "--cpus-per-task=\(resources.cpus)"]
    if let memory = resources.megabytes { words.append("--mem=\(memory)M") }
    if resources.gpus > 0 { words.append("--gres=gpu:\(resources.gpus)") }
    if let time = resources.time { words.append("--time=\(max(1, (time + 59) / 60))") }
    return words + resources.extra
  }

  private static func state(_ word: String) -> JobState? {
    // "CANCELLED by 1000" counts too
    switch word.prefix(while: { $0.isLetter || $0 == "_" }) {
    case "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED": .pending
    case "RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "RESIZING": .running
    case "COMPLETED": .done
    case "CANCELLED": .cancelled
    case "FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "PREEMPTED": .failed
    default: nil
    }
  }
}

extension Engine.Kind {
  static let slurm = Engine.Kind(name: "slurm") { .slurm(Resources(record: $0), workers: 1, settings: []) }
}
