// Operators. Ints and floats are handled in the closure itself, with operands read straight from their slots; all else goes to Operators.

import Geometry

/// The fast half of an operator; nil from `ints` means that 64 bits do not hold the result.
private protocol FastOperator {
  static var operation: BinaryOperator { get }
  static func ints(_ a: Int, _ b: Int) -> Value?
  static func floats(_ a: Double, _ b: Double) -> Value
}

private enum Add: FastOperator {
  static var operation: BinaryOperator { .add }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? {
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : .int(value)
  }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float(a + b) }
}
private enum Subtract: FastOperator {
  static var operation: BinaryOperator { .subtract }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? {
    let (value, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? nil : .int(value)
  }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float(a - b) }
}
private enum Multiply: FastOperator {
  static var operation: BinaryOperator { .multiply }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : .int(value)
  }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float(a * b) }
}
private enum Divide: FastOperator {
  static var operation: BinaryOperator { .divide }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? { b == 0 ? nil : .float(Double(a) / Double(b)) }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float(a / b) }
}

private enum FloorDivide: FastOperator {
  static var operation: BinaryOperator { .floorDivide }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? {
    if b == 0 || b == -1 { return nil }   // an error, and what may not fit
    let quotient = a / b
    return .int(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient)
  }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float((a / b).rounded(.down)) }
}
private enum Modulo: FastOperator {
  static var operation: BinaryOperator { .modulo }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Value? {
    if b == 0 || b == -1 { return nil }
    let rest = a % b
    return .int(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
  }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Value { .float(a - b * (a / b).rounded(.down)) }
}

extension FastComparison {
  /// nil: not answered here.
  @inline(__always) static func strings(_ a: String, _ b: String) -> Bool? { nil }
}

private protocol FastComparison {
  static func strings(_ a: String, _ b: String) -> Bool?
  static var operation: BinaryOperator { get }
  static func ints(_ a: Int, _ b: Int) -> Bool
  static func floats(_ a: Double, _ b: Double) -> Bool
}
private enum Less: FastComparison {
  static var operation: BinaryOperator { .less }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a < b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a < b }
}
private enum LessOrEqual: FastComparison {
  static var operation: BinaryOperator { .lessOrEqual }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a <= b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a <= b }
}
private enum Greater: FastComparison {
  static var operation: BinaryOperator { .greater }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a > b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a > b }
}
private enum GreaterOrEqual: FastComparison {
  static var operation: BinaryOperator { .greaterOrEqual }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a >= b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a >= b }
}
private enum Equal: FastComparison {
  @inline(__always) static func strings(_ a: String, _ b: String) -> Bool? { a == b }
  static var operation: BinaryOperator { .equal }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a == b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a == b }
}
private enum NotEqual: FastComparison {
  @inline(__always) static func strings(_ a: String, _ b: String) -> Bool? { a != b }
  static var operation: BinaryOperator { .notEqual }
  @inline(__always) static func ints(_ a: Int, _ b: Int) -> Bool { a != b }
  @inline(__always) static func floats(_ a: Double, _ b: Double) -> Bool { a != b }
}

@inline(never) private func slow(_ operation: BinaryOperator, _ a: Value, _ b: Value, _ f: Frame, _ place: OperatorPlace) throws -> Value {
  do { return try Operators.binary(operation, a, b, f.context) } catch { throw place.locate(error) }
}

@inline(never) private func slowTest(_ operation: BinaryOperator, _ a: Value, _ b: Value, _ f: Frame, _ place: OperatorPlace) throws -> Bool {
  try condition(slow(operation, a, b, f, place), place.site)
}

/// The truth of a condition; only a bool has one.
@inline(__always) func condition(_ value: Value, _ site: Site) throws -> Bool {
  if case .bool(let truth) = value { return truth }
  if value.isUnknown { throw Undecided(reason: "the condition is known only when the script runs", site: site) }
  throw Operators.notACondition(value).at(site)
}

@inline(__always)
private func apply<O: FastOperator>(_: O.Type, _ a: Value, _ b: Value, _ f: Frame, _ place: OperatorPlace) throws -> Value {
  switch (a, b) {
  case (.int(let x), .int(let y)): if let value = O.ints(x, y) { return value }
  case (.float(let x), .float(let y)): return O.floats(x, y)
  case (.int(let x), .float(let y)): return O.floats(Double(x), y)
  case (.float(let x), .int(let y)): return O.floats(x, Double(y))
  default: break
  }
  return try slow(O.operation, a, b, f, place)
}

@inline(__always)
private func tested<O: FastComparison>(_: O.Type, _ a: Value, _ b: Value, _ f: Frame, _ place: OperatorPlace) throws -> Bool {
  switch (a, b) {
  case (.int(let x), .int(let y)): return O.ints(x, y)
  case (.float(let x), .float(let y)): return O.floats(x, y)
  case (.string(let x), .string(let y)): if let answer = O.strings(x, y) { return answer }
  // exact up to 2⁵³
  case (.float(let x), .int(let y)) where y.magnitude <= 1 << 53: return O.floats(x, Double(y))
  case (.int(let x), .float(let y)) where x.magnitude <= 1 << 53: return O.floats(Double(x), y)
  default: break
  }
  return try slowTest(O.operation, a, b, f, place)
}

/// What the closure of an operator needs: its operands as code and, where they are so simple, as slots (else -1) or as a constant.
private final class Operands {
  let a: Code, b: Code
  let i: Int, j: Int
  let constant: Value, int: Int, float: Double
  let place: OperatorPlace

  init(_ a: @escaping Code, _ b: @escaping Code, _ i: Int, _ j: Int, _ constant: Value, _ place: OperatorPlace) {
    (self.a, self.b, self.i, self.j, self.constant, self.place) = (a, b, i, j, constant, place)
    if case .int(let value) = constant { int = value } else { int = 0 }
    float = constant.number ?? 0
  }
}

extension Compiler {
  /// A slot that can be read without running code: a local, never a name that a builtin may stand in for.
  func localSlot(_ expression: Expression) -> Int? {
    guard case .name(let name) = expression.kind, case .local(let slot, otherwise: nil) = scope.locate(name) else { return nil }
    return slot
  }

  func intConstant(_ expression: Expression) -> Int? {
    if case .int(let value)? = constant(expression) { value } else { nil }
  }

  func binary(_ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ span: Span) -> Code {
    let place = place(left, right, span)
    switch operation {
    case .add: return arithmetic(Add.self, left, right, place)
    case .subtract: return arithmetic(Subtract.self, left, right, place)
    case .multiply: return arithmetic(Multiply.self, left, right, place)
    case .divide: return arithmetic(Divide.self, left, right, place)
    case .less: return comparison(Less.self, left, right, place)
    case .lessOrEqual: return comparison(LessOrEqual.self, left, right, place)
    case .greater: return comparison(Greater.self, left, right, place)
    case .greaterOrEqual: return comparison(GreaterOrEqual.self, left, right, place)
    case .equal: return comparison(Equal.self, left, right, place)
    case .notEqual: return comparison(NotEqual.self, left, right, place)
    case .floorDivide: return arithmetic(FloorDivide.self, left, right, place)
    case .modulo: return arithmetic(Modulo.self, left, right, place)
    case .power, .isIn, .and, .or:
      let a = code(left), b = code(right)
      return { f in
        let x = try a(f)
        return try slow(operation, x, try b(f), f, place)
      }
    }
  }

  private func arithmetic<O: FastOperator>(_ type: O.Type, _ left: Expression, _ right: Expression, _ place: OperatorPlace) -> Code {
    let n = Operands(code(left), code(right), localSlot(left) ?? -1, localSlot(right) ?? -1, constant(right) ?? .nil, place)
    switch n.constant {
    case .int:
      if n.i >= 0 {
        return { f in
          if case .some(.int(let x)) = f.slots[n.i], let value = O.ints(x, n.int) { return value }
          return try apply(type, try n.a(f), n.constant, f, n.place)
        }
      }
      return { f in
        let x = try n.a(f)
        if case .int(let x) = x, let value = O.ints(x, n.int) { return value }
        if case .float(let x) = x { return O.floats(x, n.float) }
        return try slow(O.operation, x, n.constant, f, n.place)
      }
    case .float:
      if n.i >= 0 {
        return { f in
          if case .some(.float(let x)) = f.slots[n.i] { return O.floats(x, n.float) }
          if case .some(.int(let x)) = f.slots[n.i] { return O.floats(Double(x), n.float) }
          return try slow(O.operation, try n.a(f), n.constant, f, n.place)
        }
      }
      return { f in
        let x = try n.a(f)
        if case .float(let x) = x { return O.floats(x, n.float) }
        if case .int(let x) = x { return O.floats(Double(x), n.float) }
        return try slow(O.operation, x, n.constant, f, n.place)
      }
    default: break
    }
    if n.i >= 0, n.j >= 0 {
      return { f in
        if case .some(.int(let x)) = f.slots[n.i], case .some(.int(let y)) = f.slots[n.j], let value = O.ints(x, y) { return value }
        if case .some(.float(let x)) = f.slots[n.i], case .some(.float(let y)) = f.slots[n.j] { return O.floats(x, y) }
        let x = try n.a(f)
        return try apply(type, x, try n.b(f), f, n.place)
      }
    }
    if n.i >= 0 {
      return { f in
        let y = try n.b(f)
        if case .float(let y) = y, case .some(.float(let x)) = f.slots[n.i] { return O.floats(x, y) }
        return try apply(type, try n.a(f), y, f, n.place)
      }
    }
    return { f in
      let x = try n.a(f)
      return try apply(type, x, try n.b(f), f, n.place)
    }
  }

  /// `x = a + b` of a local: the numbers go from slot to slot. nil: not of this shape.
  func arithmeticStep(_ target: Int, _ value: Expression) -> Step? {
    guard case .binary(let operation, let left, let right, let span) = value.kind, localSlot(left) != nil else { return nil }
    switch operation {
    case .add: return arithmeticStep(Add.self, target, left, right, place(left, right, span))
    case .subtract: return arithmeticStep(Subtract.self, target, left, right, place(left, right, span))
    case .multiply: return arithmeticStep(Multiply.self, target, left, right, place(left, right, span))
    default: return nil
    }
  }

  private func arithmeticStep<O: FastOperator>(_ type: O.Type, _ target: Int, _ left: Expression, _ right: Expression, _ place: OperatorPlace) -> Step {
    let n = Operands(code(left), code(right), localSlot(left) ?? -1, target, constant(right) ?? .nil, place)
    if case .int = n.constant {
      return { f in
        if case .some(.int(let x)) = f.slots[n.i], let value = O.ints(x, n.int) { f.put(n.j, value) }
        else { f.slots[n.j] = try f.settle(try apply(type, try n.a(f), n.constant, f, n.place), .storing) }
        return .next
      }
    }
    return { f in
      let x = f.slots[n.i] ?? .nil
      if case .object = x { return try Self.store(type, n, f) }
      let y = try n.b(f)
      switch (x, y) {
      case (.int(let x), .int(let y)):
        if let value = O.ints(x, y) {
          f.put(n.j, value)
          return .next
        }
      case (.float(let x), .float(let y)):
        f.put(n.j, O.floats(x, y))
        return .next
      default: break
      }
      f.slots[n.j] = try f.settle(try apply(type, try n.a(f), y, f, n.place), .storing)
      return .next
    }
  }

  @inline(never) private static func store<O: FastOperator>(_ type: O.Type, _ n: Operands, _ f: Frame) throws -> Flow {
    let x = try n.a(f)
    f.slots[n.j] = try f.settle(try apply(type, x, try n.b(f), f, n.place), .storing)
    return .next
  }

  /// As a value: bools, or whatever an object answers (an array of bools).
  private func comparison<O: FastComparison>(_ type: O.Type, _ left: Expression, _ right: Expression, _ place: OperatorPlace) -> Code {
    let n = Operands(code(left), code(right), -1, -1, .nil, place)
    return { f in
      let x = try n.a(f), y = try n.b(f)
      switch (x, y) {
      case (.int(let x), .int(let y)): return .bool(O.ints(x, y))
      case (.float(let x), .float(let y)): return .bool(O.floats(x, y))
      default: return try slow(O.operation, x, y, f, n.place)
      }
    }
  }

  // MARK: Conditions

  /// As a condition.
  func test(_ expression: Expression) -> Test {
    switch expression.kind {
    case .binary(.less, let left, let right, let span): return comparing(Less.self, left, right, place(left, right, span))
    case .binary(.lessOrEqual, let left, let right, let span): return comparing(LessOrEqual.self, left, right, place(left, right, span))
    case .binary(.greater, let left, let right, let span): return comparing(Greater.self, left, right, place(left, right, span))
    case .binary(.greaterOrEqual, let left, let right, let span): return comparing(GreaterOrEqual.self, left, right, place(left, right, span))
    case .binary(.equal, let left, let right, let span): return comparing(Equal.self, left, right, place(left, right, span))
    case .binary(.notEqual, let left, let right, let span): return comparing(NotEqual.self, left, right, place(left, right, span))
    case .logical(.and, let left, let right, _):
      let a = test(left), b = test(right)
      return { f in
        if try a(f) { return try b(f) }
        return false
      }
    case .logical(.or, let left, let right, _):
      let a = test(left), b = test(right)
      return { f in
        if try a(f) { return true }
        return try b(f)
      }
    case .literal(.bool(let truth)): return { _ in truth }
    default:
      let code = code(expression), site = site(expression.span)
      return { f in try condition(try code(f), site) }
    }
  }

  private func comparing<O: FastComparison>(_ type: O.Type, _ left: Expression, _ right: Expression, _ place: OperatorPlace) -> Test {
    let n = Operands(code(left), code(right), localSlot(left) ?? -1, localSlot(right) ?? -1, intConstant(right).map(Value.int) ?? .nil, place)
    if case .int = n.constant {
      if n.i >= 0 {
        return { f in
          if case .some(.int(let x)) = f.slots[n.i] { return O.ints(x, n.int) }
          return try tested(type, try n.a(f), n.constant, f, n.place)
        }
      }
      return { f in
        let x = try n.a(f)
        if case .int(let x) = x { return O.ints(x, n.int) }
        return try slowTest(O.operation, x, n.constant, f, n.place)
      }
    }
    if n.i >= 0, n.j >= 0 {
      return { f in
        if case .some(.int(let x)) = f.slots[n.i], case .some(.int(let y)) = f.slots[n.j] { return O.ints(x, y) }
        let x = try n.a(f)
        return try tested(type, x, try n.b(f), f, n.place)
      }
    }
    return { f in
      let x = try n.a(f)
      return try tested(type, x, try n.b(f), f, n.place)
    }
  }

  /// `and`, `or`, `not` as values.
  func logical(_ expression: Expression) -> Code {
    switch expression.kind {
    case .unary(_, let operand):
      let code = code(operand), site = site(operand.span)
      return { f in
        let value = try code(f)
        if case .bool(let truth) = value { return .bool(!truth) }
        do { return try Operators.not(value, f.context) } catch { throw located(error, site) }
      }
    default:
      let test = test(expression)
      return { f in .bool(try test(f)) }
    }
  }

  func coalescing(_ left: Expression, _ right: Expression) -> Code {
    let a = code(left), b = code(right)
    return { f in
      let value = try a(f)
      if case .nil = value { return try b(f) }
      return value
    }
  }

  func negation(_ operand: Expression, _ span: Span) -> Code {
    if let whole = constant(Expression(.unary(.negate, operand), span)) { return { _ in whole } }
    let code = code(operand), site = site(span)
    return { f in
      let value = try code(f)
      if case .float(let number) = value { return .float(-number) }
      do { return try Operators.negate(value, f.context) } catch { throw located(error, site) }
    }
  }
}
