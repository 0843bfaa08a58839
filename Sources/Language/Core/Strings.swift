extension Builtin {
  static let joined = Builtin(
    "join", "(xs: list|range, separator=\"\") -> string", "The texts of the elements, one after the other.",
    examples: [Example("join([\"a\", \"b\"], \", \")", prints: "\"a, b\"")]
  ) { call in
    let style = call.host.style
    return .string(try call.value("xs").elements(call.context).map { $0.text(style) }.joined(separator: try call.string("separator")))
  }

  static let split = Builtin(
    "split", "(text: string, separator: string = nil) -> list", "The parts between separators; without one the words between blanks, with \"\" the characters.",
    examples: [Example("split(\"a,b\", \",\")", prints: "[\"a\", \"b\"]"), Example("split(\" a  b \")", prints: "[\"a\", \"b\"]")]
  ) { call in
    let text = try call.string("text")
    guard let separator = try call.optionalString("separator") else { return .list(text.split(whereSeparator: \.isWhitespace).map { .string(String($0)) }) }
    return .list(Text.split(text, at: separator).map(Value.string))
  }

  static let replace = Builtin(
    "replace", "(text: string, old: string, new: string) -> string", "The text with every `old` replaced.",
    examples: [Example("replace(\"a-b-c\", \"-\", \"+\")", prints: "\"a+b+c\"")]
  ) { call in
    let old = try call.string("old")
    if old.isEmpty { throw call.failure(.value, "`old` must not be empty", at: "old") }
    return .string(Text.split(try call.string("text"), at: old).joined(separator: try call.string("new")))
  }

  static let trim = Builtin(
    "trim", "(text: string) -> string", "The text without blanks at its ends.", examples: [Example("trim(\"  a b \")", prints: "\"a b\"")]
  ) { call in .string(Text.trim(try call.string("text"))) }

  static let lower = Builtin(
    "lower", "(text: string) -> string", "The text in small letters.", examples: [Example("lower(\"EM\")", prints: "\"em\"")]
  ) { call in .string(try call.string("text").lowercased()) }

  static let upper = Builtin(
    "upper", "(text: string) -> string", "The text in capitals.", examples: [Example("upper(\"em\")", prints: "\"EM\"")]
  ) { call in .string(try call.string("text").uppercased()) }

  static let format = Builtin(
    "format", "(x: any, spec: string) -> string", "A value as text, as \"{x:spec}\" writes it.",
    examples: [Example("format(1234.5, \",.2f\")", prints: "\"1,234.50\"")]
  ) { call in
    let spec = try call.string("spec")
    guard let format = Format(spec) else { throw call.failure(.value, "unknown format `\(spec)`", at: "spec", hint: "\".3f\"  \",\"  \"bytes\"  \">12\"") }
    return .string(try format.apply(try call.value("x"), call.host.style))
  }
}
