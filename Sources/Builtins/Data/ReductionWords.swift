// Reductions: one pass over an array or expression, streaming over what is on disk.

import Arrays
import Geometry
import Language

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
      try call.reducing("a") { try body($0, call.execution) }
    }
  }

  private static let same = Builtin(
    "same", "(a: array, b: array) -> bool", "Whether two arrays have equal shapes and values; NaN equals nothing.", examples: [Example("same(arange(3), arange(3))", prints: "true")],
    streams: ["a", "b"]
  ) { call in
    let (a, b) = (try call.array("a"), try call.array("b"))
    if a.shape != b.shape { return .bool(false) }
    if a.count == 0 { return .bool(true) }
    // values alone are asked about: voxel sizes and names of axes may differ
    let plain = try [a, b].map { try $0.expression.placed(on: Grid(unknownOfRank: a.shape.count)) }
    return .bool(try naming(a.grid.axes) { try ArrayExpression.compare(.equal, plain[0], plain[1]).all(call.execution) })
  }

  private static let unique = Builtin(
    "unique", "(a: array, counts=false) -> list|table", "The different values of an array, ascending, NaN last; with counts=true a table of value and count.",
    examples: [Example("unique(arange(4) // 2)", prints: "[0, 1]"), Example("unique(arange(3) > 0, counts=true).count", prints: "[1, 2]")],
    searchTerms: ["ids", "labels"], streams: ["a"]
  ) { call in
    try call.reducing("a") { expression in
      let found = try expression.unique(call.execution)
      func values<T: Element>(_: T.Type) -> [Value] { found.values.withElements(T.self) { $0.map { Value(scalar: $0.scalar) } } }
      let list = values(found.values.dtype.type)
      guard try call.bool("counts") else { return .list(list) }
      return Value(TableValue(columns: ["value", "count"], values: [list, found.counts.withElements(Int64.self) { $0.map { .int(Int($0)) } }]))
    }
  }

  private static let stats = Builtin(
    "stats", "(a: array) -> stats", "What the values are like, in one pass: count, min, max, mean, std, p1, median, p99, nan, inf.",
    details: [
      "NaN and infinities are counted and left out of everything else.",
      "For types of 32 and 64 bits p1, median and p99 rest on 65,536 values spread over the array; `percentile` is exact.",
    ],
    examples: [Example("stats(arange(3)).mean", prints: "1.0")], streams: ["a"]
  ) { call in
    try call.reducing("a") { Value(StatsValue(stats: try $0.stats(call.execution))) }
  }

  private static let histogram = Builtin(
    "histogram", "(a: array, bins=10, low: int|float = nil, high: int|float = nil) -> table",
    "How many values fall into each of `bins` equal steps from `low` to `high`, by default from the smallest finite value to the largest.",
    details: ["The last step holds its upper end too; what lies outside, and NaN, is not counted. Without `low` and `high` the array is read twice."],
    examples: [Example("histogram(arange(4), bins=2).count", prints: "[2, 2]")], streams: ["a"]
  ) { call in
    try call.reducing("a") { expression in
      let bins = try call.int("bins", in: 1...1_000_000), execution = call.execution
      var low = try call.optionalFloat("low"), high = try call.optionalFloat("high")
      if low == nil || high == nil {
        let range = try expression.finiteRange(execution)
        (low, high) = (low ?? range?.low ?? high, high ?? range?.high ?? low)
      }
      let (from, to) = (low ?? 0, high ?? 1)
      guard from <= to, (to - from).isFinite else { throw call.failure(.value, "`low` must lie below `high`: \(from) and \(to)", at: call.isGiven("low") ? "low" : "high") }
      let found = try expression.histogram(bins: bins, range: (from, to), execution)
      return Value(TableValue(columns: ["from", "to", "count"], values: [
        found.edges.dropLast().map { .float($0) }, found.edges.dropFirst().map { .float($0) }, found.counts.map { .int($0) },
      ]))
    }
  }

  private static let percentile = Builtin(
    "percentile", "(a: array, p: int|float|list) -> float|list", "The value below which `p` percent of the values lie, exact, linear between neighbours; NaN if any value is NaN, or there is none.",
    details: ["Reads an array once for types of 8 and 16 bits, twice for 32 bits, four times for 64 bits; a list of percents costs no more."],
    examples: [Example("percentile(arange(5), 50)", prints: "2.0"), Example("percentile(arange(5), [0, 100])", prints: "[0.0, 4.0]")],
    searchTerms: ["median", "quantile"], streams: ["a"]
  ) { call in
    try call.reducing("a") { expression in
      let given = try call.value("p")
      let percents: [Value] = if case .list(let list) = given { list } else { [given] }
      let numbers = try percents.map { percent in
        guard let number = percent.number, (0...100).contains(number) else { throw call.failure(.value, "`p` must be from 0 to 100, not \(percent.shown())", at: "p") }
        return number
      }
      let isEmpty = expression.shape.contains(0) || numbers.isEmpty
      let found = isEmpty ? numbers.map { _ in .nan } : try expression.percentiles(numbers, call.execution)
      if case .list = given { return .list(found.map { .float($0) }) }
      return .float(found[0])
    }
  }
}

import Execution

extension Call {
  /// One pass over an argument, errors named by its axes.
  func reducing(_ name: String, _ body: (ArrayExpression) throws -> Value) throws -> Value {
    let array = try array(name)
    return try naming(array.grid.axes) { try body(array.expression) }
  }
}
