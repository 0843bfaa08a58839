// The `param`s of a script: listed for `script.dcs --help`, and read from the command line.

import Geometry

/// One `param` statement.
package struct ScriptParameter: Sendable {
  package var name: String
  /// As declared, or the type of the default; nil if neither says it.
  package var typeName: String?
  /// As written; nil: required.
  package var defaultText: String?
  package var documentation: String?
  package var isRequired: Bool
  let defaultValue: Value?
  let declaredType: String?
}

/// What a script says about itself.
package struct ScriptHelp: Sendable {
  /// The `##` lines at its top.
  package var documentation: [String]
  package var parameters: [ScriptParameter]

  package init(_ source: Source) {
    let (script, _) = Parser.parse(source)
    documentation = script.documentation
    parameters = script.statements.compactMap { statement in
      guard case .param(let param) = statement.kind else { return nil }
      let value = param.initial.flatMap(Literal.value(alone:))
      let type = param.type?.text ?? value.flatMap { $0.isNil ? nil : $0.typeName }
      return ScriptParameter(
        name: param.name.text, typeName: type, defaultText: param.initial.map { source.text($0.span) }, documentation: param.documentation,
        isRequired: param.initial == nil, defaultValue: value, declaredType: param.type?.text)
    }
  }

  /// The text of `script.dcs --help`.
  package func text(script: String) -> String {
    let required = parameters.filter(\.isRequired)
    var lines = ["usage: dcs \(script)" + required.map { " " + $0.name.uppercased() }.joined() + (parameters.count > required.count ? " [--name value …]" : "")]
    lines += documentation.map { "  " + $0 }
    if !parameters.isEmpty { lines.append("") }
    let heads = parameters.map { "--" + $0.name + " " + ($0.typeName ?? "value") }
    let width = heads.map(\.columns).max() ?? 0
    for (parameter, head) in zip(parameters, heads) {
      let notes = [parameter.documentation, parameter.isRequired ? "required" : parameter.defaultText.map { "default " + $0 }].compactMap { $0 }
      lines.append("  " + head + String(repeating: " ", count: width - head.columns + 2) + notes.joined(separator: "; "))
    }
    return lines.joined(separator: "\n")
  }
}

extension Interpreter {
  /// Values for a script's `param`s from `--name value`, `--name=value`, `--flag`, and required ones by position. What follows a lone `--` is left over.
  ///
  /// - Throws: a `Failure` that names the flag.
  package func scriptArguments(_ words: [String], _ help: ScriptHelp) throws -> (values: [String: Value], rest: [String]) {
    var values: [String: Value] = [:]
    var positional = help.parameters.filter(\.isRequired)[...]
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" { return (values, Array(words[index...])) }
      guard word.hasPrefix("--") else {
        positional = positional.drop { values[$0.name] != nil }
        guard let parameter = positional.popFirst() else {
          throw Failure(.argument, "`\(word)` is one argument too many", hint: help.parameters.isEmpty ? nil : "--\(help.parameters[0].name) …")
        }
        values[parameter.name] = try value(word, parameter)
        continue
      }
      let name = word.dropFirst(2).prefix { $0 != "=" }
      guard let parameter = help.parameters.first(where: { $0.name == name || $0.name == name.map { $0 == "-" ? "_" : String($0) }.joined() }) else {
        throw Failure(.argument, "the script has no argument `--\(name)`", label: Suggestion.label(for: String(name), among: help.parameters.map(\.name)))
      }
      if let equals = word.firstIndex(of: "=") {
        values[parameter.name] = try value(String(word[word.index(after: equals)...]), parameter)
      } else if parameter.typeName == "bool", index == words.count || !["true", "false"].contains(words[index]) {
        values[parameter.name] = true
      } else {
        guard index < words.count else { throw Failure(.argument, "`--\(parameter.name)` needs a value") }
        values[parameter.name] = try value(words[index], parameter)
        index += 1
      }
    }
    if let absent = help.parameters.first(where: { $0.isRequired && values[$0.name] == nil }) {
      throw Failure(.argument, "the script needs its argument `\(absent.name)`", label: absent.documentation, hint: "--\(absent.name) …")
    }
    return (values, [])
  }

  private func value(_ text: String, _ parameter: ScriptParameter) throws -> Value {
    let type = parameter.typeName ?? "any"
    if type == "string" { return .string(text) }
    if let declared = parameter.declaredType, let value = try session.host.parameter(text, type: declared, context) { return value }
    let expected = parameter.typeName.map { ParameterType(parsing: $0[...]) } ?? .any
    if let value = Literal.value(of: text) {
      if expected.accepts(value) || value.isNil && parameter.defaultValue?.isNil == true { return value }
    } else if expected.isAny {
      return .string(text)
    }
    let example = parameter.defaultText.map { ", such as \($0)" } ?? ""
    throw Failure(.argument, "`--\(parameter.name)` must be \(expected.phrase)\(example), not `\(text)`")
  }
}
