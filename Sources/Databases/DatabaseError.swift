/// What can go wrong between a statement and its rows.
package enum DatabaseError: Error, Equatable, Sendable, CustomStringConvertible {
  case address(String, reason: String)
  /// The library that knows this kind of database cannot be loaded.
  case library(DatabaseAddress, reason: String)
  case open(DatabaseAddress, reason: String)
  case statement(DatabaseAddress, reason: String)
  /// Others held it for all the time that was allowed.
  case busy(DatabaseAddress)
  case lost(DatabaseAddress, reason: String)
  /// A value, or a row, that no dcs has put there.
  case content(DatabaseAddress, expected: String, found: String)
  /// Written by a later version, or by another program.
  case version(DatabaseAddress, found: String)

  package var description: String {
    switch self {
    case .address(let text, let reason): "\"\(text)\" is no store of runs: \(reason)"
    case .library(.file, let reason): "SQLite cannot be used: \(reason)"
    case .library(.server, let reason): "PostgreSQL cannot be used: \(reason)"
    case .open(let address, let reason): "the store \(address) cannot be opened: \(reason)"
    case .statement(let address, let reason): "the store \(address) refuses: \(reason)"
    case .busy(let address): "the store \(address) is held by others"
    case .lost(let address, let reason): "the store \(address) went away: \(reason)"
    case .content(let address, let expected, let found): "the store \(address) is damaged: expected \(expected), found \(found)"
    case .version(let address, let found): "the store \(address) has tables of version \(found), which this program does not know"
    }
  }

  package var hint: String? {
    switch self {
    case .address: "store=\"runs.sqlite\"   or   store=\"postgresql://user@host/database\""
    case .library(.file, _): "apt install libsqlite3-0"
    case .library(.server, _): "apt install libpq5"
    default: nil
    }
  }
}
