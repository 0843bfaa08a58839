// What is known of an expression without running it: the value of a name and of what is read from it through dots and literal indices, else the
// kind of value that a word promises after its `->`.

import Geometry

enum Knowledge {
  case value(Value)
  /// Names of types, any of which it can be.
  case types([String])
  case nothing

  var value: Value? { if case .value(let value) = self { value } else { nil } }

  /// Whether a parameter of this type can take it; unknown values fit everywhere.
  func fits(_ type: ParameterType) -> Bool {
    switch self {
    case .nothing: true
    case .value(let value): type.accepts(value)
    case .types(let names): type.isAny || names.contains { name in type.alternatives.contains { $0.names(name) } }
    }
  }
}

extension ParameterType.Alternative {
  /// Whether this alternative is the type of that name.
  fileprivate func names(_ name: String) -> Bool {
    switch self {
    case .nil: name == "nil"
    case .bool: name == "bool"
    case .int: name == "int"
    case .number: name == "int" || name == "float" || name == "number"
    case .string, .word: name == "string"
    case .length: name == "length"
    case .duration: name == "time"
    case .bytes: name == "bytes"
    case .list: name == "list"
    case .record: name == "record"
    case .range: name == "range"
    case .function: name == "fn"
    case .coordinate: name == "coord" || name == "int" || name == "length"
    case .object(let object): name == object
    }
  }
}

extension Interpreter {
  func knowledge(of expression: Expression) -> Knowledge {
    switch expression.kind {
    case .literal(let value): return .value(value)
    case .name(let name): return value(of: name).map { .value($0) } ?? .nothing
    case .field(let base, let name): return member(name.text, of: knowledge(of: base))
    case .index(let base, let indices): return element(indices, of: knowledge(of: base))
    case .call(let callee, let arguments, _): return result(of: knowledge(of: callee), arguments)
    case .interpolation: return .types(["string"])
    case .coordinate: return .types(["coord"])
    case .list: return .types(["list"])
    case .record: return .types(["record"])
    case .range: return .types(["range"])
    case .function: return .types(["fn"])
    case .unary(_, let operand): return kind(knowledge(of: operand))
    case .binary(let operation, let left, let right, _):
      let sides = [knowledge(of: left), knowledge(of: right)].map(kind)
      for case .types(let names) in sides where names == ["array"] { return .types(names) }
      return operation.isComparison ? .types(["bool"]) : .nothing
    default: return .nothing
    }
  }

  /// The kind alone: an operator gives another value.
  private func kind(_ knowledge: Knowledge) -> Knowledge {
    if case .value(let value) = knowledge { return .types([value.typeName]) }
    return knowledge
  }

  private func member(_ name: String, of base: Knowledge) -> Knowledge {
    guard let value = base.value, Self.members(of: value, session).contains(name), let member = try? Indexing.field(value, name, context) else { return .nothing }
    return .value(member)
  }

  /// Elements of lists, records, tables and groups; a part of an array is an array.
  private func element(_ indices: [IndexSyntax], of base: Knowledge) -> Knowledge {
    if case .types(let names) = base { return names == ["array"] ? base : .nothing }
    guard let value = base.value else { return .nothing }
    if value.typeName == "array" { return .types(["array"]) }
    guard indices.count == 1, case .at(let expression) = indices[0].kind, let index = Literal.value(expression) else { return .nothing }
    return (try? Indexing.get(value, [IndexArgument(.at(index))], context)).map { .value($0) } ?? .nothing
  }

  private func result(of callee: Knowledge, _ arguments: [ArgumentSyntax]) -> Knowledge {
    guard case .function(let function)? = callee.value, let set = function.builtins else { return .nothing }
    let first = arguments.first.map { knowledge(of: $0.value) } ?? .nothing
    guard let builtin = set.builtins.first(where: { form in form.signature.parameters.first.map { first.fits($0.type) } ?? arguments.isEmpty }) else { return .nothing }
    let types = builtin.signature.result.split(separator: "|").map { Signature.trim($0) }
    if types.isEmpty { return .nothing }
    // sorting, filtering and cutting a table keeps its columns
    if types == ["table"], let value = first.value, value.typeName == "table" { return first }
    return .types(types)
  }

  /// What can follow a dot.
  static func members(of value: Value, _ session: Session) -> [String] {
    switch value {
    case .record(let record): return record.keys
    case .object(let box): return box.object.fieldNames
    case .voxelCoordinate(let coordinate): return coordinate.rank > 5 ? [] : Axis.defaults(rank: coordinate.rank).map(\.name)
    case .worldCoordinate(let coordinate): return coordinate.rank > 5 ? [] : Axis.defaults(rank: coordinate.rank).map(\.name)
    case .range: return ["end", "start", "step"]
    case .function(let function): return function.isBuiltin ? session.registry.namespaces[function.name] ?? [] : []
    default: return []
    }
  }
}
