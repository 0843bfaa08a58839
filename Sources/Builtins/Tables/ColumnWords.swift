// Reductions of columns: of a whole table to one value, of groups to a table. Ints stay exact, lengths, times and bytes stay quantities; nil is left out.

import Geometry
import Language

extension Builtin {
  static let columnReductions: [Builtin] = [
    reduction(.sum, "Adds up a column", "6"), reduction(.mean, "Takes the mean of a column", "2.0"),
    reduction(.min, "Takes the smallest value of a column", "1"), reduction(.max, "Takes the largest value of a column", "3"),
    groups(.sum, "Adds up a column in each group", "[4, 2]"), groups(.mean, "Takes the mean of a column in each group", "[2.0, 2.0]"),
    groups(.min, "Takes the smallest value of a column in each group", "[1, 2]"), groups(.max, "Takes the largest value of a column in each group", "[3, 2]"),
  ]

  private static func reduction(_ kind: ColumnReduction, _ summary: String, _ prints: String) -> Builtin {
    Builtin(
      kind.rawValue, "(t: table, column: string) -> any", summary + "; nil is left out.",
      examples: [Example("table([{v: 1}, {v: 3}, {v: 2}, {v: nil}]) |> \(kind.rawValue)(\"v\")", prints: prints)]
    ) { call in
      let name = try call.string("column")
      return try kind.apply(try call.object("t", as: TableValue.self).column(name, argument: "column"), name)
    }
  }

  private static func groups(_ kind: ColumnReduction, _ summary: String, _ prints: String) -> Builtin {
    Builtin(
      kind.rawValue, "(g: groups, column: string) -> table", summary + "; nil is left out.",
      examples: [Example("(table([{k: \"a\", v: 1}, {k: \"b\", v: 2}, {k: \"a\", v: 3}]) |> group(by=\"k\") |> \(kind.rawValue)(\"v\")).v", prints: prints)]
    ) { call in
      let groups = try call.object("g", as: GroupedTable.self), name = try call.string("column")
      let column = try groups.table.column(name, argument: "column")
      return Value(try groups.reduced(name) { rows in try kind.apply(rows.map { column[$0] }, name) })
    }
  }
}

private enum ColumnReduction: String {
  case sum, mean, min, max

  /// - Returns: nil of no values.
  func apply(_ column: [Value], _ name: String) throws -> Value {
    let values = column.filter { !$0.isNil }
    guard let first = values.first else { return self == .sum ? 0 : .nil }
    switch first {
    case .length: return .length(try exact(values, name) { if case .length(let x) = $0 { x } else { nil } })
    case .duration: return .duration(try exact(values, name) { if case .duration(let x) = $0 { x } else { nil } })
    case .bytes: return .bytes(Int(try exact(values, name) { if case .bytes(let x) = $0 { Rational(x) } else { nil } }.rounded(.nearest)))
    default: break
    }
    let integers = values.compactMap(\.integer)
    if integers.count == values.count, self != .mean {
      switch self {
      case .min: return Value(integer: integers.min() ?? 0)
      case .max: return Value(integer: integers.max() ?? 0)
      default:
        return Value(integer: try integers.reduce(Int128(0)) {
          let (sum, overflow) = $0.addingReportingOverflow($1)
          if overflow { throw Failure(.arithmetic, "the sum of column `\(name)` does not fit an int") }
          return sum
        })
      }
    }
    let numbers = try values.map { value -> Double in
      guard let number = value.number else { throw Failure(.type, "column `\(name)` holds \(value.typePhrase), not numbers", argument: "column") }
      return number
    }
    if self == .min || self == .max, numbers.contains(where: \.isNaN) { return .float(.nan) }
    switch self {
    case .sum: return .float(numbers.reduce(0, +))
    case .mean: return .float(numbers.reduce(0, +) / Double(numbers.count))
    case .min: return .float(numbers.min() ?? .nan)
    case .max: return .float(numbers.max() ?? .nan)
    }
  }

  private func exact(_ values: [Value], _ name: String, _ read: (Value) -> Rational?) throws -> Rational {
    let numbers = try values.map { value -> Rational in
      guard let number = read(value) else { throw Failure(.units, "column `\(name)` mixes \(values[0].typePhrase) and \(value.typePhrase)", argument: "column") }
      return number
    }
    switch self {
    case .min: return numbers.min() ?? .zero
    case .max: return numbers.max() ?? .zero
    case .sum: return try numbers.reduce(Rational.zero) { try $0 + $1 }
    case .mean: return try numbers.reduce(Rational.zero) { try $0 + $1 } / Rational(numbers.count)
    }
  }
}
