// The tables of a store, in words that SQLite and PostgreSQL share.

import Databases

enum Schema {
  static let version = 1

  private static let tables = [
    "CREATE TABLE IF NOT EXISTS dcs_store (version BIGINT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS dcs_runs (id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, owner TEXT, host TEXT, task TEXT, settings TEXT, provenance TEXT,
      iteration BIGINT, seconds DOUBLE PRECISION, state TEXT, changed BIGINT)
    """,
    "CREATE TABLE IF NOT EXISTS dcs_losses (run TEXT NOT NULL, iteration BIGINT NOT NULL, loss DOUBLE PRECISION, seconds DOUBLE PRECISION, PRIMARY KEY (run, iteration))",
    """
    CREATE TABLE IF NOT EXISTS dcs_scores (run TEXT NOT NULL, iteration BIGINT NOT NULL, crop TEXT NOT NULL, channel TEXT NOT NULL, parameters TEXT NOT NULL, metric TEXT NOT NULL,
      value DOUBLE PRECISION, PRIMARY KEY (run, iteration, crop, channel, parameters, metric))
    """,
    "CREATE TABLE IF NOT EXISTS dcs_checkpoints (run TEXT NOT NULL, iteration BIGINT NOT NULL, bytes BIGINT, PRIMARY KEY (run, iteration))",
    """
    CREATE TABLE IF NOT EXISTS dcs_best (run TEXT NOT NULL, metric TEXT NOT NULL, rank BIGINT NOT NULL, iteration BIGINT, parameters TEXT, score DOUBLE PRECISION,
      PRIMARY KEY (run, metric))
    """,
    "CREATE TABLE IF NOT EXISTS dcs_crops (run TEXT NOT NULL, crop TEXT NOT NULL, channel TEXT NOT NULL, voxels BIGINT, truth BIGINT, PRIMARY KEY (run, crop, channel))",
    """
    CREATE TABLE IF NOT EXISTS dcs_sessions (run TEXT NOT NULL, number BIGINT NOT NULL, time BIGINT, event TEXT, iteration BIGINT, goal_iterations BIGINT,
      goal_seconds DOUBLE PRECISION, goal_patience BIGINT, PRIMARY KEY (run, number))
    """,
  ]

  /// The tables whose rows belong to a run.
  static let parts = ["dcs_losses", "dcs_scores", "dcs_checkpoints", "dcs_best", "dcs_crops", "dcs_sessions"]

  /// In a file, writers wait for each other at once and not in the middle.
  static func begin(_ address: DatabaseAddress, writes: Bool) -> String { if writes, case .file = address { "BEGIN IMMEDIATE" } else { "BEGIN" } }

  /// - Throws: `DatabaseError.version`, `.statement` where there is no table and none is to be made.
  static func prepare(_ transaction: RecordStore.Transaction, creates: Bool) throws {
    let address = transaction.connection.address
    if case .server = address { try transaction.run("SET extra_float_digits = 3") }   // doubles come back as they went
    try transaction.run(begin(address, writes: creates))
    if creates {
      // two that make the tables at once would run into each other
      if case .server = address { try transaction.run("SELECT pg_advisory_xact_lock(7021836251)") }
      for table in tables { try transaction.run(table) }
      try transaction.run("INSERT INTO dcs_store (version) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM dcs_store)", [.int(version)])
    }
    var found: [Int] = []
    try transaction.run("SELECT version FROM dcs_store") { found.append(try $0.int(0)) }
    try transaction.run("COMMIT")
    guard found == [version] else { throw DatabaseError.version(address, found: found.map(String.init).joined(separator: ", ")) }
  }
}
