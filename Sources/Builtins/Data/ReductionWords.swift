// Reductions: one pass over an array or expression, streaming over what is on disk.

import Arrays
import Geometry
import Language
import Segmentation

extension Builtin {
  static let reductions: [Builtin] = [
    reduction("sum", "Adds up all values, ints exactly.", "sum(arange(4))", "6") { Value(scalar: try $0.sum($1)) },
    reduction("mean", "The mean of all values.", "mean(arange(4))", "1.5") { .float(try $0.mean($1)) },
    reduction("std", "The standard deviation of all values (divided by their number).", "std(ones(4))", "0.0") { .float(try $0.std($1)) },
    reduction("min", "The smallest value; NaN if any is.", "min(arange(4))", "0") { Value(scalar: try $0.min($1)) },
    reduction("max", "The largest value; NaN if any is.", "max(arange(4))", "3") { Value(scalar: try $0.max($1)) },
    reduction("any", "Whether any value of a mask is true.", "any(arange(4) > 2)", "true") { .bool(try $0.any($1)) },
    reduction("all", "Whether all values of a mask are true.", "all(arange(4) > 2)", "false") { .bool(try $0.all($1)) },
    reduction("count", "How many values of a mask are true.", "count(arange(4) > 2)", "1") { .int(try $0.count($1)) },
    same, unique, stats, histogram, percentile,
  ]

  private static func reduction(
    _ name: String, _ summary: String, _ example: String, _ prints: String, _ body: @escaping @Sendable (ArrayExpression, ExecutionContext) throws -> Value
  ) -> Builtin {
    Builtin(name, "(a: array) -> int|float|bool", summary, examples: [Example(example, prints: prints)], streams: ["a"]) { call in
      try body(try call.array("a").expression, call.execution)
    }
  }

  private static let same = Builtin(
    "same", "(a: array, b: array) -> bool", "Whether two arrays have equal shapes and values; NaN equals nothing.", examples: [Example("same(arange(3), arange(3))", prints: "true")],
    streams: ["a", "b"]
  ) { call in
    let (a, b) = (try call.array("a"), try call.array("b"))
    if a.shape != b.shape { return .bool(false) }
    if a.count == 0 { return .bool(true) }
    return .bool(try ArrayExpression.compare(.equal, a.expression, b.expression).all(call.execution))
  }

  private static let unique = Builtin(
    "unique", "(a: array) -> list", "The different values of an array of ints or bools, ascending.", examples: [Example("unique(arange(4) // 2)", prints: "[0, 1]")], searchTerms: ["ids", "labels"]
  ) { call in
    let array = try call.array("a")
    guard !array.dtype.isFloat else { throw call.failure(.type, "`unique` takes ints and bools, not \(array.dtype)", at: "a") }
    let volume = try array.volume(call.execution)
    if array.dtype.isSigned {
      let low = array.count == 0 ? .int(0) : try array.expression.min(call.execution)
      guard (low.integer ?? 0) >= 0 else { throw call.failure(.value, "`unique` takes ids from 0 up, the smallest is \(low)", at: "a") }
    }
    let ids = try sizes(try volume.array.cast(to: .uint64), call.execution).entries
    return .list(ids.map { Value($0.id) })
  }

  private static let stats = Builtin(
    "stats", "(a: array) -> record", "Counts and moments of all values: count, min, max, mean, std, nan, inf.", examples: [Example("stats(arange(3)).mean", prints: "1.0")], streams: ["a"]
  ) { call in
    let expression = try call.array("a").expression, isFloat = expression.dtype.isFloat
    let count = expression.shape.reduce(1, *)
    guard count > 0 else { return ["count": 0] }
    let nan = isFloat ? try ArrayExpression.apply(.isnan, expression).count(call.execution) : 0
    let range = try expression.minMax(call.execution)
    let infinite = isFloat ? try ArrayExpression.compare(.equal, try ArrayExpression.apply(.abs, expression), ArrayExpression(.float(.infinity))).count(call.execution) : 0
    return [
      "count": .int(count), "min": Value(scalar: range.min), "max": Value(scalar: range.max), "mean": .float(try expression.mean(call.execution)),
      "std": .float(expression.dtype == .bool ? .nan : try expression.std(call.execution)), "nan": .int(nan), "inf": .int(infinite),
    ]
  }

  private static let histogram = Builtin(
    "histogram", "(a: array, bins=10, low: int|float = nil, high: int|float = nil) -> table", "How many values fall into each of `bins` equal steps from the smallest to the largest.",
    examples: [Example("histogram(arange(4), bins=2).count", prints: "[2, 2]")]
  ) { call in
    let volume = try call.volume("a"), bins = try call.int("bins", in: 1...1_000_000)
    let values = try volume.array.asDoubles().filter(\.isFinite)
    let low = try call.optionalFloat("low") ?? values.min() ?? 0, high = try call.optionalFloat("high") ?? values.max() ?? 1
    guard low <= high else { throw call.failure(.value, "`low` lies above `high`", at: "low") }
    var counts = [Int](repeating: 0, count: bins)
    let step = (high - low) / Double(bins)
    for value in values where value >= low && value <= high { counts[step > 0 ? min(bins - 1, Int((value - low) / step)) : 0] += 1 }
    return Value(TableValue(columns: ["from", "to", "count"], values: [
      (0..<bins).map { .float(low + Double($0) * step) }, (0..<bins).map { .float(low + Double($0 + 1) * step) }, counts.map { .int($0) },
    ]))
  }

  private static let percentile = Builtin(
    "percentile", "(a: array, p: int|float) -> float", "The value below which `p` percent of the values lie, linear between neighbours; NaN is left out.",
    examples: [Example("percentile(arange(5), 50)", prints: "2.0")], searchTerms: ["median", "quantile"]
  ) { call in
    let values = try call.volume("a").array.asDoubles().filter { !$0.isNaN }.sorted(), p = try call.float("p")
    guard (0...100).contains(p) else { throw call.failure(.value, "`p` must be from 0 to 100, not \(p)", at: "p") }
    guard !values.isEmpty else { return .float(.nan) }
    let place = p / 100 * Double(values.count - 1), below = Int(place)
    return .float(values[below] + (place - Double(below)) * (values[min(below + 1, values.count - 1)] - values[below]))
  }
}

import Execution

extension NDArray {
  func asDoubles() throws(ArrayError) -> [Double] {
    let packed = try contiguous()
    func read<T: Element>(_: T.Type) -> [Double] { packed.withElements(T.self) { $0.map(\.double) } }
    return read(dtype.type)
  }
}
