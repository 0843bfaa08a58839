// One call of a builtin: its arguments, checked against the signature and read by name.
//
// The signature's types have been checked before the body runs; the accessors give the Swift value and throw where a value of the right
// type is still out of range. Every failure names the argument, so that the caret goes under it.

import Execution
import Geometry

package struct Call: Sendable {
  package let builtin: Builtin
  package let context: CallContext
  /// One entry a parameter: nil if not given and without a literal default. The entry of a variadic parameter is a list.
  let arguments: [Value?]
  let given: [Bool]

  package var execution: ExecutionContext { context.execution }
  package var session: Session { context.session }
  package var host: any Host { context.host }

  /// Calls a function of the language.
  package func invoke(_ function: Function, _ arguments: Value..., settle: Bool = true) throws -> Value {
    try context.invoke(function, arguments, settle: settle)
  }

  /// The same with one argument: what `map` and its like do for each element.
  package func invoke(_ function: Function, _ argument: Value) throws -> Value { try context.invoke(function, one: argument) }

  /// The argument, its default, or nil.
  package func value(_ name: String) throws -> Value {
    guard let position = builtin.signature.parameters.firstIndex(where: { $0.name == name }) else {
      throw Failure(.argument, "`\(builtin.name)` reads the argument `\(name)`, which its signature lacks")
    }
    return arguments[position] ?? .nil
  }

  /// Whether the caller wrote it.
  package func isGiven(_ name: String) -> Bool {
    builtin.signature.parameters.firstIndex { $0.name == name }.map { given[$0] } ?? false
  }

  /// What the variadic parameter collected.
  package var rest: [Value] {
    guard let position = builtin.signature.parameters.firstIndex(where: \.isVariadic), case .list(let values) = arguments[position] else { return [] }
    return values
  }

  /// A failure whose caret goes under an argument.
  package func failure(_ kind: Failure.Kind = .value, _ message: String, at argument: String? = nil, label: String? = nil, hint: String? = nil) -> Failure {
    Failure(kind, message, label: label, hint: hint, argument: argument)
  }

  func mustBe(_ name: String, _ phrase: String, _ value: Value) -> Failure {
    Failure(.type, "`\(name)` must be \(phrase), not \(value.typePhrase)", argument: name)
  }

  private func convert<T>(_ name: String, _ phrase: String, _ read: (Value) -> T?) throws -> T {
    let value = try self.value(name)
    guard let result = read(value) else { throw mustBe(name, phrase, value) }
    return result
  }
}

extension Call {
  package func bool(_ name: String) throws -> Bool { try convert(name, "true or false") { if case .bool(let x) = $0 { x } else { nil } } }
  package func string(_ name: String) throws -> String { try convert(name, "a string") { if case .string(let x) = $0 { x } else { nil } } }
  package func float(_ name: String) throws -> Double { try convert(name, "a number") { $0.number } }
  /// An integer of any size.
  package func integer(_ name: String) throws -> Int128 { try convert(name, "an int") { $0.integer } }
  package func list(_ name: String) throws -> [Value] { try convert(name, "a list") { if case .list(let x) = $0 { x } else { nil } } }
  package func record(_ name: String) throws -> Record { try convert(name, "a record") { if case .record(let x) = $0 { x } else { nil } } }
  package func range(_ name: String) throws -> Progression { try convert(name, "a range") { if case .range(let x) = $0 { x } else { nil } } }
  package func function(_ name: String) throws -> Function { try convert(name, "a function") { if case .function(let x) = $0 { x } else { nil } } }
  /// Nanometres.
  package func length(_ name: String) throws -> Rational { try convert(name, "a length") { if case .length(let x) = $0 { x } else { nil } } }
  /// Seconds.
  package func duration(_ name: String) throws -> Double { try convert(name, "a time") { if case .duration(let x) = $0 { x.double } else { nil } } }
  package func bytes(_ name: String) throws -> Int { try convert(name, "bytes") { if case .bytes(let x) = $0 { x } else { nil } } }

  package func object<T: ObjectValue>(_ name: String, as type: T.Type) throws -> T {
    let expected = builtin.signature.parameter(name)?.type.phrase ?? "another kind of value"
    return try convert(name, expected) { $0.object(as: type) }
  }

  package func int(_ name: String) throws -> Int {
    let value = try self.value(name)
    if case .int(let small) = value { return small }
    if value.integer != nil { throw Failure(.value, "`\(name)` is too large: \(value.shown())", argument: name) }
    throw mustBe(name, "an int", value)
  }

  /// - Throws: a failure that says the bounds.
  package func int(_ name: String, in bounds: ClosedRange<Int>) throws -> Int {
    let value = try int(name)
    if bounds.contains(value) { return value }
    let words = bounds.upperBound == .max ? "at least \(bounds.lowerBound)" : "from \(bounds.lowerBound) to \(bounds.upperBound)"
    throw Failure(.value, "`\(name)` must be \(words), not \(value)", argument: name)
  }

  /// Voxels on each axis: a voxel coord of this rank, or one int for all axes.
  package func voxels(_ name: String, rank: Int) throws -> VoxelCoordinate {
    switch try value(name) {
    case .int(let each): return VoxelCoordinate(repeating: each, count: rank)
    case .voxelCoordinate(let coordinate):
      if coordinate.rank == rank { return coordinate }
      throw Failure(.shape, "`\(name)` has \(Words.axes(coordinate.rank)), expected \(rank)", argument: name)
    case .length, .worldCoordinate:
      throw Failure(.units, "`\(name)` must be in voxels, not in nanometres", argument: name)
    case let other: throw mustBe(name, "voxels, such as 64 or (64, 64, 64)", other)
    }
  }

  /// Nanometres on each axis: a world coord of this rank, or one length for all axes.
  package func world(_ name: String, rank: Int) throws -> WorldCoordinate {
    switch try value(name) {
    case .length(let each): return WorldCoordinate(repeating: each, count: rank)
    case .worldCoordinate(let coordinate):
      if coordinate.rank == rank { return coordinate }
      throw Failure(.shape, "`\(name)` has \(Words.axes(coordinate.rank)), expected \(rank)", argument: name)
    case .int, .voxelCoordinate:
      throw Failure(.units, "`\(name)` must be in nanometres, not in voxels", argument: name)
    case let other: throw mustBe(name, "lengths, such as 64nm or (8, 8, 8)nm", other)
    }
  }
}

extension Call {
  private func optional<T>(_ name: String, _ read: (String) throws -> T) throws -> T? { try value(name).isNil ? nil : try read(name) }

  // nil where the argument is nil or not given
  package func optionalBool(_ name: String) throws -> Bool? { try optional(name, bool) }
  package func optionalInt(_ name: String) throws -> Int? { try optional(name) { try int($0) } }
  package func optionalFloat(_ name: String) throws -> Double? { try optional(name, float) }
  package func optionalString(_ name: String) throws -> String? { try optional(name, string) }
  package func optionalList(_ name: String) throws -> [Value]? { try optional(name, list) }
  package func optionalRecord(_ name: String) throws -> Record? { try optional(name, record) }
  package func optionalFunction(_ name: String) throws -> Function? { try optional(name, function) }
  package func optionalLength(_ name: String) throws -> Rational? { try optional(name, length) }
  package func optionalDuration(_ name: String) throws -> Double? { try optional(name, duration) }
  package func optionalBytes(_ name: String) throws -> Int? { try optional(name, bytes) }
  package func optionalObject<T: ObjectValue>(_ name: String, as type: T.Type) throws -> T? { try optional(name) { try object($0, as: type) } }
  package func optionalVoxels(_ name: String, rank: Int) throws -> VoxelCoordinate? { try optional(name) { try voxels($0, rank: rank) } }
  package func optionalWorld(_ name: String, rank: Int) throws -> WorldCoordinate? { try optional(name) { try world($0, rank: rank) } }
}
