// Functions of each element: they extend the expression of their statement and compute nothing themselves.

import Arrays
import Glibc
import Language

extension Builtin {
  static let elementwise: [Builtin] = [
    unary("abs", .abs, "Absolute values.", "sum(abs(arange(3) - 2))", "3"), unary("sqrt", .sqrt, "Square roots; NaN of negative values.", "max(sqrt(arange(5)))", "2.0"),
    unary("exp", .exp, "Exponentials.", "min(exp(arange(2)))", "1.0"), unary("log", .log, "Natural logarithms.", "max(log(ones(2)))", "0.0"),
    unary("tanh", .tanh, "Hyperbolic tangents.", "max(tanh(zeros(2)))", "0.0"), unary("sigmoid", .sigmoid, "1 / (1 + exp(-x)): logits as probabilities.", "max(sigmoid(zeros(2)))", "0.5"),
    unary("round", .round, "Rounds to whole numbers, half to even.", "max(round(arange(4) / 2))", "2.0"),
    unary("floor", .floor, "The whole number below.", "max(floor(arange(4) / 2))", "1.0"), unary("ceil", .ceil, "The whole number above.", "max(ceil(arange(4) / 2))", "2.0"),
    unary("isnan", .isnan, "Marks what is not a number.", "count(isnan(sqrt(arange(3) - 1.0)))", "1"),
    number("tanh", "The hyperbolic tangent.", "tanh(0)", "0.0") { .float(Glibc.tanh($0)) },
    number("sigmoid", "1 / (1 + exp(-x)).", "sigmoid(0)", "0.5") { .float($0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0))) },
    number("isnan", "Whether it is not a number.", "isnan(0.5)", "false") { .bool($0.isNaN) },
    pair("minimum", .minimum, "The smaller of two, element by element; NaN if one is.", "max(minimum(arange(5), 2))", "2"),
    pair("maximum", .maximum, "The larger of two, element by element; NaN if one is.", "min(maximum(arange(5), 2))", "2"),
    pair("pow", .power, "Powers, element by element: a ** b.", "max(pow(arange(4), 2))", "9"),
  ]

  private static func unary(_ name: String, _ function: UnaryFunction, _ summary: String, _ example: String, _ prints: String) -> Builtin {
    Builtin(name, "(a: array) -> array", summary, examples: [Example(example, prints: prints)], streams: ["a"]) { call in
      Value(ArrayValue(try ArrayExpression.apply(function, try call.array("a").expression)))
    }
  }

  private static func number(_ name: String, _ summary: String, _ example: String, _ prints: String, _ body: @escaping @Sendable (Double) -> Value) -> Builtin {
    Builtin(name, "(x: number) -> float|bool", summary, examples: [Example(example, prints: prints)]) { call in body(try call.float("x")) }
  }

  private static func pair(_ name: String, _ operation: Arithmetic, _ summary: String, _ example: String, _ prints: String) -> Builtin {
    Builtin(name, "(a: array|int|float, b: array|int|float) -> array|int|float", summary, examples: [Example(example, prints: prints)], streams: ["a", "b"]) { call in
      let (a, b) = (try call.operand("a"), try call.operand("b"))
      if let x = a.number, let y = b.number { return Value(scalar: chosen(operation == .minimum, x, y)) }
      return Value(ArrayValue(try ArrayExpression.combine(operation, a, b)))
    }
  }

  /// The smaller (or larger) of two numbers; NaN if one is.
  private static func chosen(_ smaller: Bool, _ x: Scalar, _ y: Scalar) -> Scalar {
    if x.double.isNaN { return x }
    if y.double.isNaN { return y }
    return Comparison.less.holds(x, y) == smaller ? x : y
  }

  static let whereArrays = Builtin(
    "where", "(condition: array, a: array|int|float|bool, b: array|int|float|bool) -> array", "Takes `a` where the condition holds and `b` elsewhere.",
    examples: [Example("sum(where(arange(4) > 1, 10, 0))", prints: "20")], streams: ["condition", "a", "b"]
  ) { call in
    Value(ArrayValue(try ArrayExpression.choose(try call.operand("condition"), try call.operand("a"), try call.operand("b"))))
  }

  static let clip = Builtin(
    "clip", "(a: array|int|float, low: array|int|float, high: array|int|float) -> array|int|float", "Holds values between two bounds; NaN stays NaN.",
    examples: [Example("max(clip(arange(9), 2, 5))", prints: "5"), Example("clip(1.5, 0, 1)", prints: "1")], streams: ["a", "low", "high"]
  ) { call in
    let (a, low, high) = (try call.operand("a"), try call.operand("low"), try call.operand("high"))
    if let x = low.number, let y = high.number, !Comparison.lessOrEqual.holds(x, y) { throw call.failure(.value, "`low` lies above `high`: \(x) and \(y)", at: "low") }
    if let number = a.number, let x = low.number, let y = high.number { return Value(scalar: chosen(true, chosen(false, number, x), y)) }
    return Value(ArrayValue(try ArrayExpression.clip(a, low, high)))
  }

  static let cast = Builtin(
    "cast", "(a: array, dtype: fn|string, clip=false) -> array",
    "The same values as another type, rounded half to even; an error if any does not fit, unless clip=true saturates.",
    details: ["Of an array on disk it is a view: nothing is read, and what does not fit is found when it is."],
    examples: [Example("cast(arange(3), uint8).dtype", prints: "\"uint8\""), Example("max(cast(arange(300), uint8, clip=true))", prints: "255")],
    searchTerms: ["astype", "convert"], streams: ["a"]
  ) { call in
    guard let dtype = try call.dtype("dtype") else { throw call.failure(.type, "`dtype` must be an element type such as uint8", at: "dtype") }
    let array = try call.array("a"), mode: CastMode = try call.bool("clip") ? .clip : .checked
    if dtype == array.dtype { return Value(array) }
    if case .view(let view) = array.content { return Value(ArrayValue(CastSource(view.isWhole ? view.base : view, to: dtype, mode))) }
    return Value(ArrayValue(array.expression.cast(to: dtype, mode)))
  }

  /// `uint8(a)` is `cast(a, uint8)`; the names themselves stand for the types, as in dtype=uint8.
  static let typeNames: [Builtin] = DType.allCases.map { dtype in
    Builtin(dtype.rawValue, "(a: array|int|float|bool) -> array|int|float|bool", "The element type \(dtype); called, it casts to it.", streams: ["a"]) { call in
      let operand = try call.operand("a")
      guard let number = operand.number else { return Value(ArrayValue(operand.cast(to: dtype))) }
      guard let bits = number.bits(as: dtype) else { throw call.failure(.value, "\(number) does not fit \(dtype)", at: "a") }
      if dtype == .bool { return .bool(number.double != 0) }
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
