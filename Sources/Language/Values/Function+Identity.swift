extension Function {
  /// Everything that decides what it computes, as text: its source, what it captured, and the top-level names it uses, with their values.
  /// Two functions of equal text compute the same; plans of blockwise work are told apart by it.
  package var identityText: String {
    var seen: Set<ObjectIdentifier> = []
    return describe(&seen)
  }

  fileprivate func describe(_ seen: inout Set<ObjectIdentifier>) -> String {
    guard let template, let globals else { return name }
    let source = template.sourceText
    guard seen.insert(ObjectIdentifier(template)).inserted else { return source }
    var lines = [source]
    for capture in captures { lines.append("captured " + (capture.map { $0.describe(&seen) } ?? "nothing")) }
    // A superset of the names it uses: every word of its text that is bound at the top level.
    let words = Set(source.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    for name in globals.names where words.contains(name) {
      if let value = globals[name] { lines.append("\(name) = \(value.describe(&seen))") }
    }
    return lines.joined(separator: "\n")
  }
}

extension Value {
  /// All of it as text, nothing left out or rounded as in what is shown: for plans. Objects by their identity.
  package var identityText: String {
    var seen: Set<ObjectIdentifier> = []
    return describe(&seen)
  }

  fileprivate func describe(_ seen: inout Set<ObjectIdentifier>) -> String {
    switch self {
    case .function(let function): function.describe(&seen)
    case .list(let values): "[" + values.map { $0.describe(&seen) }.joined(separator: ", ") + "]"
    case .record(let record): "{" + record.fields.map { "\($0.key): \($0.value.describe(&seen))" }.joined(separator: ", ") + "}"
    case .object(let box): box.object.identity ?? written()
    case .bytes: source() ?? written()
    // a quantity without an end is shown rounded
    default: written().contains("≈") ? source() ?? written() : written()
    }
  }
}
