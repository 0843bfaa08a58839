// Operators between arrays and numbers build expressions; nothing is computed here. The rules of types and axes are ArrayExpression's.

import Arrays
import Language

extension ArrayValue {
  /// This array as an operand.
  var expression: ArrayExpression {
    switch content {
    case .memory(let volume): ArrayExpression(volume)
    case .view(let view): (view.isWhole ? view.base as? CastSource : nil)?.expression ?? ArrayExpression(view)
    case .expression(let expression): expression
    }
  }

  var conditionAdvice: String? { "\(Words.count(count, "truth value")); use any(…) or all(…)" }

  func equals(_ other: any ObjectValue) -> Bool {
    guard let other = other as? ArrayValue, other.shape == shape, other.dtype == dtype, case .memory(let a) = content, case .memory(let b) = other.content else { return false }
    return (try? a.array.isSame(as: b.array)) ?? false
  }

  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? {
    guard let operand = other.operand else {
      if case .length = other { throw Failure(.units, "cannot \(operation.verb) array values and a length", hint: "divide the length by its unit first: 160nm / 1nm") }
      return nil
    }
    let (left, right) = selfIsLeft ? (expression, operand) : (operand, expression)
    let result: ArrayExpression
    switch operation {
    case .and: result = try ArrayExpression.logic(.and, left, right)
    case .or: result = try ArrayExpression.logic(.or, left, right)
    case .isIn: return nil
    default:
      if let arithmetic = Arithmetic(rawValue: operation.rawValue) { result = try ArrayExpression.combine(arithmetic, left, right) }
      else if let comparison = Comparison(rawValue: operation.rawValue) { result = try ArrayExpression.compare(comparison, left, right) }
      else { return nil }
    }
    return Value(ArrayValue(result))
  }

  func unary(_ operation: UnaryOperator, _ context: CallContext) throws -> Value? {
    Value(ArrayValue(try ArrayExpression.apply(operation == .negate ? .negate : .not, expression)))
  }
}

extension Value {
  /// What it is in an array expression: an array, or a number.
  var operand: ArrayExpression? {
    if let array = object(as: ArrayValue.self) { return array.expression }
    return scalar.map { ArrayExpression($0) }
  }
}
