import Databases
import Execution
import Storage
import Testing
import Training

@Suite(.serialized) struct RecordStoreTests {
  func query(_ path: String, _ sql: String) throws -> [[SQLRow.Cell]] {
    var rows: [[SQLRow.Cell]] = []
    try Connection(try DatabaseAddress(path), creates: false, stop: { false }).run(sql, stop: { false }) { rows.append($0.cells) }
    return rows
  }
  func store(_ path: String) throws -> RecordStore { RecordStore(try DatabaseAddress(path), owner: "me", host: "here") }

  @Test func sameRowsAsTheFolder() throws {
    try withFolder { root in
      let path = "\(root)/runs.sqlite", run = try Run("r", in: root, try tinySettings())
      try run.train(until: TrainLimit(iterations: 6), cadence: Cadence(checkpointEvery: 2, validateEvery: 3, keep: 0), store: try store(path), origin: ["version": "1"], context())
      let losses = try query(path, "SELECT iteration, loss FROM dcs_losses ORDER BY iteration")
      #expect(losses == run.losses.map { [.int($0.iteration), .double($0.loss)] })
      let scores = try query(path, "SELECT count(*), count(DISTINCT iteration), count(DISTINCT metric) FROM dcs_scores")
      #expect(scores == [[.int(run.scores.count * 3), .int(2), .int(3)]])
      let f1 = try query(path, "SELECT value FROM dcs_scores WHERE metric = 'f1' AND iteration = 6 ORDER BY value DESC LIMIT 1")
      #expect(f1 == [[.double(run.scores.filter { $0.iteration == 6 }.map { $0.metrics[0] }.max() ?? -1)]])
      #expect(try query(path, "SELECT iteration FROM dcs_checkpoints ORDER BY iteration") == run.checkpoints.map { [.int($0)] })
      #expect(try query(path, "SELECT iteration, score FROM dcs_best WHERE rank = 0") == [[.int(run.best().iteration), .double(run.best().score)]])
      #expect(try query(path, "SELECT event FROM dcs_sessions ORDER BY number") == [[.text("began")], [.text("finished")]])
      #expect(try query(path, "SELECT truth > 0 FROM dcs_crops") == [[.int(1)]])
      // what a table of runs shows is the same from both
      let folder = try RunGlance("r", in: root), stored = try store(path).glances()
      #expect(stored.count == 1 && stored[0].name == "r" && stored[0].iteration == 6 && stored[0].lastLoss == folder.lastLoss && stored[0].owner == "me")
      #expect(stored[0].best.map(\.metric) == folder.best.map(\.metric) && stored[0].best.map(\.score) == folder.best.map(\.score))
      #expect(stored[0].settings.map(\.key) == folder.settings.map(\.key) && stored[0].task == folder.task)
      let course = try store(path).course(of: .f1, stored[0])
      #expect(course.map(\.score) == run.course(of: .f1).map(\.score) && course.count == 2)
      #expect(throws: TrainingError.notInStore(name: "x", store: path, have: ["r"])) { try store(path).glances(["x"]) }

      // lost, it is filled again from the folder
      let before = try query(path, "SELECT run, iteration, loss, seconds FROM dcs_losses ORDER BY iteration")
      try Files.remove(path)
      #expect(try RunRecords.send("r", in: root, to: try store(path), context()) > 6)
      #expect(try query(path, "SELECT run, iteration, loss, seconds FROM dcs_losses ORDER BY iteration") == before)
      #expect(try query(path, "SELECT count(*) FROM dcs_scores") == [[.int(run.scores.count * 3)]])
      // what does not belong there goes
      let connection = try Connection(try DatabaseAddress(path), stop: { false })
      for sql in ["UPDATE dcs_losses SET iteration = 99 WHERE iteration = 2", "DELETE FROM dcs_scores WHERE iteration = 3"] { try connection.run(sql, stop: { false }) }
      try run.train(until: TrainLimit(iterations: 7), cadence: Cadence(validateEvery: 0), store: try store(path), origin: ["version": "1"], context())
      #expect(try query(path, "SELECT iteration FROM dcs_losses ORDER BY iteration") == (1...7).map { [.int($0)] })
      #expect(try query(path, "SELECT count(*) FROM dcs_scores") == [[.int(run.scores.count * 3)]])
    }
  }

  /// Many writers of one file at once, each through a connection of its own: nothing is lost and nothing comes twice.
  @Test func writersAtOnce() throws {
    try withFolder { root in
      let path = "\(root)/runs.sqlite", settings = try tinySettings(), names = ["a", "b", "c", "d"]
      let runs = try names.map { name in
        let run = try Run(name, in: root, settings)
        try run.train(until: TrainLimit(iterations: 1), cadence: Cadence(validateEvery: 0), context())
        let lines = (2...400).map { "\($0),0.5,\($0)" }
        try Files.appendLine(lines.joined(separator: "\n"), "\(root)/\(name)/losses.csv")
        try Files.rename("\(root)/\(name)/checkpoints/0000001.safetensors", "\(root)/\(name)/checkpoints/0000400.safetensors")
        return run
      }
      #expect(runs.count == 4)
      let failed = Failures()
      try ThreadPool(threads: 4).forEach(24) { number, _ in
        do { _ = try RunRecords.send(names[number % 4], in: root, to: try store(path), context()) } catch { failed.add("\(error)") }
      }
      #expect(failed.all.isEmpty, "\(failed.all)")
      #expect(try query(path, "SELECT r.name, count(*), sum(l.iteration) FROM dcs_losses l JOIN dcs_runs r ON r.id = l.run GROUP BY r.name ORDER BY r.name")
        == names.map { [.text($0), .int(400), .int(400 * 401 / 2)] })
    }
  }

  @Test func brokenStores() throws {
    try withFolder { root in
      let run = try Run("r", in: root, try tinySettings())
      func fails(_ path: String) throws -> DatabaseError? {
        do { try run.train(until: TrainLimit(iterations: 1), cadence: Cadence(validateEvery: 0), store: try store(path), context()) } catch let error as DatabaseError { return error }
        return nil
      }
      try Files.writeAtomically("no database at all, but text that is long enough to be read as the head of one, and then some more of it", "\(root)/text.sqlite")
      #expect(try fails("\(root)/text.sqlite")?.description.contains("not a database") == true)
      #expect(try fails("\(root)/none/there/x.sqlite")?.description.contains("cannot be opened") == true)
      #expect(try fails("\(root)")?.description.contains("cannot be opened") == true)
      #expect(run.iteration == 0)
      // tables of another make
      func made(_ name: String, _ sql: String...) throws -> String {
        let path = "\(root)/\(name).sqlite", connection = try Connection(try DatabaseAddress(path), stop: { false })
        for line in sql { try connection.run(line, stop: { false }) }
        return path
      }
      let later = try made("later", "CREATE TABLE dcs_store (version BIGINT)", "INSERT INTO dcs_store VALUES (7)")
      #expect(try fails(later) == .version(try DatabaseAddress(later), found: "7"))
      let other = try made("other", "CREATE TABLE dcs_runs (x)", "CREATE TABLE dcs_store (version)", "INSERT INTO dcs_store VALUES (1)")
      #expect(try fails(other)?.description.contains("refuses") == true)
      // a view in place of a table, with no end of rows
      let endless = try made("endless", "CREATE TABLE dcs_store AS SELECT 1 AS version", "CREATE VIEW dcs_best AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS run, i AS metric, i AS rank, 1.0 AS score, i AS iteration FROM n")
      #expect(throws: DatabaseError.busy(try DatabaseAddress(endless))) { try store(endless).glances(nil, .init(seconds: 0.5)) }
      // values that are none, and pages that are torn
      let path = "\(root)/good.sqlite"
      try run.train(until: TrainLimit(iterations: 2), cadence: Cadence(validateEvery: 2), store: try store(path), context())
      for sql in ["UPDATE dcs_runs SET iteration = 'many'", "UPDATE dcs_runs SET settings = x'ff00fe'", "UPDATE dcs_runs SET iteration = 1e300, settings = '{}'"] {
        let copy = "\(root)/copy.sqlite"
        try Files.writeAtomically(try Files.read(path), copy)
        try Connection(try DatabaseAddress(copy), stop: { false }).run(sql, stop: { false })
        #expect(throws: DatabaseError.self) { try store(copy).glances() }
      }
      let bytes = try Files.read(path)
      var random = KeyedGenerator(seed: 3, purpose: "torn pages")
      for number in 0..<60 {
        var torn = bytes
        for _ in 0..<(1 + random.index(below: 40)) { torn[100 + random.index(below: torn.count - 100)] = UInt8(random.index(below: 256)) }
        if number % 3 == 0 { torn = Array(torn.prefix(random.index(below: torn.count))) }
        let copy = "\(root)/torn\(number).sqlite"
        try Files.writeAtomically(torn, copy, sync: false)
        do { _ = try store(copy).glances(nil, .init(seconds: 2)) } catch is DatabaseError {} catch { Issue.record("\(error)") }
        do { _ = try RunRecords.send("r", in: root, to: try store(copy), context()) } catch is DatabaseError {} catch { Issue.record("\(error)") }
        try Files.remove(copy)
      }
    }
  }

  /// Training goes on without a store that went away, and fills it in later.
  @Test func aStoreThatGoesAway() throws {
    try withFolder { root in
      let path = "\(root)/runs.sqlite", run = try Run("r", in: root, try tinySettings())
      final class Breaker: ProgressSink {
        let path: String, said = Failures()
        init(_ path: String) { self.path = path }
        func report(_ update: ProgressUpdate) { if update.unit == "iterations", update.done == 2 { try? Files.writeAtomically("gone", path) } }
        func finish(_ label: String) {}
        func say(_ text: String) { said.add(text) }
      }
      let breaker = Breaker(path)
      try run.train(until: TrainLimit(iterations: 4), cadence: Cadence(checkpointEvery: 1, validateEvery: 0), store: try store(path), context().with(progress: breaker))
      #expect(run.iteration == 4)
      try Files.remove(path)
      _ = try RunRecords.send("r", in: root, to: try store(path), context())
      #expect(try query(path, "SELECT count(*) FROM dcs_losses") == [[.int(4)]])
    }
  }

  @Test func addresses() throws {
    #expect(try DatabaseAddress("postgresql://me:se:cret@db.org:5432/runs?password=x&sslmode=require").description == "postgresql://me@db.org:5432/runs?sslmode=require")
    #expect(try DatabaseAddress("postgres://db/runs?password=x").description == "postgres://db/runs")
    #expect(try DatabaseAddress("a/runs.sqlite") == .file("a/runs.sqlite") && DatabaseAddress("sqlite:///x/y") == .file("/x/y"))
    for bad in ["", ":memory:", "mysql://me:secret@host/db", "folder/", "a\0b", "sqlite://"] {
      let error = #expect(throws: DatabaseError.self) { try DatabaseAddress(bad) }
      #expect(error?.description.contains("secret") == false)
    }
  }

  final class Failures: Sendable {
    private let texts = Synchronized<[String]>([])
    func add(_ text: String) { texts.change { $0.append(text) } }
    var all: [String] { texts.value }
  }
}

import Synchronization

final class Synchronized<T: Sendable>: Sendable {
  private let state: Mutex<T>
  init(_ value: T) { state = Mutex(value) }
  func change(_ body: (inout T) -> Void) { state.withLock { body(&$0) } }
  var value: T { state.withLock { $0 } }
}
