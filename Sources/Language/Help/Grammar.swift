// A TextMate grammar for editors and for GitHub, made of the language's own tables: keywords, operators, units, words of the vocabulary.
// `dcs --grammar` prints it; editors/dcs.tmLanguage.json is that text, and a test compares the two.

package enum Grammar {
  package static func textMate(_ registry: Registry) -> String {
    let control = ["if", "else", "for", "in", "while", "break", "continue", "return", "try", "catch"], declaring = ["fn", "param", "import", "as"]
    let words = Keyword.allCases.map(\.rawValue).filter { !control.contains($0) && !declaring.contains($0) }
    let constants = ["true", "false", "nil", "end"]
    let operators = words.filter { !constants.contains($0) }
    let units = Unit.allCases.map(\.rawValue).sorted { $0.count > $1.count } + ["\u{3bc}m"]
    let known = registry.sets.keys.sorted()
    let dotted = known.filter { $0.contains(".") }, plain = known.filter { !$0.contains(".") }
    let symbols = Symbol.allCases.map(\.rawValue).filter { !["(", ")", "[", "]", "{", "}", ",", ":", ".", ";"].contains($0) }
    let number = #"(?<![\w.])(?:0[xX][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?)"#
    let rules: [(key: String, rules: [Rule])] = [
      ("comments", [
        Rule("comment.line.documentation.dcs", match: "##.*$"), Rule("comment.line.number-sign.dcs", match: "#.*$"),
      ]),
      ("strings", [
        Rule("string.quoted.double.dcs", begin: "\"", end: "\"|$", inner: [
          Rule("constant.character.escape.dcs", match: #"\\(?:["\\nrt{}]|u\{[0-9a-fA-F]{1,6}\})"#),
          Rule("meta.interpolation.dcs", begin: #"\{"#, end: #"\}|(?=")"#, inner: [
            Rule("constant.other.format.dcs", match: #":[^:{}"\]]*(?=\})"#), Rule(include: "$self"),
          ]),
        ]),
        Rule("string.quoted.single.dcs", begin: "'", end: "'|$"),
      ]),
      ("numbers", [
        Rule("constant.numeric.dcs", match: number + "(" + units.map(escaped).joined(separator: "|") + #")?(?!\w)"#, captures: ["1": "keyword.other.unit.dcs"]),
        Rule("keyword.other.unit.dcs", match: #"(?<=\))("# + units.map(escaped).joined(separator: "|") + #")(?!\w)"#),
      ]),
      ("functions", [
        Rule("meta.function.dcs", match: #"\b(fn)\s+([\p{L}_]\w*)"#, captures: ["1": "storage.type.function.dcs", "2": "entity.name.function.dcs"]),
        Rule("meta.parameter.dcs", match: #"^\s*(param)\s+([\p{L}_]\w*)"#, captures: ["1": "storage.type.parameter.dcs", "2": "variable.parameter.dcs"]),
      ]),
      ("keywords", [
        Rule("keyword.control.dcs", match: word(control)), Rule("storage.type.dcs", match: word(declaring)),
        Rule("constant.language.dcs", match: word(constants + registry.constants.keys.sorted())), Rule("keyword.operator.word.dcs", match: word(operators)),
      ]),
      ("named-arguments", [Rule("variable.parameter.dcs", match: #"(?<=[(,\[])\s*[\p{L}_]\w*(?=\s*=(?!=))"#)]),
      ("builtins", [
        Rule("support.function.dcs", match: word(dotted)), Rule("support.function.dcs", match: #"(?<!\.)"# + word(plain)),
      ]),
      ("operators", [Rule("keyword.operator.dcs", match: symbols.sorted { ($1.count, $0) < ($0.count, $1) }.map(escaped).joined(separator: "|"))]),
    ]
    var text = "{\n"
    text += "  \"$schema\": \"https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json\",\n"
    text += "  \"name\": \"dcs\",\n  \"scopeName\": \"source.dcs\",\n  \"fileTypes\": [\"dcs\"],\n  \"firstLineMatch\": \(quoted(#"^#!.*\bdcs\b"#)),\n"
    text += "  \"patterns\": [\n" + rules.map { "    { \"include\": \"#\($0.key)\" }" }.joined(separator: ",\n") + "\n  ],\n  \"repository\": {\n"
    text += rules.map { "    \"\($0.key)\": {\n      \"patterns\": [\n" + $0.rules.map { $0.json("        ") }.joined(separator: ",\n") + "\n      ]\n    }" }.joined(separator: ",\n")
    return text + "\n  }\n}\n"
  }

  private static func word(_ words: [String]) -> String { #"\b(?:"# + words.map(escaped).joined(separator: "|") + #")\b"# }

  private static func escaped(_ text: String) -> String { String(text.flatMap { #"\.^$|?*+()[]{}/"#.contains($0) && $0 != "/" ? ["\\", $0] : [$0] }) }

  fileprivate static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : String($0) }.joined() + "\""
  }

  /// One rule of a grammar: a match, or what lies between two.
  private struct Rule {
    var name = "", match: String?, begin: String?, end: String?, captures: [String: String] = [:], inner: [Rule] = [], include: String?

    init(_ name: String, match: String, captures: [String: String] = [:]) { (self.name, self.match, self.captures) = (name, match, captures) }
    init(_ name: String, begin: String, end: String, inner: [Rule] = []) { (self.name, self.begin, self.end, self.inner) = (name, begin, end, inner) }
    init(include: String) { self.include = include }

    func json(_ indent: String) -> String {
      if let include { return indent + "{ \"include\": \"\(include)\" }" }
      var parts = ["\"name\": \"\(name)\""]
      if let match { parts.append("\"match\": \(Grammar.quoted(match))") }
      if let begin, let end { parts += ["\"begin\": \(Grammar.quoted(begin))", "\"end\": \(Grammar.quoted(end))"] }
      if !captures.isEmpty { parts.append("\"captures\": { " + captures.sorted { $0.key < $1.key }.map { "\"\($0.key)\": { \"name\": \"\($0.value)\" }" }.joined(separator: ", ") + " }") }
      if !inner.isEmpty { parts.append("\"patterns\": [\n" + inner.map { $0.json(indent + "    ") }.joined(separator: ",\n") + "\n\(indent)  ]") }
      return indent + "{ " + parts.joined(separator: ", ") + " }"
    }
  }
}
