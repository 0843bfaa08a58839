// IBM Spectrum LSF: bsub, bjobs, bkill. A task of an array knows its number, from 1, by LSB_JOBINDEX.
// Checked against a stand-in that answers as these commands do (Tests/Program/lsf), since LSF itself is not free.

extension Engine {
  package static func lsf(_ resources: Resources, workers: Int, settings: [(name: String, text: String)]) -> Engine {
    let poll: @Sendable ([String], Shell.Limits) throws -> [String: JobState] = { identifiers, limits in
      // bjobs says nothing of jobs long gone, and then ends with 255: what it does say counts
      let output = try Shell.run(["bjobs", "-a", "-noheader", "-o", "jobid stat delimiter=' '"] + identifiers, limits).output
      var states: [String: [JobState]] = [:]
      for line in output.split(whereSeparator: \.isNewline) {
        let words = line.split(separator: " ").map(String.init)
        if words.count == 2, let state = state(words[1]) { states[words[0], default: []].append(state) }
      }
      return states.compactMapValues(joined)
    }
    var engine = Engine(
      name: "lsf", settings: settings, place: resources.queue, workers: workers, task: "$((${LSB_JOBINDEX:-1} - 1))",
      submit: { submission, limits in
        let arguments = ["bsub"] + bsub(resources, submission, workers) + ["sh", submission.script]
        let output = try Shell.succeed(arguments, limits)
        // Job <4518823> is submitted to queue <gpu_h100>.
        guard let open = output.firstRange(of: "Job <"), case let id = output[open.upperBound...].prefix(while: \.isNumber), !id.isEmpty else {
          throw ComputeError.noIdentifier(command: "bsub", output: output)
        }
        return String(id)
      },
      poll: poll, cancel: { try cancel("bkill", $0, $1, poll: poll) })
    engine.threadsPerTask = resources.cpus
    return engine
  }

  private static func bsub(_ resources: Resources, _ submission: Submission, _ workers: Int) -> [String] {
    var words = ["-J", submission.tasks.map { "\(submission.name)[1-\($0)]%\(workers)" } ?? submission.name, "-o", submission.log]
    if let queue = resources.queue { words += ["-q", queue] }
    if let project = resources.project { words += ["-P", project] }
    words += ["-n", "\(resources.cpus)"]
    var requirements = ["span[hosts=1]"]
    if let memory = resources.megabytes {
      words += ["-M", "\(memory)MB"]
      requirements.append("rusage[mem=\(memory)MB]")
    }
    words += ["-R", requirements.joined(separator: " ")]
    if resources.gpus > 0 { words += ["-gpu", "num=\(resources.gpus)"] }
    if let time = resources.time { words += ["-W", "\(max(1, (time + 59) / 60))"] }
    return words + resources.extra
  }

  private static func state(_ word: String) -> JobState? {
    switch word {
    case "PEND", "PSUSP", "WAIT", "PROV": .pending
    case "RUN", "USUSP", "SSUSP", "UNKWN": .running
    case "DONE": .done
    case "EXIT", "ZOMBI": .failed
    default: nil
    }
  }
}

extension Engine.Kind {
  static let lsf = Engine.Kind(name: "lsf") { .lsf(Resources(record: $0), workers: 1, settings: []) }
}
