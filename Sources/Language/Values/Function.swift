/// Something that can be called: a function written in the language, or the builtins of one name.
package final class Function: Sendable {
  package let name: String
  let script: ScriptFunction?
  let builtins: BuiltinSet?

  init(_ script: ScriptFunction) { (name, self.script, builtins) = (script.template.name, script, nil) }
  init(_ builtins: BuiltinSet) { (name, script, self.builtins) = (builtins.name, nil, builtins) }

  /// "fn blur(b, sigma=2)", or the signatures of a builtin, one a line.
  package var signature: String { script?.template.signature ?? builtins?.signature ?? "" }

  /// The first line of its help.
  package var summary: String? { documentation.first }

  package var documentation: [String] {
    if let script { return script.template.documentation }
    return builtins?.builtins.first.map { [$0.summary] + $0.details } ?? []
  }

  /// In their order, without defaults; of the first form of a builtin.
  package var parameterNames: [String] {
    script?.template.parameters.map(\.name) ?? builtins?.builtins.first?.signature.parameters.map(\.name) ?? []
  }

  /// How many arguments it needs at least; nil for a builtin.
  package var requiredCount: Int? { script?.template.requiredCount }

  package var isBuiltin: Bool { builtins != nil }

  /// The text it was written as, for provenance; nil for a builtin.
  package var sourceText: String? { script?.template.sourceText }
}
