// Contexts: where work runs. Each names what its engine is asked for; the engines themselves are in Compute.

import Compute
import Language

extension Builtin {
  static let contexts: [Builtin] = [
    Builtin(
      "local", "(workers: int = nil) -> context", "This machine: threads of this process for blocks, a child process for a job.", examples: [Example("local()", prints: "local()")],
      searchTerms: ["threads", "here"]
    ) { call in
      let workers = try call.workers()
      return Value(ContextValue(engine: .local(workers: workers, settings: workers.map { [("workers", "\($0)")] } ?? [])))
    },
    Builtin(
      "processes", "(n: int) -> context", "This machine, blocks shared among n processes.", examples: [Example("processes(4)", prints: "processes(4)")], searchTerms: ["parallel", "workers"]
    ) { call in Value(ContextValue(engine: .processes(try call.int("n", in: 1...1024)))) },
    Builtin(
      "lsf",
      "(queue: string = nil, gpus=0, cpus=1, memory: bytes = nil, time: time = nil, workers=1, project: string = nil, options: list = nil) -> context",
      "An LSF cluster: jobs are submitted by bsub, blocks as an array of `workers` tasks.",
      details: ["`memory` and `time` are those of one task. `options` are further words for bsub: options=[\"-R\", \"select[avx512]\"]."],
      examples: [Example("lsf(queue=\"gpu\", gpus=1, time=2h)", prints: "lsf(queue=\"gpu\", gpus=1, time=2 h)")], searchTerms: ["cluster", "bsub", "queue"]
    ) { call in Value(ContextValue(engine: .lsf(try call.resources("queue"), workers: try call.int("workers", in: 1...100_000), settings: try call.settings()))) },
    Builtin(
      "slurm",
      "(partition: string = nil, gpus=0, cpus=1, memory: bytes = nil, time: time = nil, workers=1, account: string = nil, options: list = nil) -> context",
      "A Slurm cluster: jobs are submitted by sbatch, blocks as an array of `workers` tasks.",
      details: ["`memory` and `time` are those of one task. `options` are further words for sbatch: options=[\"--constraint=a100\"]."],
      examples: [Example("slurm(partition=\"gpu\", cpus=4)", prints: "slurm(partition=\"gpu\", cpus=4)")], searchTerms: ["cluster", "sbatch", "partition"]
    ) { call in Value(ContextValue(engine: .slurm(try call.resources("partition", account: "account"), workers: try call.int("workers", in: 1...100_000), settings: try call.settings()))) },
    Builtin(
      "command", "(line: string, cancel: string = nil, workers=1) -> context",
      "Any other engine, by the command line that submits to it; {command} stands for what is to run, {name} and {log} for the job's name and log.",
      details: ["In a script write it in single quotes. `cancel` is the command line that stops a job, with {id}, the last number that the submit command prints."],
      examples: [Example("command('qsub -N {name} {command}')")], searchTerms: ["cluster", "qsub", "engine"]
    ) { call in
      let line = try call.string("line")
      guard line.contains("{command}") else { throw call.failure(.value, "`line` must hold {command}, which stands for what is to run", at: "line", hint: "command('qsub -N {name} {command}')") }
      return Value(ContextValue(engine: .command(line, cancel: try call.optionalString("cancel"), workers: try call.int("workers", in: 1...100_000), settings: try call.settings())))
    },
  ]
}

extension Call {
  fileprivate func resources(_ queue: String, account: String = "project") throws -> Resources {
    var resources = Resources()
    resources.queue = try optionalString(queue)
    resources.project = try optionalString(account)
    (resources.gpus, resources.cpus) = (try int("gpus", in: 0...1024), try int("cpus", in: 1...4096))
    resources.memory = try optionalBytes("memory")
    if let memory = resources.memory, memory < 1 { throw failure(.value, "`memory` must be more than nothing", at: "memory") }
    if let time = try optionalDuration("time") {
      guard time > 0, time < 1e9 else { throw failure(.value, "`time` must be more than nothing", at: "time") }
      resources.time = Int(time.rounded(.up))
    }
    resources.extra = try (optionalList("options") ?? []).map {
      guard case .string(let word) = $0 else { throw failure(.type, "`options` must hold strings, not \($0.typePhrase)", at: "options") }
      return word
    }
    return resources
  }

  /// The arguments as they were given, for display.
  fileprivate func settings() throws -> [(name: String, text: String)] {
    try builtin.signature.parameters.filter { isGiven($0.name) }.map { ($0.name == "line" ? "" : $0.name, try value($0.name).written()) }
  }

  /// Where the work of this call runs: what `on` says, else this process.
  func engine() throws -> Engine { try optionalObject("on", as: ContextValue.self)?.engine ?? .local(workers: nil, settings: []) }
}
