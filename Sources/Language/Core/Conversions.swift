extension Builtin {
  static let integer = Builtin(
    "int", "(x: number|string|bool) -> int", "A number without its fraction, or the int that a text says.",
    examples: [Example("int(-2.7)", prints: "-2"), Example("int(\"0xff\")", prints: "255")]
  ) { call in
    switch try call.value("x") {
    case .string(let text):
      if case let value? = Literal.value(of: text), value.integer != nil { return value }
      throw call.failure(.value, "\(Value.quoted(text)) is no int", at: "x")
    case .bool(let truth): return truth ? 1 : 0
    case let value: return try integer(value, "int") { $0.rounded(.towardZero) }
    }
  }

  static let floatingPoint = Builtin(
    "float", "(x: number|string) -> float", "A number as a float, or the float that a text says.", examples: [Example("float(3)", prints: "3.0")]
  ) { call in
    guard case .string(let text) = try call.value("x") else { return .float(try call.float("x")) }
    guard let number = Literal.value(of: text)?.number else { throw call.failure(.value, "\(Value.quoted(text)) is no number", at: "x") }
    return .float(number)
  }

  static let string = Builtin(
    "string", "(x: any) -> string", "The text that `print` would print.", examples: [Example("string(1.5um)", prints: "\"1.5 µm\"")]
  ) { call in .string(try call.value("x").text(call.host.style)) }

  static let type = Builtin(
    "type", "(x: any) -> string", "What kind of value it is.", examples: [Example("type(8nm)", prints: "\"length\"")], needs: .nothing
  ) { call in .string(try call.value("x").typeName) }
}
