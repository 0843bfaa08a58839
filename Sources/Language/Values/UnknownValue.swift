/// In a dry run: a value that only execution can know. Whatever is made of it is unknown too; a branch on it ends the dry run.
struct UnknownValue: ObjectValue {
  /// What is known of it all the same, for words whose plans need no more (`Builtin.plansSketches`): a model without its weights.
  var sketch: (any Sendable)?

  var typeName: String { "unknown" }
  var fieldNames: [String] { [] }
  var brief: String { "unknown" }
  func summary(_ style: DisplayStyle) -> String { "unknown" }
  func isKind(of typeName: String) -> Bool { true }

  func field(_ name: String, _ context: CallContext) throws -> Value? { .unknown }
  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value { .unknown }
  func assign(_ value: Value, at indices: [IndexArgument], _ context: CallContext) throws {}
  func assign(_ value: Value, field name: String, _ context: CallContext) throws {}
  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? { .unknown }
  func unary(_ operation: UnaryOperator, _ context: CallContext) throws -> Value? { .unknown }
}

extension Value {
  package static var unknown: Value { Value(UnknownValue()) }
  package static func unknown(sketch: (any Sendable)?) -> Value { Value(UnknownValue(sketch: sketch)) }

  /// Of an unknown value, what is known of it.
  package var sketch: (any Sendable)? {
    if case .object(let box) = self { return (box.object as? UnknownValue)?.sketch }
    return nil
  }

  package var isUnknown: Bool {
    if case .object(let box) = self { return box.object is UnknownValue }
    return false
  }

  /// Whether it is unknown, or a list or record that holds something unknown.
  package var holdsUnknown: Bool {
    switch self {
    case .object: isUnknown
    case .list(let values): values.contains(where: \.holdsUnknown)
    case .record(let record): record.fields.contains { $0.value.holdsUnknown }
    default: false
    }
  }

  /// In a dry run: the same with arrays on disk that refuse to be read.
  func withoutValues() -> Value {
    switch self {
    case .object(let box): box.object.withoutValues().map { Value(any: $0) } ?? self
    case .list(let values): .list(values.map { $0.withoutValues() })
    case .record(let record): .record(Record(record.fields.map { ($0.key, $0.value.withoutValues()) }))
    default: self
    }
  }
}

extension Value {
  @inline(__always) func known(_ context: CallContext) -> Value { context.session.dryRun == nil ? self : withoutValues() }
}

extension IndexArgument {
  var isUnknown: Bool {
    switch selector {
    case .at(let value): value.isUnknown
    case .slice(let from, let to, let step): [from, to, step].contains { $0?.isUnknown ?? false }
    }
  }
}
