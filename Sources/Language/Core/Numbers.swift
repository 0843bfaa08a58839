// Arithmetic on single numbers. Arrays have forms of the same names.

import Geometry
import Glibc

extension Builtin {
  static let absolute = Builtin(
    "abs", "(x: number|length|time) -> number", "The value without its sign.",
    examples: [Example("abs(-3)", prints: "3"), Example("abs(-8nm)", prints: "8 nm")]
  ) { call in
    let value = try call.value("x")
    switch value {
    case .float(let number): return .float(number.magnitude)
    case .length(let length): return .length(length < .zero ? -length : length)
    case .duration(let time): return .duration(time < .zero ? -time : time)
    default:
      guard let integer = value.integer else { return value }
      return integer < 0 ? try Operators.integers(.subtract, 0, integer) : value
    }
  }

  static let squareRoot = unary("sqrt", "The square root; NaN of a negative number.", [Example("sqrt(2.25)", prints: "1.5")]) { $0.squareRoot() }
  static let exponential = unary("exp", "e to the power of x.", [Example("exp(0)", prints: "1.0")], exp)

  static let logarithm = Builtin(
    "log", "(x: number, base: number = nil) -> float", "The natural logarithm, or that to a base.",
    examples: [Example("log(8, base=2)", prints: "3.0")]
  ) { call in
    let x = try call.float("x")
    guard let base = try call.optionalFloat("base") else { return .float(log(x)) }
    if base == 2 { return .float(log2(x)) }
    if base == 10 { return .float(log10(x)) }
    return .float(log(x) / log(base))
  }

  static let power = Builtin(
    "pow", "(x: number, y: number) -> number", "x to the power of y: the same as x ** y.", examples: [Example("pow(2, 10)", prints: "1024")]
  ) { call in try Operators.binary(.power, try call.value("x"), try call.value("y"), call.context) }

  static let floor = whole("floor", "The next int below.", [Example("floor(-1.5)", prints: "-2")]) { $0.rounded(.down) }
  static let ceiling = whole("ceil", "The next int above.", [Example("ceil(1.2)", prints: "2")]) { $0.rounded(.up) }

  static let round = Builtin(
    "round", "(x: number, digits=0) -> number", "The nearest int, halves to even; with digits, the nearest float of so many decimals.",
    examples: [Example("round(2.5)", prints: "2"), Example("round(3.14159, digits=2)", prints: "3.14")]
  ) { call in
    let digits = try call.int("digits", in: -300...300)
    let value = try call.value("x")
    if digits == 0 { return try integer(value, "round") { $0.rounded(.toNearestOrEven) } }
    let number = try call.float("x")
    if digits < 0 {
      let unit = Glibc.pow(10, Double(-digits))
      return .float((number / unit).rounded(.toNearestOrEven) * unit)
    }
    return .float(Double(Format.printed(number, digits, "f")) ?? number)
  }

  static let minimum = Builtin(
    "min", "(values…: number|length|time|bytes|string) -> any", "The smallest of its arguments; NaN if one is NaN.",
    examples: [Example("min(3, 1.5)", prints: "1.5")]
  ) { call in try extreme(call.rest, .less, "min") }

  static let minimumOf = Builtin(
    "min", "(values: list|range) -> any", "The smallest element of a list.", examples: [Example("min([3, 1, 2])", prints: "1")]
  ) { call in try extreme(try call.value("values").elements(call.context), .less, "min") }

  static let maximum = Builtin(
    "max", "(values…: number|length|time|bytes|string) -> any", "The largest of its arguments; NaN if one is NaN.",
    examples: [Example("max(8nm, 1um)", prints: "1 µm")]
  ) { call in try extreme(call.rest, .greater, "max") }

  static let maximumOf = Builtin(
    "max", "(values: list|range) -> any", "The largest element of a list.", examples: [Example("max([3, 1, 2])", prints: "3")]
  ) { call in try extreme(try call.value("values").elements(call.context), .greater, "max") }

  private static func extreme(_ values: [Value], _ wanted: Value.Order, _ name: String) throws -> Value {
    guard var best = values.first else { throw Failure(.value, "`\(name)` of nothing") }
    for value in values.dropFirst() {
      if case .float(let number) = best, number.isNaN { return best }
      if case .float(let number) = value, number.isNaN { return value }
      guard let order = value.compare(best) else { throw Failure(.type, "cannot compare \(value.typePhrase) and \(best.typePhrase)") }
      if order == wanted { best = value }
    }
    return best
  }

  private static func unary(_ name: String, _ summary: String, _ examples: [Example], _ function: @escaping @Sendable (Double) -> Double) -> Builtin {
    Builtin(name, "(x: number) -> float", summary, examples: examples) { call in .float(function(try call.float("x"))) }
  }

  private static func whole(_ name: String, _ summary: String, _ examples: [Example], _ function: @escaping @Sendable (Double) -> Double) -> Builtin {
    Builtin(name, "(x: number) -> int", summary, examples: examples) { call in try integer(try call.value("x"), name, function) }
  }

  static func integer(_ value: Value, _ name: String, _ function: (Double) -> Double) throws -> Value {
    if value.integer != nil { return value }
    guard let number = value.number, number.isFinite, let integer = Int128(exactly: function(number)) else {
      throw Failure(.value, "no int is near \(value.written())", argument: "x")
    }
    return Value(integer: integer)
  }
}
