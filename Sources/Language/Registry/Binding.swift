// Which argument goes to which parameter: one place for calls, for `--check` and for overloads.

/// The arguments of a call, by their shape alone.
struct CallShape {
  /// One entry an argument; nil: by position.
  var labels: [String?]
}

enum Binding {
  /// What is wrong, and with which argument; nil: with the call as a whole.
  struct Mismatch: Error {
    var failure: Failure
    var argument: Int?
    /// The caret goes under the label only.
    var atLabel = false
  }

  /// For each argument the position of its parameter.
  static func bind(_ builtin: Builtin, _ shape: CallShape) -> Result<[Int], Mismatch> {
    let parameters = builtin.signature.parameters
    let variadic = parameters.firstIndex(where: \.isVariadic)
    var targets: [Int] = []
    var given = [Bool](repeating: false, count: parameters.count)
    var next = 0
    for (position, label) in shape.labels.enumerated() {
      let target: Int
      if let label {
        guard let found = parameters.firstIndex(where: { $0.name == label && !$0.isVariadic }) else {
          let names = parameters.map(\.name)
          return .failure(Mismatch(failure: unknown(label, of: builtin.name, parameters: names, usage: builtin.usage), argument: position, atLabel: true))
        }
        target = found
      } else {
        guard next < parameters.count else {
          return .failure(Mismatch(failure: tooMany(builtin.name, parameters.map(\.name), shape.labels.count, usage: builtin.usage), argument: position))
        }
        target = next
        if target != variadic { next += 1 }
      }
      if given[target], target != variadic {
        return .failure(Mismatch(failure: Failure(.argument, "`\(builtin.name)` is given `\(parameters[target].name)` twice"), argument: position, atLabel: label != nil))
      }
      given[target] = true
      targets.append(target)
    }
    if let absent = parameters.indices.first(where: { parameters[$0].isRequired && !given[$0] }) {
      return .failure(Mismatch(failure: missing(parameters[absent].name, of: builtin.name, parameters: [], usage: builtin.usage), argument: nil))
    }
    return .success(targets)
  }

  /// An argument that its parameter does not take.
  static func wrongType(_ builtin: Builtin, _ parameter: Signature.Parameter, _ value: Value) -> Failure {
    if case .word(let words) = parameter.type.alternatives.first, case .string(let text) = value {
      return Failure(
        .value, "`\(parameter.name)` must be \(parameter.type.phrase), not \(Value.quoted(text))",
        label: Suggestion.nearest(to: text, among: words).map { "did you mean \"\($0)\"?" })
    }
    return Failure(.type, "`\(parameter.name)` of `\(builtin.name)` must be \(parameter.type.phrase), not \(value.typePhrase)")
  }

  /// A first argument that none of the forms of a word takes.
  static func noForm(_ set: BuiltinSet, _ first: Value) -> Failure {
    var seen: Set<String> = []
    let phrases = set.builtins.compactMap { $0.signature.parameters.first?.type.phrase }.filter { seen.insert($0).inserted }
    return Failure(.type, "`\(set.name)` takes \(Words.either(phrases)), not \(first.typePhrase)")
  }

  static func unknown(_ label: String, of name: String, parameters: [String], usage: String? = nil) -> Failure {
    let suggestion = Suggestion.label(for: label, among: parameters)
    let usage = usage ?? name + "(" + parameters.joined(separator: ", ") + ")"
    return Failure(.argument, "`\(name)` has no argument `\(label)`", label: [suggestion, usage].compactMap { $0 }.joined(separator: "    "))
  }

  static func tooMany(_ name: String, _ parameters: [String], _ count: Int, usage: String? = nil) -> Failure {
    let takes = parameters.isEmpty ? "no arguments" : Words.count(parameters.count, "argument")
    return Failure(.argument, "`\(name)` takes \(takes), not \(count)", label: usage ?? name + "(" + parameters.joined(separator: ", ") + ")")
  }

  static func missing(_ parameter: String, of name: String, parameters: [String], usage: String? = nil) -> Failure {
    Failure(.argument, "`\(name)` needs `\(parameter)`", label: usage ?? name + "(" + parameters.joined(separator: ", ") + ")")
  }
}
