import CKernels

/// What stands between two arrays or numbers.
package enum Arithmetic: String, Sendable, CaseIterable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**", minimum, maximum

  var code: Int32 {
    let code = switch self {
    case .add: DCS_OP_ADD
    case .subtract: DCS_OP_SUB
    case .multiply: DCS_OP_MUL
    case .divide: DCS_OP_DIV
    case .floorDivide: DCS_OP_FLOORDIV
    case .modulo: DCS_OP_MOD
    case .power: DCS_OP_POW
    case .minimum: DCS_OP_MIN
    case .maximum: DCS_OP_MAX
    }
    return Int32(code.rawValue)
  }
}

package enum Comparison: String, Sendable, CaseIterable {
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="

  var code: Int32 {
    let code = switch self {
    case .equal: DCS_IS_EQ
    case .notEqual: DCS_IS_NE
    case .less: DCS_IS_LT
    case .lessOrEqual: DCS_IS_LE
    case .greater: DCS_IS_GT
    case .greaterOrEqual: DCS_IS_GE
    }
    return Int32(code.rawValue)
  }

  /// The same relation read from the right.
  var mirrored: Comparison {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
}

package enum Logic: String, Sendable, CaseIterable { case and = "&", or = "|" }

package enum UnaryFunction: String, Sendable, CaseIterable {
  case negate = "-", abs, sqrt, exp, log, tanh, sigmoid, round, floor, ceil, isnan, not

  var code: Int32 {
    let code = switch self {
    case .negate: DCS_FN_NEG
    case .abs: DCS_FN_ABS
    case .sqrt: DCS_FN_SQRT
    case .exp: DCS_FN_EXP
    case .log: DCS_FN_LOG
    case .tanh: DCS_FN_TANH
    case .sigmoid: DCS_FN_SIGMOID
    case .round: DCS_FN_ROUND
    case .floor: DCS_FN_FLOOR
    case .ceil: DCS_FN_CEIL
    case .isnan: DCS_FN_ISNAN
    case .not: DCS_FN_NOT
    }
    return Int32(code.rawValue)
  }
}

extension ArrayExpression {
  /// `a op b`, by the types of Promotion.swift.
  ///
  /// - Throws: `ArrayError.lengths`, `.grids`, `.axisTwice` where axes do not match, `.dtypes` for int64 with uint64, `.doesNotFit` for a number
  ///   that the result's type cannot hold. Overflow and zero divisors are found when values are.
  package static func combine(_ op: Arithmetic, _ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    let (shape, grid) = try matched(a, b)
    func done(_ node: ExpressionNode) -> ArrayExpression { ArrayExpression(node, shape, grid) }
    func plain(_ op: Arithmetic, _ a: ArrayExpression, _ b: ArrayExpression, _ type: DType) throws(ArrayError) -> ArrayExpression {
      done(ExpressionNode(.binary(op.code, try a.operand(type), try b.operand(type)), type))
    }
    switch op {
    case .divide: return try plain(op, a, b, Promotion.division(a, b))
    case .minimum, .maximum:
      let type = try Promotion.common(a, b)
      let result = try plain(op, a, b, type.wide)
      return done(result.node.narrowed(to: type))
    case .power:
      if let exponent = b.number {
        if exponent.integer == 2, a.dtype.isFloat || exponent != .float(2) { return try combine(.multiply, a, a) }
        if exponent.double < 0, a.number == nil, !a.dtype.isFloat { return try plain(op, a, b, Promotion.division(a, b)) }
      }
    case .add, .subtract:
      // A negative number beside unsigned labels: taken from the other side of the operator, where it is positive.
      if a.number == nil, a.dtype == .uint64, case .int(let value)? = b.number, value < 0, value != .min {
        return try combine(op == .add ? .subtract : .add, a, ArrayExpression(.int(-value)))
      }
      if op == .add, a.number != nil, b.number == nil { return try combine(op, b, a) }
    default: break
    }
    return try plain(op, a, b, try Promotion.arithmetic(a, b))
  }

  /// `a & b`, `a | b` of bools.
  ///
  /// - Throws: `ArrayError.dtype` for anything else, and what matching axes throws.
  package static func logic(_ op: Logic, _ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    for operand in [a, b] where operand.dtype != .bool { throw .dtype(expected: "bool on both sides of `\(op.rawValue)`", found: operand.dtype) }
    let (shape, grid) = try matched(a, b)
    let code = op == .and ? DCS_OP_AND : DCS_OP_OR
    return ArrayExpression(ExpressionNode(.binary(Int32(code.rawValue), a.node, b.node), .bool), shape, grid)
  }

  /// A function of each element.
  ///
  /// `-` and `abs` of 8/16-bit ints give int32, of wider ones int64 (`abs` of unsigned is itself); sqrt, exp, log, tanh and sigmoid give float32, or
  /// float64 from 32-bit ints up; round (half to even), floor and ceil leave ints alone; isnan gives bool.
  ///
  /// - Throws: `ArrayError.dtype` for a bool where a number is wanted, or the reverse.
  package static func apply(_ function: UnaryFunction, _ a: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    func done(_ type: DType, giving result: DType? = nil) -> ArrayExpression { a.with(ExpressionNode(.unary(function, a.node.widened(to: type)), result ?? type)) }
    let dtype = a.dtype
    if function == .not {
      guard dtype == .bool else { throw .dtype(expected: "bool for `not`", found: dtype) }
      return done(.bool)
    }
    if dtype == .bool { throw .dtype(expected: "numbers for `\(function.rawValue)`", found: dtype) }
    switch function {
    case .negate:
      if dtype == .uint64 { return done(.uint64, giving: .int64) }
      return done(dtype.isFloat ? Promotion.real(dtype) : dtype.isSmallInteger ? .int32 : .int64)
    case .abs:
      if dtype.isUnsigned { return a }
      return done(dtype.isFloat ? Promotion.real(dtype) : dtype.isSmallInteger ? .int32 : .int64)
    case .round, .floor, .ceil: return dtype.isFloat ? done(Promotion.real(dtype)) : a
    case .isnan: return dtype.isFloat ? done(Promotion.real(dtype), giving: .bool) : a.with(ExpressionNode(.constant(0), .bool))
    default: return done(Promotion.real(dtype))
    }
  }

  /// `c ? a : b`, element by element.
  ///
  /// - Throws: `ArrayError.dtype` unless `c` is bool, and what matching axes and types throws.
  package static func choose(_ c: ArrayExpression, _ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    guard c.dtype == .bool else { throw .dtype(expected: "bool as the condition of `where`", found: c.dtype) }
    let type = try Promotion.common(a, b), (shape, grid) = try matched(a, b)
    let both = ArrayExpression(ExpressionNode(.constant(0), type), shape, grid)
    let (whole, place) = try matched(c, both)
    return ArrayExpression(ExpressionNode(.select(c.node, try a.side(type), try b.side(type)), type), whole, place)
  }

  /// This operand of a choice as `dtype`, which may be narrower than any wide type.
  private func side(_ dtype: DType) throws(ArrayError) -> ExpressionNode {
    if number != nil || dtype == node.dtype { return try operand(dtype) }
    return ExpressionNode(.cast(node, .clip), dtype)
  }

  /// `a` held between `low` and `high`; NaN stays NaN.
  package static func clip(_ a: ArrayExpression, _ low: ArrayExpression, _ high: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    try combine(.minimum, try combine(.maximum, a, low), high)
  }

  /// The same values as `target`, rounded half to even.
  package func cast(to target: DType, _ mode: CastMode = .checked) -> ArrayExpression {
    target == dtype ? self : with(ExpressionNode(.cast(node, mode), target))
  }
}
