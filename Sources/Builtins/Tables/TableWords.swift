import Language

extension Builtin {
  static let table = Builtin(
    "table", "(rows: list) -> table",
    "Makes a table of records that all have the same keys.",
    examples: [Example("table([{name: \"a\", f1: 0.5}, {name: \"b\", f1: 0.7}]).name", prints: "[\"a\", \"b\"]")]
  ) { call in
    let rows = try call.list("rows").enumerated().map { position, value -> Record in
      if case .record(let record) = value { return record }
      if let row = (value.object as? any TableRow)?.tableRow { return row }
      throw call.failure(.type, "`rows` must hold records, element \(position) is \(value.typePhrase)", at: "rows")
    }
    return Value(try TableValue(rows: rows))
  }

  static let sortTable = Builtin(
    "sort", "(t: table, by: string|list, desc=false) -> table",
    "Orders rows by one column or several; nil and NaN come last.",
    examples: [Example("(table([{k: 2}, {k: nil}, {k: 1}]) |> sort(by=\"k\")).k", prints: "[1, 2, nil]")]
  ) { call in
    let table = try call.object("t", as: TableValue.self)
    let descending = try call.bool("desc")
    var order = Array(0..<table.count)
    for name in try columnNames(call, "by").reversed() {
      let column = try table.column(name, argument: "by")
      let ranked = try order.sorted { a, b in
        let (x, y) = (column[a], column[b])
        if x.sortsLast || y.sortsLast { return !x.sortsLast && y.sortsLast }
        return try descending ? y.isOrderedBefore(x) : x.isOrderedBefore(y)
      }
      order = ranked
    }
    return Value(table.picking(order))
  }

  static let filterTable = Builtin(
    "filter", "(t: table, keep: fn) -> table",
    "Keeps the rows for which a function is true.",
    examples: [Example("len(table([{k: 2}, {k: 1}]) |> filter(fn(r) = r.k > 1))", prints: "1")]
  ) { call in
    let table = try call.object("t", as: TableValue.self), keep = try call.function("keep")
    return Value(table.picking(try (0..<table.count).filter { row in
      guard case .bool(let answer) = try call.invoke(keep, .record(table.row(row))) else {
        throw call.failure(.type, "`keep` must answer true or false", at: "keep")
      }
      return answer
    }))
  }

  static let group = Builtin(
    "group", "(t: table, by: string|list) -> groups",
    "Splits a table by the values of one column or several; count, mean, min, max and sum reduce the groups.",
    examples: [Example("(table([{k: \"a\"}, {k: \"b\"}, {k: \"a\"}]) |> group(by=\"k\") |> count()).count", prints: "[2, 1]")]
  ) { call in
    let table = try call.object("t", as: TableValue.self), keys = try columnNames(call, "by")
    let columns = try keys.map { try table.column($0, argument: "by") }
    var groups: [[Int]] = [], seen: [String: Int] = [:]
    for row in 0..<table.count {
      let key = columns.map { $0[row].shown() }.joined(separator: "\u{1F}")
      if let position = seen[key] { groups[position].append(row) } else {
        seen[key] = groups.count
        groups.append([row])
      }
    }
    return Value(GroupedTable(table: table, keys: keys, groups: groups))
  }

  static let countGroups = Builtin(
    "count", "(g: groups) -> table", "Counts the rows of each group.",
    examples: [Example("(table([{k: 1}, {k: 1}]) |> group(by=\"k\") |> count()).count", prints: "[2]")]
  ) { call in Value(try call.object("g", as: GroupedTable.self).reduced("count") { .int($0.count) }) }

  static let countRows = Builtin("count", "(t: table) -> int", "Counts the rows of a table.", examples: [Example("count(table([{k: 1}]))", prints: "1")]) { call in
    .int(try call.object("t", as: TableValue.self).count)
  }

  static let meanGroups = groupReduction("mean", "Takes the mean of a column in each group; nil is left out.") { $0.reduce(0, +) / Double($0.count) }
  static let sumGroups = groupReduction("sum", "Adds up a column in each group; nil is left out.") { $0.reduce(0, +) }
  static let minGroups = groupReduction("min", "Takes the smallest value of a column in each group; nil is left out.") { $0.min() ?? .nan }
  static let maxGroups = groupReduction("max", "Takes the largest value of a column in each group; nil is left out.") { $0.max() ?? .nan }

  private static func groupReduction(_ name: String, _ summary: String, _ combine: @escaping @Sendable ([Double]) -> Double) -> Builtin {
    Builtin(
      name, "(g: groups, column: string) -> table", summary,
      examples: [Example("(table([{k: 1, v: 2.0}]) |> group(by=\"k\") |> \(name)(\"v\")).v", prints: "[2.0]")]
    ) { call in
      let groups = try call.object("g", as: GroupedTable.self), name = try call.string("column")
      let column = try groups.table.column(name, argument: "column")
      return Value(try groups.reduced(name) { rows in
        let numbers = try rows.compactMap { row -> Double? in
          if column[row].isNil { return nil }
          guard let number = column[row].number else { throw call.failure(.type, "column `\(name)` holds \(column[row].typePhrase), not numbers", at: "column") }
          return number
        }
        return numbers.isEmpty ? .nil : .float(combine(numbers))
      })
    }
  }

  static let headTable = Builtin(
    "head", "(t: table, n=5) -> table", "Takes the first rows.",
    examples: [Example("len(table([{k: 1}, {k: 2}]) |> head(1))", prints: "1")]
  ) { call in
    let table = try call.object("t", as: TableValue.self)
    return Value(table.picking(Array(0..<min(try call.int("n", in: 0...Int.max), table.count))))
  }

  private static func columnNames(_ call: Call, _ argument: String) throws -> [String] {
    if case .string(let one) = try call.value(argument) { return [one] }
    return try call.list(argument).map {
      guard case .string(let name) = $0 else { throw call.failure(.type, "`\(argument)` must hold column names, not \($0.typePhrase)", at: argument) }
      return name
    }
  }
}

/// Objects that stand for a row of a table, such as jobs.
protocol TableRow: ObjectValue {
  var tableRow: Record { get }
}

extension Value {
  fileprivate var sortsLast: Bool { if case .float(let x) = self { x.isNaN } else { isNil } }

  /// - Throws: where the language's `<` would.
  fileprivate func isOrderedBefore(_ other: Value) throws -> Bool {
    switch (self, other) {
    case (.string(let a), .string(let b)): return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
    case (.length(let a), .length(let b)): return a < b
    case (.duration(let a), .duration(let b)): return a < b
    case (.bytes(let a), .bytes(let b)): return a < b
    case (.bool(let a), .bool(let b)): return !a && b
    default:
      if let a = integer, let b = other.integer { return a < b }
      guard let a = number, let b = other.number else { throw Failure(.type, "cannot order \(typePhrase) and \(other.typePhrase)", argument: "by") }
      return a < b
    }
  }
}
