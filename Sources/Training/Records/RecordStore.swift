// A database to which runs send the rows of their folders, so that people can ask across runs. The folders stay the truth: a store can be thrown away and
// filled again from them.
//
//   dcs_runs         id, name, path, owner, host, task, settings, provenance, iteration, seconds, state, changed     (JSON as text; changed in seconds since 1970)
//   dcs_losses       run, iteration, loss, seconds
//   dcs_scores       run, iteration, crop, channel, parameters, metric, value                           (parameters as JSON; value null where undefined)
//   dcs_checkpoints  run, iteration, bytes
//   dcs_best         run, metric, rank, iteration, parameters, score                                    (rank 0: the task's first metric)
//   dcs_crops        run, crop, channel, voxels, truth
//   dcs_sessions     run, number, time, event, iteration, goal_iterations, goal_seconds, goal_patience
//
// Each change is one transaction. Whatever fails ends the connection; the next use opens another.

import Databases
import Execution
import Synchronization

package final class RecordStore: Sendable {
  package let address: DatabaseAddress
  /// Who writes, and where.
  let owner: String, host: String
  private let connection = Mutex<Connection?>(nil)

  package init(_ address: DatabaseAddress, owner: String = "", host: String = "") { (self.address, self.owner, self.host) = (address, owner, host) }

  /// How long a change may wait, and what ends it early.
  package struct Limits: Sendable {
    var seconds: Double
    var cancellation: Cancellation?
    package init(seconds: Double = 60, _ cancellation: Cancellation? = nil) { (self.seconds, self.cancellation) = (seconds, cancellation) }
  }

  struct Transaction {
    let connection: Connection
    let stop: Connection.Stop
    func run(_ sql: String, _ values: [SQLValue] = [], row: ((SQLRow) throws -> Void)? = nil) throws { try connection.run(sql, values, stop: stop, row: row) }
  }

  /// All of it happens, or nothing. `body` may run several times.
  ///
  /// - Parameter creates: makes file and tables where there are none; without it a store that is not there is an error.
  /// - Throws: `DatabaseError`, `Cancelled`.
  func transaction<R>(_ limits: Limits, creates: Bool, _ body: (Transaction) throws -> R) throws -> R {
    let deadline = Clock.steady() + limits.seconds
    let stop: Connection.Stop = { limits.cancellation?.isCancelled ?? false || Clock.steady() > deadline }
    var result: R?
    try connection.withLock { held in
      while result == nil {
        do {
          let connection = try held ?? Connection(address, creates: creates, stop: stop)
          let isNew = held == nil
          held = connection
          let transaction = Transaction(connection: connection, stop: stop)
          if isNew { try Schema.prepare(transaction, creates: creates) }
          try transaction.run(Schema.begin(address, writes: creates))
          let found = try body(transaction)
          try transaction.run("COMMIT")
          result = found
        } catch {
          held?.close()   // what was begun is undone by that
          held = nil
          if case DatabaseError.busy? = error as? DatabaseError, !stop() { continue }
          if error is Cancelled, !(limits.cancellation?.isCancelled ?? false) { throw DatabaseError.busy(address) }
          throw error
        }
      }
    }
    guard let result else { throw DatabaseError.busy(address) }
    return result
  }

  package func close() {
    connection.withLock { held in
      held?.close()
      held = nil
    }
  }
}
