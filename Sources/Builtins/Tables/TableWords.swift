import Language

extension Builtin {
  static let table = Builtin(
    "table", "(rows: list|record) -> table",
    "Makes a table of records that all have the same keys, of objects with fields such as jobs, or of a record of columns.",
    examples: [
      Example("table([{name: \"a\", f1: 0.5}, {name: \"b\", f1: 0.7}]).name", prints: "[\"a\", \"b\"]"),
      Example("table({n: [1, 2], f1: [0.5, 0.7]})[1]", prints: "{n: 2, f1: 0.7}"),
    ]
  ) { call in
    if case .record(let columns) = try call.value("rows") {
      var values: [[Value]] = []
      for (key, value) in columns.fields {
        guard case .list(let list) = value else { throw call.failure(.type, "a record of columns must hold lists, `\(key)` is \(value.typePhrase)", at: "rows") }
        if let first = values.first, first.count != list.count {
          throw call.failure(.shape, "columns of different lengths: `\(columns.keys[0])` has \(first.count), `\(key)` has \(list.count)", at: "rows")
        }
        values.append(list)
      }
      return Value(TableValue(columns: columns.keys, values: values))
    }
    let rows = try call.list("rows").enumerated().map { position, value -> Record in
      if case .record(let record) = value { return record }
      if let row = (value.object as? any TableRow)?.tableRow(now: call.host.now()) { return row }
      if let object = value.object, !object.fieldNames.isEmpty {
        return Record(try object.fieldNames.map { ($0, try object.field($0, call.context) ?? .nil) })
      }
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

  static let headTable = Builtin(
    "head", "(t: table, n=5) -> table", "Takes the first rows.",
    examples: [Example("len(table([{k: 1}, {k: 2}]) |> head(1))", prints: "1")]
  ) { call in
    let table = try call.object("t", as: TableValue.self)
    return Value(table.picking(Array(0..<min(try call.int("n", in: 0...Int.max), table.count))))
  }

  static let tailTable = Builtin(
    "tail", "(t: table, n=5) -> table", "Takes the last rows.",
    examples: [Example("(table([{k: 1}, {k: 2}]) |> tail(1)).k", prints: "[2]")]
  ) { call in
    let table = try call.object("t", as: TableValue.self)
    return Value(table.picking(Array(max(0, table.count - (try call.int("n", in: 0...Int.max)))..<table.count)))
  }

  static let mapTable = Builtin(
    "map", "(t: table, f: fn) -> table|list", "The results of a function for each row: a table if they are records with the same keys, else a list.",
    examples: [Example("map(table([{a: 1}, {a: 2}]), fn(r) = r.a * 10)", prints: "[10, 20]"), Example("map(table([{a: 1}]), fn(r) = {a: r.a, b: r.a + 1}).b", prints: "[2]")]
  ) { call in
    let table = try call.object("t", as: TableValue.self), function = try call.function("f")
    let results = try (0..<table.count).map { row in
      try call.execution.cancellation.check()
      return try call.invoke(function, .record(table.row(row)))
    }
    let records = results.compactMap { if case .record(let record) = $0 { record } else { nil } }
    guard records.count == results.count, !records.isEmpty, records.allSatisfy({ Set($0.keys) == Set(records[0].keys) }) else { return .list(results) }
    return Value(try TableValue(rows: records))
  }

  private static func columnNames(_ call: Call, _ argument: String) throws -> [String] {
    if case .string(let one) = try call.value(argument) { return [one] }
    return try call.list(argument).map {
      guard case .string(let name) = $0 else { throw call.failure(.type, "`\(argument)` must hold column names, not \($0.typePhrase)", at: argument) }
      return name
    }
  }
}

/// Objects that choose the columns of their row, such as jobs; others give all their fields.
protocol TableRow: ObjectValue {
  /// - Parameter now: seconds since 1970.
  func tableRow(now: Double) -> Record
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
