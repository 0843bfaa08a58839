/// Something that can be called: a function written in the language, or builtins of one name.
package final class Function: Sendable {
  package let name: String
  let body: Body

  enum Body: Sendable {
    case script(ScriptFunction)
    case builtin(BuiltinSet)
  }

  init(name: String, body: Body) { (self.name, self.body) = (name, body) }

  /// "fn blur(b, sigma=2)", or the signature of a builtin.
  package var signature: String {
    switch body {
    case .script(let function): function.template.signature
    case .builtin(let set): set.signature
    }
  }

  /// The first line of its help.
  package var summary: String? {
    switch body {
    case .script(let function): function.template.documentation.first
    case .builtin(let set): set.builtins.first?.summary
    }
  }

  /// How many values it takes by position, for callers that adapt to it (`fn(element)` or `fn(element, index)`); nil if any number.
  package var positionalCount: Int? {
    switch body {
    case .script(let function): function.template.parameters.count
    case .builtin: nil
    }
  }

  package var parameterNames: [String] {
    switch body {
    case .script(let function): function.template.parameters.map(\.name)
    case .builtin(let set): set.builtins.first?.signature.parameters.map(\.name) ?? []
    }
  }

  package var isBuiltin: Bool {
    if case .builtin = body { true } else { false }
  }

  /// The text it was written as, for provenance; nil for a builtin.
  package var sourceText: String? {
    if case .script(let function) = body { function.template.sourceText } else { nil }
  }
}
