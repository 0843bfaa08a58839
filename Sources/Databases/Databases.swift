// Statements of SQL and their rows, in a SQLite file or on a PostgreSQL server.
//
// What is sent is written in the SQL that both understand: `$1`, `$2`, … in the order of their first use, upserts as ON CONFLICT … DO UPDATE.

/// A value that is bound to a statement.
package enum SQLValue: Sendable, Equatable {
  case null
  case int(Int)
  /// NaN is written as null, which is what it says: nothing.
  case double(Double)
  /// Characters of value 0, which PostgreSQL cannot hold, are replaced.
  case text(String)

  package init(_ value: Int?) { self = value.map(SQLValue.int) ?? .null }
  package init(_ value: Double?) { self = value.map { $0.isNaN ? .null : .double($0) } ?? .null }
  package init(_ value: String?) { self = value.map(SQLValue.text) ?? .null }
}

/// A row of a result. What stands in a database is not believed: each value is read as what it should be, or is an error.
package struct SQLRow: Sendable {
  package enum Cell: Sendable, Equatable { case null, int(Int), double(Double), text(String) }
  package let cells: [Cell]
  let address: DatabaseAddress

  /// - Throws: `DatabaseError.content` if it is no whole number.
  package func int(_ column: Int) throws(DatabaseError) -> Int { try required(column, "a whole number", optionalInt(column)) }
  package func double(_ column: Int) throws(DatabaseError) -> Double { try required(column, "a number", optionalDouble(column)) }
  package func text(_ column: Int) throws(DatabaseError) -> String { try required(column, "a text", optionalText(column)) }

  package func optionalInt(_ column: Int) throws(DatabaseError) -> Int? {
    switch cell(column) {
    case .null: nil
    case .int(let value): value
    case .double(let value): try required(column, "a whole number", Int(exactly: value))
    case .text(let text): try required(column, "a whole number", Int(text))
    }
  }

  package func optionalDouble(_ column: Int) throws(DatabaseError) -> Double? {
    switch cell(column) {
    case .null: nil
    case .int(let value): Double(value)
    case .double(let value): value
    case .text(let text): try required(column, "a number", Double(text))
    }
  }

  package func optionalText(_ column: Int) throws(DatabaseError) -> String? {
    switch cell(column) {
    case .null: nil
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .text(let text): text
    }
  }

  private func cell(_ column: Int) -> Cell { cells.indices.contains(column) ? cells[column] : .null }

  private func required<T>(_ column: Int, _ expected: String, _ value: T?) throws(DatabaseError) -> T {
    if let value { return value }
    let found = switch cell(column) {
    case .null: "nothing"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .text(let text): "\"\(text.prefix(40))\""
    }
    throw .content(address, expected: expected, found: found)
  }
}
