// Databases of runs: which one is meant, and filling one from folders.

import Databases
import Execution
import Glibc
import Language
import Training

extension Call {
  /// The store of an argument; nil where none is given.
  func givenStore(_ name: String = "store") throws -> RecordStore? {
    guard let text = try optionalString(name), !text.isEmpty else { return nil }
    do { return try store(text) } catch let error as DatabaseError { throw failure(.value, error.description, at: name, hint: error.hint) }
  }

  /// Where the rows of a run go: to the store that was said, the one that its folder remembers, or that of `DCS_STORE`; nowhere with store="".
  func store(of value: RunValue) throws -> RecordStore? {
    let text = try value.store ?? value.run.rememberedStore ?? host.environment("DCS_STORE") ?? ""
    return text.isEmpty ? nil : try store(text)
  }

  private func store(_ text: String) throws -> RecordStore {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let here = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return RecordStore(try DatabaseAddress(text), owner: host.environment("USER") ?? host.environment("LOGNAME") ?? "", host: here)
  }

  /// How long a word that only reads waits.
  var storeLimits: RecordStore.Limits { .init(seconds: 30, execution.cancellation) }
}

extension Builtin {
  static let syncRuns = Builtin(
    "sync_runs", "(store: string = nil, folder=\"runs\") -> table", "Fills a database anew with what the runs of a folder hold: settings, losses, scores, checkpoints, best, sessions.",
    details: [
      "store: a SQLite file, or postgresql://user@host/database; not given: the variable DCS_STORE. The folders are the truth: a store that was lost or damaged is made again so.",
      "To have rows sent while a run is trained, name the store there: run(…, store=…). A run that cannot be read is listed with the reason.",
    ],
    examples: [Example("len(sync_runs(env(\"TMPDIR\", \"/tmp\") + \"/dcs-sync-example.sqlite\", folder=\"no such folder\"))", prints: "0")],
    searchTerms: ["database", "sqlite", "postgresql", "sql", "store", "team"], effect: .acts
  ) { call in
    let text = try call.optionalString("store") ?? call.host.environment("DCS_STORE") ?? ""
    guard !text.isEmpty else { throw call.failure(.argument, "which store is to be filled?", hint: "sync_runs(\"runs.sqlite\")   or   the variable DCS_STORE") }
    let folder = try call.string("folder"), names = try Run.list(in: folder)
    guard let store = try call.givenStore() ?? call.storeOfVariable() else { return .nil }
    defer { store.close() }
    var rows: [Value] = [], notes: [Value] = []
    let label = "sync \(store.address)"
    defer { call.execution.progress.finish(label) }
    for (index, name) in names.enumerated() {
      try call.execution.cancellation.check()
      call.execution.progress.report(ProgressUpdate(label, done: Int64(index), total: Int64(names.count), unit: "runs", note: name))
      do {
        rows.append(.int(try RunRecords.send(name, in: folder, to: store, call.execution)))
        notes.append(.string(""))
      } catch let error as DatabaseError { throw error } catch is Cancelled { throw Cancelled() } catch {
        rows.append(.int(0))
        notes.append(.string("cannot be read: \(Failure(error).message)"))
      }
    }
    return Value(TableValue(columns: ["run", "rows", "note"], values: [names.map { .string($0) }, rows, notes]))
  }
}

extension Call {
  fileprivate func storeOfVariable() throws -> RecordStore? { try host.environment("DCS_STORE").flatMap { $0.isEmpty ? nil : try store($0) } }
}

extension DatabaseError: FailureConvertible {
  package var failure: Failure { Failure(.data, description, hint: hint) }
}
