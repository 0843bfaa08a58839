// Any other engine, by the command line that submits to it: command("qsub -q all.q -o {log} -N {name} {command}").
//
//     {command}    sh and the file to run          {name}    of the job
//     {log}        where output goes
//
// Tasks of an array are submitted one by one. How a job fares is read from the file that it writes when it ends; its number is the last one
// that the command prints. `cancel` is a command line too, with {id}.

extension Engine {
  package static func command(_ line: String, cancel: String?, workers: Int, settings: [(name: String, text: String)]) -> Engine {
    var engine = Engine(
      name: "command", settings: settings, workers: workers, task: nil,
      submit: { submission, limits in
        let filled = fill(line, ["command": "sh " + Shell.quoted(submission.script), "name": Shell.quoted(submission.name), "log": Shell.quoted(submission.log)])
        let output = try Shell.succeed(["sh", "-c", filled], limits)
        return output.split { !$0.isNumber }.last.map(String.init) ?? "?"
      },
      poll: { _, _ in [:] },
      cancel: { identifiers, limits in
        guard let cancel else { throw ComputeError.engine(command: "cancel", code: 1, output: "the context has no cancel command: command(…, cancel=\"qdel \\{id}\")") }
        for id in identifiers {
          let filled = fill(cancel, ["id": Shell.quoted(id)]), (code, output) = try Shell.run(["sh", "-c", filled], limits)
          guard code == 0 else { throw ComputeError.engine(command: filled, code: code, output: output) }
        }
      })
    engine.patience = .infinity   // only its files tell
    engine.record = { _ in cancel.map { [("cancel", .string($0))] } ?? [] }
    return engine
  }

  private static func fill(_ line: String, _ values: [String: String]) -> String {
    var text = ""
    var rest = line[...]
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      let inside = rest[rest.index(after: open)...]
      if let close = inside.firstIndex(of: "}"), let value = values[String(inside[..<close])] {
        text += value
        rest = inside[inside.index(after: close)...]
      } else {
        text += "{"
        rest = inside
      }
    }
    return text + rest
  }
}

extension Engine.Kind {
  static let command = Engine.Kind(name: "command") { .command("", cancel: $0["cancel"]?.string, workers: 1, settings: []) }
}
