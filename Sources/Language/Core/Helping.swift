extension Builtin {
  static let help = Builtin(
    "help", "(of=nil) -> nil", "Explains a word or a value: help(open), help(\"task.affinities\"), help(\"for\"), help(raw).",
    details: ["Without an argument it shows where to start. At the prompt ?open is shorter, and ??smooth searches."],
    examples: [Example("help(len)")], searchTerms: ["documentation", "manual", "usage", "?"]
  ) { call in
    let desk = HelpDesk(call.session), style = call.host.style
    let text = switch try call.value("of") {
    case .nil: HelpDesk.start
    case .string(let name): desk.answer(name, style)
    case let value: desk.about(value, style)
    }
    call.host.page(text + "\n")
    return .nil
  }

  static let page = Builtin(
    "page", "(value) -> nil", "Shows a value with all its rows; at the prompt through the pager where it is taller than the screen.",
    examples: [Example("page([1, 2, 3])")], searchTerms: ["less", "more", "whole", "pager"]
  ) { call in
    var style = call.host.style
    style.rows = .max
    let value = try call.value("value")
    let text = if case .string(let plain) = value { plain } else { value.shown(style) }
    call.host.page(text.hasSuffix("\n") ? text : text + "\n")
    return .nil
  }
}
