// Operators on values: numbers, strings, lists. Quantities and coords are in Operators+Quantities.swift; objects answer themselves.
//
// Integers are exact: what leaves 64 bits becomes wide, what leaves 128 bits is an error. `/` always gives a float.

import Geometry
import Glibc

enum Operators {
  static func binary(_ operation: BinaryOperator, _ left: Value, _ right: Value, _ context: CallContext) throws -> Value {
    if case .object(let box) = left, let result = try box.object.binary(operation, right, selfIsLeft: true, context) { return result }
    if case .object(let box) = right, let result = try box.object.binary(operation, left, selfIsLeft: false, context) { return result }
    switch operation {
    case .equal: return .bool(left.equals(right))
    case .notEqual: return .bool(!left.equals(right))
    case .less, .lessOrEqual, .greater, .greaterOrEqual: return .bool(try ordered(operation, left, right))
    case .isIn: return .bool(try contains(right, left))
    case .and, .or:
      switch (left, right) {
      case (.bool(let a), .bool(let b)): return .bool(operation == .and ? a && b : a || b)
      default:
        guard let a = left.integer, let b = right.integer else { throw mismatch(operation, left, right) }
        return Value(integer: operation == .and ? a & b : a | b)
      }
    default: break
    }
    if let a = left.integer, let b = right.integer { return try integers(operation, a, b) }
    if let a = left.number, let b = right.number { return .float(floats(operation, a, b)) }
    if operation == .add {
      switch (left, right) {
      case (.string(let a), .string(let b)):
        try checkSize(a.utf8.count + b.utf8.count, 1, "a text of %", context)
        return .string(a + b)
      case (.list(let a), .list(let b)):
        try checkSize(a.count + b.count, MemoryLayout<Value>.stride, "a list of % elements", context)
        return .list(a + b)
      default: break
      }
    }
    if let result = try quantities(operation, left, right) { return result }
    throw mismatch(operation, left, right)
  }

  /// `+`, numbers first.
  static func sum(_ left: Value, _ right: Value, _ context: CallContext) throws -> Value {
    switch (left, right) {
    case (.int(let a), .int(let b)):
      let (sum, overflow) = a.addingReportingOverflow(b)
      if !overflow { return .int(sum) }
    case (.float(let a), .float(let b)): return .float(a + b)
    default: break
    }
    return try binary(.add, left, right, context)
  }

  /// - Throws: a failure of kind `memory` for a list or a text above the budget.
  static func checkSize(_ count: Int, _ size: Int, _ phrase: String, _ context: CallContext) throws {
    if count < 1 << 20 { return }
    let budget = context.execution.memoryBudget
    if count <= budget / size { return }
    let text = phrase.split(separator: "%", omittingEmptySubsequences: false).joined(separator: size == 1 ? Value.bytesText(Double(count)) : Words.grouped(count))
    throw Failure(.memory, "\(text) does not fit (budget \(Value.bytesText(Double(budget))))")
  }

  static func integers(_ operation: BinaryOperator, _ a: Int128, _ b: Int128) throws -> Value {
    let (value, overflow): (Int128, Bool)
    switch operation {
    case .add: (value, overflow) = a.addingReportingOverflow(b)
    case .subtract: (value, overflow) = a.subtractingReportingOverflow(b)
    case .multiply: (value, overflow) = a.multipliedReportingOverflow(by: b)
    case .divide:
      if b == 0 { throw divisionByZero() }
      return .float(Double(a) / Double(b))
    case .floorDivide, .modulo:
      if b == 0 { throw divisionByZero() }
      if b == -1 { return operation == .modulo ? 0 : try integers(.subtract, 0, a) }   // Int128.min / -1 would trap
      let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
      let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
      return Value(integer: operation == .modulo ? (isBelow ? remainder + b : remainder) : (isBelow ? quotient - 1 : quotient))
    case .power: return try power(a, b)
    default: throw mismatch(operation, Value(integer: a), Value(integer: b))
    }
    if overflow { throw Failure(.arithmetic, "the result is too large for an int (127 bits)", hint: "convert one side: float(x)") }
    return Value(integer: value)
  }

  private static func power(_ base: Int128, _ exponent: Int128) throws -> Value {
    if exponent < 0 {
      if base == 0 { throw divisionByZero() }
      return .float(pow(Double(base), Double(exponent)))
    }
    var (result, factor, left): (Int128, Int128, Int128) = (1, base, exponent)
    while left > 0 {
      if left & 1 == 1 {
        let (product, overflow) = result.multipliedReportingOverflow(by: factor)
        if overflow { throw Failure(.arithmetic, "the result is too large for an int (127 bits)", hint: "convert one side: float(x)") }
        result = product
      }
      left >>= 1
      if left == 0 { break }
      let (square, overflow) = factor.multipliedReportingOverflow(by: factor)
      if overflow { throw Failure(.arithmetic, "the result is too large for an int (127 bits)", hint: "convert one side: float(x)") }
      factor = square
    }
    return Value(integer: result)
  }

  static func floats(_ operation: BinaryOperator, _ a: Double, _ b: Double) -> Double {
    switch operation {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .floorDivide: (a / b).rounded(.down)
    case .modulo: a - b * (a / b).rounded(.down)
    case .power: pow(a, b)
    default: .nan
    }
  }

  static func divisionByZero() -> Failure { Failure(.arithmetic, "division by zero") }

  static func ordered(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws -> Bool {
    guard let order = left.compare(right) else {
      if left.number != nil, right.number != nil { return false }   // NaN
      throw mismatch(operation, left, right)
    }
    switch operation {
    case .less: return order == .less
    case .lessOrEqual: return order != .greater
    case .greater: return order == .greater
    default: return order != .less
    }
  }

  static func contains(_ container: Value, _ element: Value) throws -> Bool {
    switch (container, element) {
    case (.list(let values), _): return values.contains { $0.equals(element) }
    case (.record(let record), .string(let key)): return record[key] != nil
    case (.range(let range), _): return range.contains(element)
    case (.string(let text), .string(let part)): return part.isEmpty || Text.find(part, in: text) != nil
    case (.voxelCoordinate(let coordinate), .int(let value)): return coordinate.values.contains(value)
    case (.worldCoordinate(let coordinate), .length(let value)): return coordinate.values.contains(value)
    default: throw Failure(.type, "cannot look for \(element.typePhrase) in \(container.typePhrase)")
    }
  }

  static func negate(_ value: Value, _ context: CallContext) throws -> Value {
    if let result = try value.object?.unary(.negate, context) { return result }
    return try negate(value)
  }

  /// The same of what needs no context: all but objects.
  static func negate(_ value: Value) throws -> Value {
    switch value {
    case .int, .wide: return try integers(.subtract, 0, value.integer ?? 0)
    case .float(let number): return .float(-number)
    case .length(let length): return .length(-length)
    case .duration(let time): return .duration(-time)
    case .bytes(let count): return .bytes(try fit(0 - Int128(count)))
    case .voxelCoordinate, .worldCoordinate: return try quantities(.multiply, value, .int(-1)) ?? value
    default: throw Failure(.type, "cannot negate \(value.typePhrase)")
    }
  }

  static func not(_ value: Value, _ context: CallContext) throws -> Value {
    switch value {
    case .bool(let truth): return .bool(!truth)
    case .object(let box):
      if let result = try box.object.unary(.not, context) { return result }
      fallthrough
    default: throw notACondition(value)
    }
  }

  static func notACondition(_ value: Value) -> Failure {
    if let advice = value.object?.conditionAdvice { return Failure(.type, advice) }
    let hint: String? =
      switch value {
      case .int, .wide, .float: "x != 0"
      case .string: "x != \"\""
      case .list, .record: "len(x) > 0"
      case .nil: "x != nil"
      default: nil
      }
    return Failure(.type, "a condition must be true or false, not \(value.typePhrase)", hint: hint)
  }

  static func fit(_ value: Int128) throws -> Int {
    guard let small = Int(exactly: value) else { throw Failure(.arithmetic, "the result is too large for 64 bits") }
    return small
  }
}
