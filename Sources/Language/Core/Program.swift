extension Builtin {
  static let print = Builtin(
    "print", "(values…) -> nil", "Writes its arguments on a line, one blank between them.", examples: [Example("print(\"n =\", 3)")], needs: .nothing
  ) { call in
    let style = call.host.style
    call.host.write(call.rest.map { $0.printed(style) }.joined(separator: " ") + "\n")
    return .nil
  }

  static let assert = Builtin(
    "assert", "(condition: bool, message: string = nil) -> nil", "Stops with a message unless the condition is true.",
    examples: [Example("assert(1 < 2, \"order\")")], effect: .ends
  ) { call in
    if try call.bool("condition") { return .nil }
    throw Failure(.assertion, try call.optionalString("message") ?? "assertion failed", argument: "condition")
  }

  static let fail = Builtin(
    "fail", "(message: string) -> nil", "Stops with a message.", examples: [Example("try fail(\"no data\") else 0", prints: "0")], effect: .ends
  ) { call in throw Failure(.failed, try call.string("message")) }

  static let exit = Builtin("exit", "(code=0) -> nil", "Ends the program with an exit code from 0 to 255.", effect: .ends) { call in
    throw Exit(code: try call.int("code", in: 0...255))
  }

  static let seed = Builtin(
    "seed", "(value: int) -> nil", "Sets what all random numbers of the program depend on.", examples: [Example("seed(7)")]
  ) { call in
    guard let value = UInt64(exactly: try call.integer("value")) else { throw call.failure(.value, "`value` must be from 0 to 2⁶⁴ − 1", at: "value") }
    call.session.seed = value
    return .nil
  }

  static let environment = Builtin("env", "(name: string, default: string = nil) -> string", "A variable of the environment, or the default.") { call in
    guard let value = call.host.environment(try call.string("name")) else { return try call.value("default") }
    return .string(value)
  }

  static let args = Builtin("args", "() -> list", "What stood after `--` on the command line.") { call in .list(call.host.arguments.map(Value.string)) }
  static let now = Builtin("now", "() -> float", "Seconds since 1970.") { call in .float(call.host.now()) }
  static let version = Builtin("version", "() -> string", "The version of this program.") { call in .string(call.host.version) }
}
