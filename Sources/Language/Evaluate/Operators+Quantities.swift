// Lengths, times, bytes and coords. Units never mix: 64 is voxels, 64nm is world, and adding them is an error, not a guess.

import Geometry

extension Operators {
  static func quantities(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws -> Value? {
    switch (left, right) {
    case (.length(let a), .length(let b)): return try alike(operation, a, b, Value.length)
    case (.duration(let a), .duration(let b)): return try alike(operation, a, b, Value.duration)
    case (.bytes(let a), .bytes(let b)): return try bytes(operation, a, b)
    case (.length(let a), _) where right.number != nil: return try scaled(operation, a, right, Value.length)
    case (.duration(let a), _) where right.number != nil: return try scaled(operation, a, right, Value.duration)
    case (.bytes(let a), _) where right.number != nil:
      guard case .length(let result)? = try scaled(operation, Rational(a), right, Value.length) else { return nil }
      return .bytes(try result.rounded(.nearest))
    case (_, .length), (_, .duration), (_, .bytes):
      if operation == .multiply, left.number != nil { return try quantities(.multiply, right, left) }
      if case .length(let b) = right { return try coordinate(operation, left, b) }
      return nil
    case (.voxelCoordinate(let a), .voxelCoordinate(let b)): return try voxels(operation, a, b)
    case (.voxelCoordinate(let a), .int(let b)): return try voxels(operation, a, VoxelCoordinate(repeating: b, count: a.rank))
    case (.int(let a), .voxelCoordinate(let b)): return try voxels(operation, VoxelCoordinate(repeating: a, count: b.rank), b)
    case (.worldCoordinate(let a), .worldCoordinate(let b)): return try world(operation, a, b)
    case (.length(let a), .worldCoordinate(let b)): return try world(operation, WorldCoordinate(repeating: a, count: b.rank), b)
    case (.length(let a), .voxelCoordinate(let b)) where operation == .multiply:
      return .worldCoordinate(WorldCoordinate(try b.values.map { try a * Rational($0) }))
    case (.worldCoordinate(let a), .voxelCoordinate(let b)) where operation == .multiply: return try product(a, b)
    case (.voxelCoordinate(let a), .worldCoordinate(let b)) where operation == .multiply: return try product(b, a)
    case (.worldCoordinate(let a), _) where right.number != nil: return try scaled(operation, a, right)
    case (_, .worldCoordinate) where operation == .multiply && left.number != nil: return try quantities(.multiply, right, left)
    default: return nil
    }
  }

  // MARK: Lengths and times

  private static func alike(_ operation: BinaryOperator, _ a: Rational, _ b: Rational, _ make: (Rational) -> Value) throws -> Value? {
    switch operation {
    case .add: return make(try a + b)
    case .subtract: return make(try a - b)
    case .divide:
      if b == .zero { throw divisionByZero() }
      return .float(try (a / b).double)
    case .floorDivide:
      if b == .zero { throw divisionByZero() }
      return .int(try (a / b).rounded(.down))
    case .modulo:
      if b == .zero { throw divisionByZero() }
      return make(try a - b * Rational(try (a / b).rounded(.down)))
    default: return nil
    }
  }

  private static func scaled(_ operation: BinaryOperator, _ a: Rational, _ factor: Value, _ make: (Rational) -> Value) throws -> Value? {
    guard operation == .multiply || operation == .divide else { return nil }
    return make(try scaled(operation, a, factor))
  }

  /// Exact with ints and short decimals; where 128 bits do not hold the exact result, the nearest double's decimal.
  private static func scaled(_ operation: BinaryOperator, _ a: Rational, _ factor: Value) throws -> Rational {
    let divides = operation == .divide
    let number = factor.number ?? .nan
    if divides, number == 0 { throw divisionByZero() }
    let exact: Rational? = factor.integer.flatMap { try? Rational($0, over: 1) } ?? Rational(number)
    if let exact, let result = divides ? try? a / exact : try? a * exact { return result }
    if let rounded = Rational(divides ? a.double / number : a.double * number) { return rounded }
    throw Failure(.arithmetic, "the result is not a finite length: \(Value.length(a).codeText) \(operation.rawValue) \(factor.codeText)")
  }

  private static func bytes(_ operation: BinaryOperator, _ a: Int, _ b: Int) throws -> Value? {
    switch operation {
    case .add: return .bytes(try fit(Int128(a) + Int128(b)))
    case .subtract: return .bytes(try fit(Int128(a) - Int128(b)))
    case .divide: return try integers(.divide, Int128(a), Int128(b))
    case .floorDivide: return try integers(.floorDivide, Int128(a), Int128(b))
    default: return nil
    }
  }

  // MARK: Coords

  private static func coordinate(_ operation: BinaryOperator, _ left: Value, _ length: Rational) throws -> Value? {
    switch left {
    case .worldCoordinate(let a): return try world(operation, a, WorldCoordinate(repeating: length, count: a.rank))
    case .voxelCoordinate(let a) where operation == .multiply:
      return .worldCoordinate(WorldCoordinate(try a.values.map { try length * Rational($0) }))
    default: return nil
    }
  }

  private static func voxels(_ operation: BinaryOperator, _ a: VoxelCoordinate, _ b: VoxelCoordinate) throws -> Value? {
    switch operation {
    case .add: return .voxelCoordinate(try a + b)
    case .subtract: return .voxelCoordinate(try a - b)
    case .multiply, .floorDivide, .modulo:
      guard a.rank == b.rank else { throw GeometryError.ranks(a.rank, b.rank) }
      return .voxelCoordinate(VoxelCoordinate(try zip(a.values, b.values).map { x, y in
        try fit(try integers(operation, Int128(x), Int128(y)).integer ?? 0)
      }))
    case .divide:
      throw Failure(.type, "voxels divide into whole voxels only: \(Value.voxelCoordinate(a).codeText) / \(b.values.first.map { "\($0)" } ?? "")", hint: "// rounds down")
    default: return nil
    }
  }

  private static func world(_ operation: BinaryOperator, _ a: WorldCoordinate, _ b: WorldCoordinate) throws -> Value? {
    switch operation {
    case .add: return .worldCoordinate(try a + b)
    case .subtract: return .worldCoordinate(try a - b)
    case .floorDivide, .modulo:
      guard a.rank == b.rank else { throw GeometryError.ranks(a.rank, b.rank) }
      if b.values.contains(.zero) { throw divisionByZero() }
      let quotients = try zip(a.values, b.values).map { x, y in try (x / y).rounded(.down) }
      if operation == .floorDivide { return .voxelCoordinate(VoxelCoordinate(quotients)) }
      return .worldCoordinate(WorldCoordinate(try quotients.indices.map { try a[$0] - b[$0] * Rational(quotients[$0]) }))
    default: return nil
    }
  }

  private static func product(_ a: WorldCoordinate, _ b: VoxelCoordinate) throws -> Value {
    guard a.rank == b.rank else { throw GeometryError.ranks(a.rank, b.rank) }
    return .worldCoordinate(WorldCoordinate(try zip(a.values, b.values).map { try $0 * Rational($1) }))
  }

  private static func scaled(_ operation: BinaryOperator, _ a: WorldCoordinate, _ factor: Value) throws -> Value? {
    guard operation == .multiply || operation == .divide else { return nil }
    return .worldCoordinate(WorldCoordinate(try a.values.map { try scaled(operation, $0, factor) }))
  }

  // MARK: Words

  /// What an operator says when it does not know its operands.
  static func mismatch(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> Failure {
    switch (left.space, right.space) {
    case (.voxels?, .world?) where operation.needsOneUnit, (.world?, .voxels?) where operation.needsOneUnit:
      let isLeft = left.space == .voxels
      var failure = Failure(
        .units,
        "cannot \(operation.verb) voxels and nanometres: \(left.codeText) \(operation.rawValue) \(right.codeText)",
        label: isLeft ? "left: voxels, right: world" : "left: world, right: voxels")
      // `raw.shape + 120nm` wants more room around `raw`
      if operation == .add, left.isCoordinate || right.isCoordinate {
        let plain = failure, length = (isLeft ? right : left).codeText
        failure.naming = { a, b in
          var named = plain
          if let name = isLeft ? a : b, name.hasSuffix(".shape") { named.hint = "grow(\(name.dropLast(6)).roi, \(length))" }
          return named
        }
      }
      return failure
    default: break
    }
    let texts = "\(left.typePhrase) and \(right.typePhrase)"
    switch operation {
    case .add where left.isString || right.isString:
      return Failure(.type, "cannot add \(texts)", hint: "put the value into the string: \"{x}\"")
    case .less, .lessOrEqual, .greater, .greaterOrEqual: return Failure(.type, "cannot order \(texts) with \(operation.rawValue)")
    case .power: return Failure(.type, "cannot raise \(left.typePhrase) to \(right.typePhrase)")
    case .multiply: return Failure(.type, "cannot multiply \(texts)")
    case .divide, .floorDivide, .modulo: return Failure(.type, "cannot divide \(left.typePhrase) by \(right.typePhrase)")
    case .subtract: return Failure(.type, "cannot subtract \(right.typePhrase) from \(left.typePhrase)")
    case .and, .or:
      return Failure(.type, "cannot combine \(texts) with \(operation.rawValue)", hint: left.isBool || right.isBool ? "`and` and `or` combine conditions" : nil)
    default: return Failure(.type, "cannot \(operation.verb) \(texts)")
    }
  }
}

extension BinaryOperator {
  /// Sums and orders are of one unit; products and quotients make another.
  fileprivate var needsOneUnit: Bool {
    switch self {
    case .multiply, .divide, .floorDivide, .modulo, .power: false
    default: true
    }
  }
}

extension Value {
  enum SpaceOfValue { case voxels, world }

  /// Plain ints count voxels where they meet lengths.
  var space: SpaceOfValue? {
    switch self {
    case .int, .wide, .float, .voxelCoordinate: .voxels
    case .length, .worldCoordinate: .world
    default: nil
    }
  }

  var isCoordinate: Bool {
    switch self {
    case .voxelCoordinate, .worldCoordinate: true
    default: false
    }
  }
  var isString: Bool { if case .string = self { true } else { false } }
  var isBool: Bool { if case .bool = self { true } else { false } }

  /// As one would type it: "120nm", "(8, 8, 8)nm".
  package var codeText: String {
    switch self {
    case .length(let length): "\(length)nm"
    case .duration(let seconds): "\(seconds)s"
    case .worldCoordinate(let coordinate): "(" + coordinate.values.map(\.description).joined(separator: ", ") + ")nm"
    default: written()
    }
  }
}
