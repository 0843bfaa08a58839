/// The words that a script may use without binding them: builtins by name, and constants.
package struct Registry: Sendable {
  package let sets: [String: BuiltinSet]
  package let constants: [String: Value]
  let functions: [String: Function]
  /// First parts of qualified names: "task", "aug".
  let namespaces: [String: [String]]

  /// - Parameter builtins: several of one name are tried in this order.
  /// - Parameter constants: `uint8`, `pi`, …
  package init(_ builtins: [Builtin], constants: [String: Value] = [:]) {
    var grouped: [String: [Builtin]] = [:]
    var namespaces: [String: [String]] = [:]
    for builtin in builtins {
      if grouped[builtin.name] == nil, let dot = builtin.name.firstIndex(of: ".") {
        namespaces[String(builtin.name[..<dot]), default: []].append(String(builtin.name[builtin.name.index(after: dot)...]))
      }
      grouped[builtin.name, default: []].append(builtin)
    }
    sets = grouped.reduce(into: [:]) { $0[$1.key] = BuiltinSet(name: $1.key, builtins: $1.value) }
    let nothing = Globals()
    functions = sets.mapValues { Function($0, nothing) }
    (self.constants, self.namespaces) = (constants, namespaces)
  }

  package subscript(name: String) -> Value? {
    if let function = functions[name] { return .function(function) }
    if let value = constants[name] { return value }
    return namespaces[name].map { Value(Namespace(name: name, members: $0.sorted(), functions: functions)) }
  }

  /// Kinds of objects that some word takes: "array", "roi".
  var objectKinds: Set<String> {
    var kinds: Set<String> = []
    for set in sets.values {
      for builtin in set.builtins {
        for parameter in builtin.signature.parameters { for case .object(let kind) in parameter.type.alternatives { kinds.insert(kind) } }
      }
    }
    return kinds
  }

  package func contains(_ name: String) -> Bool { functions[name] != nil || constants[name] != nil || namespaces[name] != nil }

  /// Sorted; qualified names in full.
  package var names: [String] { (Array(functions.keys) + Array(constants.keys) + namespaces.keys.filter { functions[$0] == nil }).sorted() }

  /// Names without a dot, in any order: what an unknown name could have been.
  var plainNames: [String] { [Array(functions.keys), Array(constants.keys), Array(namespaces.keys)].joined().filter { !$0.utf8.contains(UInt8(ascii: ".")) } }
}

/// `aug` of `aug.mirror()`.
struct Namespace: ObjectValue {
  let name: String
  let members: [String]
  let functions: [String: Function]

  var typeName: String { "namespace" }
  var fieldNames: [String] { members }
  func field(_ member: String, _ context: CallContext) -> Value? { functions["\(name).\(member)"].map(Value.function) }
  func summary(_ style: DisplayStyle) -> String { "\(name): " + members.map { "\(name).\($0)" }.joined(separator: ", ") }
}
