// Functions of each element: they extend the expression of their statement and compute nothing themselves.

import Arrays
import Language

extension Builtin {
  static let elementwise: [Builtin] = [
    unary("abs", .abs, "Absolute values."), unary("sqrt", .sqrt, "Square roots."), unary("exp", .exp, "Exponentials."), unary("log", .log, "Natural logarithms."),
    unary("tanh", .tanh, "Hyperbolic tangents."), unary("sigmoid", .sigmoid, "1 / (1 + exp(-x)): logits as probabilities."),
    unary("round", .round, "Rounds to whole numbers, half to even."), unary("floor", .floor, "The whole number below."), unary("ceil", .ceil, "The whole number above."),
    unary("isnan", .isnan, "Marks what is not a number."),
    pair("minimum", .minimum, "The smaller of two, element by element."), pair("maximum", .maximum, "The larger of two, element by element."),
    pair("pow", .power, "Powers, element by element: a ** b."),
  ]

  private static func unary(_ name: String, _ function: UnaryFunction, _ summary: String) -> Builtin {
    Builtin(name, "(a: array) -> array", summary, streams: ["a"]) { call in
      Value(ArrayValue(try ArrayExpression.apply(function, try call.array("a").expression)))
    }
  }

  private static func pair(_ name: String, _ operation: Arithmetic, _ summary: String) -> Builtin {
    Builtin(name, "(a: array|int|float, b: array|int|float) -> array", summary, streams: ["a", "b"]) { call in
      Value(ArrayValue(try ArrayExpression.combine(operation, try call.operand("a"), try call.operand("b"))))
    }
  }

  static let whereArrays = Builtin(
    "where", "(condition: array, a: array|int|float|bool, b: array|int|float|bool) -> array", "Takes `a` where the condition holds and `b` elsewhere.",
    examples: [Example("sum(where(arange(4) > 1, 10, 0))", prints: "20")], streams: ["condition", "a", "b"]
  ) { call in
    Value(ArrayValue(try ArrayExpression.choose(try call.operand("condition"), try call.operand("a"), try call.operand("b"))))
  }

  static let clip = Builtin(
    "clip", "(a: array, low: array|int|float, high: array|int|float) -> array", "Holds values between two bounds; NaN stays NaN.",
    examples: [Example("max(clip(arange(9), 2, 5))", prints: "5")], streams: ["a", "low", "high"]
  ) { call in
    Value(ArrayValue(try ArrayExpression.clip(try call.operand("a"), try call.operand("low"), try call.operand("high"))))
  }

  static let cast = Builtin(
    "cast", "(a: array, dtype: fn|string, clip=false) -> array",
    "The same values as another type, rounded half to even; an error if any does not fit, unless clip=true saturates.",
    examples: [Example("cast(arange(3), uint8).dtype", prints: "\"uint8\"")], searchTerms: ["astype", "convert"], streams: ["a"]
  ) { call in
    guard let dtype = try call.dtype("dtype") else { throw call.failure(.type, "`dtype` must be an element type such as uint8", at: "dtype") }
    return Value(ArrayValue(try call.array("a").expression.cast(to: dtype, try call.bool("clip") ? .clip : .checked)))
  }

  /// `uint8(a)` is `cast(a, uint8)`; the names themselves stand for the types, as in dtype=uint8.
  static let typeNames: [Builtin] = DType.allCases.filter { $0 != .bool }.map { dtype in
    Builtin(dtype.rawValue, "(a: array|int|float|bool) -> array|int|float", "The element type \(dtype); called, it casts to it.", streams: ["a"]) { call in
      let operand = try call.operand("a")
      guard let number = operand.number else { return Value(ArrayValue(operand.cast(to: dtype))) }
      guard let bits = number.bits(as: dtype) else { throw call.failure(.value, "\(number) does not fit \(dtype)", at: "a") }
      if dtype == .float32 { return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))) }
      if dtype.isFloat { return .float(number.double) }
      return Value(integer: number.integer ?? Int128(number.double.rounded(.toNearestOrEven)))
    }
  }
}

extension Call {
  /// An array or number as part of an expression.
  func operand(_ name: String) throws -> ArrayExpression {
    guard let operand = try value(name).operand else { throw failure(.type, "`\(name)` must be an array or a number, not \(try value(name).typePhrase)", at: name) }
    return operand
  }
}
