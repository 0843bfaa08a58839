// `x[i]`, `x[from:to:step]`, `x.field`, and assigning to them. Every bound must lie inside; nothing is clipped or counted from the end.

import Geometry

enum Indexing {
  static func get(_ container: Value, _ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    if context.session.dryRun != nil, indices.contains(where: \.isUnknown) { return .unknown }
    if case .object(let box) = container { return try box.object.index(indices, context).known(context) }
    if case .record(let record) = container, indices.count == 1, indices[0].axis == nil, case .at(let key) = indices[0].selector {
      guard case .string(let name) = key else { throw Failure(.type, "a record is indexed by a string, not by \(key.typePhrase)") }
      return try field(record, name)
    }
    let index = try only(indices, container)
    switch container {
    case .list(let values): return try pick(values, index, "list") { $0 } many: { .list(Array($0)) }
    case .string(let text):
      if case .at(.int(let position)) = index.selector, let character = Text.byte(text, at: position) { return .string(character) }
      let characters = Array(text)
      return try pick(characters, index, "string") { .string(String($0)) } many: { .string(String($0)) }
    case .range(let range):
      guard case .at(let position) = index.selector else { throw Failure(.type, "a range cannot be sliced") }
      return range.element(try self.position(position, range.count, "range"))
    case .voxelCoordinate(let coordinate):
      return try pick(coordinate.values, index, "coord") { .int($0) } many: { .voxelCoordinate(VoxelCoordinate(Array($0))) }
    case .worldCoordinate(let coordinate):
      return try pick(coordinate.values, index, "coord") { .length($0) } many: { .worldCoordinate(WorldCoordinate(Array($0))) }
    default: throw Failure(.type, "\(container.typePhrase) cannot be indexed")
    }
  }

  /// What `end` stands for at an index of a container.
  static func length(_ container: Value, _ position: Int, axis: String?, of count: Int) throws -> Value {
    switch container {
    case .object(let box):
      if let length = box.object.axisLength(position, name: axis, of: count) { return .int(length) }
      if container.isUnknown { return .unknown }
      if let axis { throw Failure(.index, "\(container.typePhrase) has no axis `\(axis)`") }
      throw Failure(.index, "\(container.typePhrase) has no end here")
    default:
      if let count = Iteration.count(container) { return .int(count) }
      throw Failure(.index, "\(container.typePhrase) has no end")
    }
  }

  private static func only(_ indices: [IndexArgument], _ container: Value) throws -> IndexArgument {
    guard indices.count == 1, let index = indices.first else {
      throw Failure(.index, "\(container.typePhrase) takes one index, not \(indices.count)")
    }
    if let axis = index.axis { throw Failure(.index, "\(container.typePhrase) has no axis `\(axis)`") }
    return index
  }

  /// A checked index.
  static func position(_ value: Value, _ count: Int, _ noun: String) throws -> Int {
    if value.isUnknown { throw Undecided(reason: "where to store is known only when the script runs") }
    guard case .int(let position) = value else { throw Failure(.type, "an index must be an int, not \(value.typePhrase)") }
    if position >= 0, position < count { return position }
    let hint = position < 0 && position >= -count ? "[end\(position)]" : nil
    if count == 0 { throw Failure(.index, "index \(position) of an empty \(noun)") }
    throw Failure(.index, "index \(position) is outside 0 … \(count - 1)", label: "the \(noun) has \(Words.grouped(count))", hint: hint)
  }

  /// The positions of a slice of `count` elements.
  static func positions(_ from: Value?, _ to: Value?, _ step: Value?, _ count: Int, _ noun: String) throws -> StrideTo<Int> {
    func bound(_ value: Value?, _ otherwise: Int) throws -> Int {
      guard let value else { return otherwise }
      guard case .int(let bound) = value else { throw Failure(.type, "a bound of a slice must be an int, not \(value.typePhrase)") }
      if bound >= 0, bound <= count { return bound }
      let hint = bound < 0 && bound >= -count ? "[end\(bound):]" : nil
      throw Failure(.index, "slice bound \(bound) is outside 0 … \(count)", label: "the \(noun) has \(Words.grouped(count))", hint: hint)
    }
    var width = 1
    if let step {
      guard case .int(let value) = step, value != 0, value.magnitude < 1 << 62 else { throw Failure(.value, "the step of a slice must be an int other than 0") }
      width = value
    }
    if width > 0 {
      let low = try bound(from, 0), high = try bound(to, count)
      return stride(from: low, to: max(low, high), by: width)
    }
    // backwards: from the last element, or from the one named, down to the one after `to`
    let low = to == nil ? -1 : try bound(to, 0)
    let high = try bound(from, count - 1)
    if from != nil, high == count, count > 0 { throw Failure(.index, "slice bound \(high) is outside 0 … \(count - 1)", label: "the \(noun) has \(Words.grouped(count))") }
    return stride(from: high, to: min(high, low), by: width)
  }

  private static func pick<T>(_ values: [T], _ index: IndexArgument, _ noun: String, _ one: (T) -> Value, many: ([T]) -> Value) throws -> Value {
    switch index.selector {
    case .at(let value): return one(values[try position(value, values.count, noun)])
    case .slice(let from, let to, let step): return many(try positions(from, to, step, values.count, noun).map { values[$0] })
    }
  }

  // MARK: Fields

  static func field(_ container: Value, _ name: String, _ context: CallContext) throws -> Value {
    switch container {
    case .record(let record): return try field(record, name)
    case .object(let box):
      if let value = try box.object.field(name, context) { return value.known(context) }
      throw noField(name, container.typeName, box.object.fieldNames, context)
    case .voxelCoordinate(let coordinate):
      if let axis = axis(name, coordinate.rank) { return .int(coordinate[axis]) }
      throw noField(name, "coord", axisNames(coordinate.rank), context)
    case .worldCoordinate(let coordinate):
      if let axis = axis(name, coordinate.rank) { return .length(coordinate[axis]) }
      throw noField(name, "coord", axisNames(coordinate.rank), context)
    case .range(.integers(let start, let end, let step)):
      if let value = ["start": start, "end": end, "step": step][name] { return .int(value) }
      throw noField(name, "range", ["start", "end", "step"], context)
    case .range(.floats(let start, let end, let step, _)):
      if let value = ["start": start, "end": end, "step": step][name] { return .float(value) }
      throw noField(name, "range", ["start", "end", "step"], context)
    case .function(let function):
      if function.isBuiltin, let member = context.session.registry["\(function.name).\(name)"] { return member }
      throw noField(name, "fn", context.session.registry.namespaces[function.name] ?? [], context)
    case .nil: throw Failure(.key, "nil has no field `\(name)`", hint: "x ?? default   replaces nil")
    default: throw noField(name, container.typeName, [], context)
    }
  }

  private static func field(_ record: Record, _ name: String) throws -> Value {
    if let value = record[name] { return value }
    throw Failure(.key, "the record has no field `\(name)`", label: Suggestion.label(for: name, amongMembers: Array(record.keys)) ?? "it is empty")
  }

  private static func noField(_ name: String, _ type: String, _ names: [String], _ context: CallContext) -> Failure {
    var hint: String?
    if context.session.registry.functions[name] != nil { hint = "verbs are functions: \(name)(x)" }
    return Failure(.key, "\(Words.article(type)) has no field `\(name)`", label: Suggestion.label(for: name, amongMembers: names), hint: hint)
  }

  private static func axisNames(_ rank: Int) -> [String] { Axis.defaults(rank: rank).map(\.name) }
  private static func axis(_ name: String, _ rank: Int) -> Int? { rank > 5 ? nil : axisNames(rank).firstIndex(of: name) }

  // MARK: Assigning

  /// One step of the left side of `=`, its indices evaluated.
  enum Step {
    case field(String)
    case index([IndexArgument])
  }

  /// Changes what lies at the end of a path, in place where nobody else holds it. `reads`: the change looks at the old value.
  static func update(
    _ container: inout Value, _ path: ArraySlice<Step>, reads: Bool, _ context: CallContext, _ change: (inout Value) throws -> Void
  ) throws {
    guard let step = path.first else { return try change(&container) }
    let rest = path.dropFirst()
    // held twice it would be copied: each kind is taken out of the value, changed, and put back
    if container.isList {
      guard case .index(let indices) = step else { throw noField(step, container) }
      guard case .at(let at) = try only(indices, container).selector else { throw Failure(.type, "a slice of a list cannot be assigned") }
      let position = try position(at, Iteration.count(container) ?? 0, "list")
      guard var values = container.take().list() else { return }
      defer { container = .list(values) }
      try update(&values[position], rest, reads: reads, context, change)
    } else if container.isRecord {
      let name = try key(step, container)
      guard var record = container.take().record() else { return }
      defer { container = .record(record) }
      if try record.update(name, { try update(&$0, rest, reads: reads, context, change) }) != nil { return }
      if reads || !rest.isEmpty { _ = try field(record, name) }
      var value = Value.nil
      try change(&value)
      record[name] = value
    } else if container.object != nil {
      guard var box = container.take().box() else { return }
      defer { container = .object(box) }
      if !isKnownUniquelyReferenced(&box) { box = ObjectBox(box.object) }
      try update(&box.object, step, rest, reads: reads, context, change)
    } else if case .field = step {
      throw noField(step, container)
    } else if Iteration.count(container) != nil {
      throw Failure(.type, "the parts of \(container.typePhrase) cannot be changed", hint: "make a new one")
    } else {
      throw noField(step, container)
    }
  }

  private static func key(_ step: Step, _ container: Value) throws -> String {
    switch step {
    case .field(let field): return field
    case .index(let indices):
      guard case .at(.string(let key)) = try only(indices, container).selector else { throw Failure(.type, "a record is indexed by a string") }
      return key
    }
  }

  /// A value of the vocabulary whose field a script wants to change.
  static func unchangeable(_ container: Value, _ name: String) -> Failure { noField(.field(name), container) }

  private static func noField(_ step: Step, _ container: Value) -> Failure {
    if case .field(let name) = step { return Failure(.key, "\(container.typePhrase) has no field `\(name)` to change") }
    return Failure(.type, "\(container.typePhrase) cannot be indexed")
  }

  /// What one step of a path leads to.
  static func step(_ container: Value, _ step: Step, _ context: CallContext) throws -> Value {
    switch step {
    case .field(let name): try field(container, name, context)
    case .index(let indices): try get(container, indices, context)
    }
  }

  private static func update(
    _ object: inout any ObjectValue, _ step: Step, _ rest: ArraySlice<Step>, reads: Bool, _ context: CallContext,
    _ change: (inout Value) throws -> Void
  ) throws {
    var value = Value.nil
    switch step {
    case .field(let name):
      if reads || !rest.isEmpty { value = try object.field(name, context) ?? .nil }
      try update(&value, rest, reads: reads, context, change)
      try object.assign(value, field: name, context)
    case .index(let indices):
      if reads || !rest.isEmpty { value = try object.index(indices, context) }
      try update(&value, rest, reads: reads, context, change)
      try object.assign(value, at: indices, context)
    }
  }
}

extension Value {
  fileprivate var isList: Bool { if case .list = self { true } else { false } }
  fileprivate var isRecord: Bool { if case .record = self { true } else { false } }

  /// The value, of which this no longer holds anything.
  fileprivate mutating func take() -> Value {
    withUnsafeMutablePointer(to: &self) { pointer in
      let value = pointer.move()
      pointer.initialize(to: .nil)
      return value
    }
  }

  // consuming: what comes out is not held here too
  fileprivate consuming func list() -> [Value]? { if case .list(let values) = self { values } else { nil } }
  fileprivate consuming func record() -> Record? { if case .record(let record) = self { record } else { nil } }
  fileprivate consuming func box() -> ObjectBox? { if case .object(let box) = self { box } else { nil } }
}
