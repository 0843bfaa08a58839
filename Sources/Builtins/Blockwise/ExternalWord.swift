import Arrays
import Compute
import Geometry
import Language

extension Builtin {
  static let external = Builtin(
    "external", "(command: string, timeout: time = 10min) -> fn",
    "A kernel in another program, for blockwise: it gets each block as .npy on its standard input and answers with .npy on its standard output.",
    details: [
      "The program is started once a worker and answers block after block until its input ends; several inputs come one after the other. What it says belongs on standard error.",
      "One that dies, answers something else or takes longer than `timeout` for a block is stopped; the block is tried again (`retries`) with a fresh one. The plan holds the command, not the program's text.",
    ],
    examples: [Example("sum(external(\"cat\")(arange(3)))", prints: "3")], searchTerms: ["python", "npy", "kernel", "scikit-image", "empanada"]
  ) { call in
    let command = try call.string("command"), timeout = try call.duration("timeout")
    guard !command.allSatisfy(\.isWhitespace) else { throw call.failure(.value, "`command` is empty", at: "command") }
    guard timeout > 0 else { throw call.failure(.value, "`timeout` must be more than nothing", at: "timeout") }
    let program = ExternalProgram(command, timeout: timeout)
    // its name is what it is known by in plans, and how another process makes it
    let text = "external(\(Value.quoted(command))" + (call.isGiven("timeout") ? ", timeout=\(try call.value("timeout").source() ?? "10min")" : "") + ")"
    return .function(Function(Builtin(text, "(inputs…: array) -> array", "The program `\(command)`.") { inner in
      let volumes = try inner.rest.map { value in
        guard let array = value.object(as: ArrayValue.self) else { throw inner.failure(.type, "an external kernel takes arrays, not \(value.typePhrase)") }
        return try array.volume(inner.execution)
      }
      guard let first = volumes.first else { throw inner.failure(.argument, "an external kernel needs at least one array") }
      let answer = try program.call(volumes.map(\.array), inner.execution)
      let same = volumes.first { $0.shape == answer.shape }
      return Value(ArrayValue(try same.map { try Volume(answer, $0.grid) } ?? (answer.rank == first.grid.spatialRank ? Volume(answer, Grid(unknown: first.grid.axes.filter { $0.kind == .space })) : Volume(answer))))
    }, call.session))
  }
}
