// Lists, ranges and records. Tables and arrays have forms of `len`, `map`, `filter`, `sort` and the reductions of their own.

import Geometry

extension Builtin {
  static let length = Builtin(
    "len", "(x: any) -> int", "How many elements a list, or characters a string has.",
    examples: [Example("len([1, 2])", prints: "2"), Example("len(\"µm\")", prints: "2")]
  ) { call in
    let value = try call.value("x")
    if case .range(let range) = value { return Value(integer: range.wholeCount) }
    guard let count = Iteration.count(value) else { throw call.failure(.type, "\(value.typePhrase) has no length", at: "x") }
    return .int(count)
  }

  static let map = Builtin(
    "map", "(xs: list|range|coord, f: fn) -> list", "The results of a function for each element.",
    examples: [Example("map([1, 2], fn(x) = x * 10)", prints: "[10, 20]")]
  ) { call in
    let function = try call.function("f"), cancellation = call.execution.cancellation
    return .list(try call.value("xs").elements(call.context).map { element in
      try cancellation.check()
      return try call.invoke(function, element)
    })
  }

  static let filter = Builtin(
    "filter", "(xs: list|range, keep: fn) -> list", "The elements for which a function is true.",
    examples: [Example("filter(0..6, fn(x) = x % 2 == 0)", prints: "[0, 2, 4]")]
  ) { call in
    let keep = try call.function("keep"), cancellation = call.execution.cancellation
    return .list(try call.value("xs").elements(call.context).filter { element in
      try cancellation.check()
      let answer = try call.invoke(keep, element)
      if answer.isUnknown { throw UnknownInside() }
      guard case .bool(let truth) = answer else { throw call.failure(.type, "`keep` must give true or false, not \(answer.typePhrase)", at: "keep") }
      return truth
    })
  }

  static let range = Builtin(
    "range", "(start: number, stop: number = nil, step: number = 1) -> range", "Evenly spaced numbers, `stop` left out.",
    examples: [Example("len(range(0, 1, step=0.1))", prints: "10"), Example("range(3)", prints: "0..3")]
  ) { call in
    let hasEnd = try !call.value("stop").isNil
    let start = hasEnd ? try call.value("start") : 0, end = try call.value(hasEnd ? "stop" : "start"), step = try call.value("step")
    if step.number == 0 { throw call.failure(.value, "`step` must not be 0", at: "step") }
    if case .int(let low) = start, case .int(let high) = end, case .int(let width) = step {
      if width == .min { throw call.failure(.value, "`step` is too large", at: "step") }
      return .range(.integers(start: low, end: high, step: width))
    }
    guard let low = start.number, let high = end.number, let width = step.number, low.isFinite, high.isFinite, width.isFinite else {
      throw call.failure(.value, "the ends and the step of a range must be finite")
    }
    // 0 … 1 by 0.1 has 10 elements: a count that misses a whole number by rounding alone is that number
    let count = (high - low) / width
    let whole = count.rounded()
    let elements = (count - whole).magnitude < 1e-9 * max(1, whole.magnitude) ? whole : count.rounded(.up)
    guard elements < 1e15 else { throw call.failure(.value, "the range has too many elements", at: "step") }
    return .range(.floats(start: low, end: high, step: width, count: max(0, Int(elements))))
  }

  static let sort = Builtin(
    "sort", "(xs: list|range, by: fn|string = nil, desc=false) -> list",
    "In ascending order, by the value of a function or of a field; equal ones keep their order, nil and NaN come last.",
    examples: [Example("sort([3, 1, 2], desc=true)", prints: "[3, 2, 1]")]
  ) { call in
    let values = try call.value("xs").elements(call.context), descends = try call.bool("desc")
    let keys: [Value]
    switch try call.value("by") {
    case .function(let function): keys = try values.map { try call.invoke(function, $0) }
    case .string(let field): keys = try values.map { try Indexing.field($0, field, call.context) }
    default: keys = values
    }
    let order = try values.indices.sorted { a, b in
      if keys[a].sortsLast || keys[b].sortsLast { return keys[a].sortsLast == keys[b].sortsLast ? a < b : keys[b].sortsLast }
      guard let order = keys[a].compare(keys[b]) else {
        throw call.failure(.type, "cannot order \(keys[a].typePhrase) and \(keys[b].typePhrase)", at: "xs")
      }
      return order == .equal ? a < b : (order == .less) != descends
    }
    return .list(order.map { values[$0] })
  }

  static let firstElements = Builtin(
    "head", "(xs: list|range|string, n=5) -> any", "The first elements, all of them where there are fewer.", examples: [Example("head(0..100, 3)", prints: "[0, 1, 2]")]
  ) { call in
    let count = try call.int("n", in: 0...Int.max)
    switch try call.value("xs") {
    case .string(let text): return .string(String(text.prefix(count)))
    case let values:
      let length = min(count, try Iteration.loopCount(values))
      return .list(try (0..<length).map { try Iteration.element(values, $0, call.context) })
    }
  }

  static let countElements = Builtin(
    "count", "(xs: list|range, keep: fn = nil) -> int", "How many elements there are, or for how many a function is true.",
    examples: [Example("count([3, 4, 5], fn(x) = x > 3)", prints: "2")]
  ) { call in
    let values = try call.value("xs")
    guard let keep = try call.optionalFunction("keep") else { return .int(try Iteration.loopCount(values)) }
    let cancellation = call.execution.cancellation
    return .int(try values.elements(call.context).count { element in
      try cancellation.check()
      let answer = try call.invoke(keep, element)
      if answer.isUnknown { throw UnknownInside() }
      guard case .bool(let truth) = answer else { throw call.failure(.type, "`keep` must give true or false, not \(answer.typePhrase)", at: "keep") }
      return truth
    })
  }

  static let reverse = Builtin(
    "reverse", "(xs: list|range) -> list", "The elements from the last to the first.", examples: [Example("reverse([1, 2, 3])", prints: "[3, 2, 1]")]
  ) { call in .list(try call.value("xs").elements(call.context).reversed()) }

  static let sum = Builtin(
    "sum", "(xs: list|range) -> any", "All elements added, from left to right; 0 for none.", examples: [Example("sum([1, 2, 3.5])", prints: "6.5")]
  ) { call in
    let values = try call.value("xs").elements(call.context)
    guard let first = values.first else { return 0 }
    return try values.dropFirst().reduce(first) { try Operators.sum($0, $1, call.context) }
  }

  static let mean = Builtin(
    "mean", "(xs: list|range) -> any", "The sum divided by the count.", examples: [Example("mean([1, 2])", prints: "1.5")]
  ) { call in
    let values = try call.value("xs").elements(call.context)
    guard let first = values.first else { throw call.failure(.value, "the mean of nothing", at: "xs") }
    let total = try values.dropFirst().reduce(first) { try Operators.sum($0, $1, call.context) }
    return try Operators.binary(.divide, total, .int(values.count), call.context)
  }

  static let anyOf = Builtin(
    "any", "(xs: list) -> bool", "Whether one element is true.", examples: [Example("any([false, true])", prints: "true")]
  ) { call in .bool(try truths(call).contains(true)) }

  static let allOf = Builtin(
    "all", "(xs: list) -> bool", "Whether every element is true; true for none.", examples: [Example("all([])", prints: "true")]
  ) { call in .bool(try !truths(call).contains(false)) }

  private static func truths(_ call: Call) throws -> [Bool] {
    try call.list("xs").map { value in
      guard case .bool(let truth) = value else { throw call.failure(.type, "`xs` must hold true and false, not \(value.typePhrase)", at: "xs") }
      return truth
    }
  }

  static let keys = Builtin(
    "keys", "(r: record) -> list", "The names of the fields, in order.", examples: [Example("keys({a: 1, b: 2})", prints: "[\"a\", \"b\"]")]
  ) { call in .list(try call.record("r").keys.map(Value.string)) }

  static let values = Builtin(
    "values", "(r: record) -> list", "The values of the fields, in order.", examples: [Example("values({a: 1, b: 2})", prints: "[1, 2]")]
  ) { call in .list(try call.record("r").values) }
}
