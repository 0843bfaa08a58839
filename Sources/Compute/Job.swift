// A job: one command, or an array of tasks, given to an engine. Everything about it is in a folder that a person can read:
//
//     job         one line of JSON: engine, numbers and what tells and stops them, name, command, time of submission
//     script      what the engine runs
//     log         what it printed (log.K of task K)
//     exit        its exit code, written by the script when it ends (exit.K)
//     begun       written by the script when it begins
//     cancelled   its engine was asked to stop it
//
// The exit file is believed before the engine: engines forget jobs. One that the engine does not know and that left no exit file was lost.

import Execution
import Glibc
import Storage
import Synchronization

package final class Job: Sendable {
  package let path: String
  package let engine: Engine
  package let identifiers: [String]
  package let name: String
  package let command: [String]
  /// Seconds since 1970.
  package let submitted: Double
  package let tasks: Int?
  private let state: Mutex<State>

  private struct State {
    var state = JobState.pending
    var asked = 0.0
    var lostSince: Double?
  }

  /// Tasks that the record of a job may name: each is asked for by files of its own.
  private static let taskLimit = 1_000_000
  /// Seconds during which an answer of the engine is taken for fresh.
  static let freshness = 1.0

  private init(path: String, _ engine: Engine, _ identifiers: [String], name: String, command: [String], submitted: Double, tasks: Int?) {
    (self.path, self.engine, self.identifiers, self.name, self.command) = (path, engine, identifiers, name, command)
    (self.submitted, self.tasks) = (submitted, tasks)
    state = Mutex(State())
  }

  /// Submits a command.
  ///
  /// - Parameter path: a folder that is not there yet.
  /// - Parameter tasks: an array; the word `TASK` in the command becomes the task's number.
  /// - Parameter cancellation: its second request ends a submission that hangs.
  /// - Throws: `ComputeError`, `StorageError`; `Cancelled`.
  package static func submit(
    _ command: [String], name: String, to path: String, on engine: Engine, tasks: Int? = nil, now: Double, _ cancellation: Cancellation? = nil
  ) throws -> Job {
    try Files.makeFolders(path)
    let folder = try absolute(path)
    let words = command.map { $0.hasPrefix(taskWord) ? $0 : Shell.quoted($0) }.joined(separator: " ")
    func script(_ task: String?, file: String) throws -> String {
      let suffix = task.map { _ in ".$task" } ?? ""
      let lines = [
        "#!/bin/sh", "cd \(Shell.quoted(try absolute("."))) || exit 1", task.map { "task=\($0)" } ?? ":", "echo $$ > \(Shell.quoted(folder))/begun\(suffix)",
        words.split(separator: taskWord, omittingEmptySubsequences: false).joined(separator: "$task") + " >> \(Shell.quoted(folder))/log\(suffix) 2>&1", "code=$?",
        "echo $code > \(Shell.quoted(folder))/.exit\(suffix) && mv \(Shell.quoted(folder))/.exit\(suffix) \(Shell.quoted(folder))/exit\(suffix)", "exit $code", "",
      ]
      let path = Files.join(folder, file)
      try Files.writeAtomically(lines.joined(separator: "\n"), path, sync: false)
      return path
    }
    let own = Files.join(folder, "engine.log")
    let limits = Shell.Limits(seconds: 600, cancellation, isUrgent: true)
    var identifiers: [String] = []
    do {
      if let tasks, let expression = engine.task {
        identifiers = [try engine.submit(.init(name: name, script: try script(expression, file: "script"), log: own, tasks: tasks), limits)]
      } else if let tasks {
        for task in 0..<tasks { identifiers.append(try engine.submit(.init(name: "\(name)-\(task)", script: try script("\(task)", file: "script.\(task)"), log: own), limits)) }
      } else {
        identifiers = [try engine.submit(.init(name: name, script: try script(nil, file: "script"), log: own), limits)]
      }
      let job = Job(path: path, engine, identifiers, name: name, command: command, submitted: now, tasks: tasks)
      try Files.writeAtomically(job.record.compact + "\n", Files.join(path, "job"), sync: false)
      return job
    } catch {
      // what has no record nobody could stop later
      if !identifiers.isEmpty { try? engine.cancel(identifiers, Shell.Limits()) }
      throw error
    }
  }

  package static let taskWord = "{task}"

  private static func absolute(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else { throw ComputeError.badJob(path: path, reason: "there is no such folder") }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private var record: JSON {
    let fixed: JSON = [
      "engine": .string(engine.name), "place": engine.place.map { .string($0) } ?? .null, "ids": .array(identifiers.map { .string($0) }), "name": .string(name),
      "command": .array(command.map { .string($0) }), "submitted": .double(submitted), "tasks": tasks.map { JSON($0) } ?? .null,
    ]
    guard case .object(let members) = fixed else { return fixed }
    return .object(members + engine.record(identifiers).map { .init($0.key, $0.value) })
  }

  /// A job that an earlier session submitted.
  ///
  /// - Throws: `ComputeError.badJob`.
  package convenience init(opening path: String) throws {
    guard let bytes = try Files.readIfPresent(Files.join(path, "job"), limit: Files.smallFileLimit)?.array, let record = try? JSON(parsing: bytes) else {
      throw ComputeError.badJob(path: path, reason: "it has no record")
    }
    func texts(_ key: String) -> [String] { if case .array(let list)? = record[key] { list.compactMap(\.string) } else { [] } }
    guard let name = record["name"]?.string, let engine = record["engine"]?.string, !texts("ids").isEmpty else { throw ComputeError.badJob(path: path, reason: "its record is incomplete") }
    let tasks = record["tasks"].flatMap { $0 == .null ? nil : $0.int ?? 0 }
    guard tasks.map({ (1...Self.taskLimit).contains($0) }) ?? true else { throw ComputeError.badJob(path: path, reason: "its record counts no tasks") }
    guard let kind = Engine.Kind.all.first(where: { $0.name == engine }) else { throw ComputeError.badJob(path: path, reason: "its engine `\(engine)` is not known here") }
    self.init(path: path, kind.reopen(record), texts("ids"), name: name, command: texts("command"), submitted: record["submitted"]?.double ?? 0, tasks: tasks)
  }

  /// All jobs in a folder of jobs, in order of submission.
  package static func list(in folder: String) throws -> [Job] {
    guard Files.kind(folder) == .folder else { return [] }
    return try Files.list(folder).filter(\.isFolder).compactMap { try? Job(opening: Files.join(folder, $0.name)) }.sorted { ($0.submitted, $0.path) < ($1.submitted, $1.path) }
  }
}

extension Job {
  package var log: String { Files.join(path, "log") }
  package var identifier: String { identifiers.count == 1 ? identifiers[0] : "\(identifiers[0])…\(identifiers[identifiers.count - 1])" }

  /// Exit codes of those tasks (one, if it is no array) that have ended.
  package var exitCodes: [Int] {
    suffixes.compactMap { suffix in
      guard let bytes = try? Files.readIfPresent(Files.join(path, "exit" + suffix), limit: 64)?.array else { return nil }
      return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }
  }

  /// Of each task; nil for one that left none.
  package func taskCodes(_ tasks: Int) -> [Int?] {
    (0..<tasks).map { task in
      guard let bytes = try? Files.readIfPresent(Files.join(path, "exit.\(task)"), limit: 64)?.array else { return nil }
      return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }
  }

  private var suffixes: [String] { tasks.map { count in (0..<count).map { ".\($0)" } } ?? [""] }

  /// How it fares: by the files it leaves, else by its engine, who is asked at most once a second.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Parameter limits: of the engine's command.
  /// - Throws: `ComputeError.notStarted` where the engine's commands are missing, `.silent`; `Cancelled`.
  package func state(now: Double, _ limits: Shell.Limits) throws -> JobState {
    let known = state.withLock { $0 }
    if known.state.hasEnded || now - known.asked < (engine.isThisMachine ? 0.1 : Self.freshness) { return known.state }
    let codes = exitCodes, isStopped = Files.kind(Files.join(path, "cancelled")) != nil
    var found = JobState.pending, lost = known.lostSince
    if codes.count == tasks ?? 1 { found = codes.allSatisfy { $0 == 0 } ? .done : isStopped ? .cancelled : .failed }
    else {
      let states = try engine.poll(identifiers, limits).values.map { $0 }
      if isStopped, states.allSatisfy(\.hasEnded) { found = .cancelled }
      else if let answer = Engine.joined(states), !answer.hasEnded { (found, lost) = (answer, nil) }
      else {
        // Ended for the engine, but no exit file yet: it may still be on its way; a killed job never writes one.
        lost = lost ?? now
        found = now - (lost ?? now) > engine.patience ? .failed : known.state == .running || hasBegun ? .running : .pending
      }
    }
    state.withLock { $0 = State(state: found, asked: now, lostSince: lost) }
    return found
  }

  private var hasBegun: Bool { suffixes.contains { Files.kind(Files.join(path, "begun" + $0)) != nil } }

  /// When it ended, or now: for the time it has been running. Seconds since 1970; nil before it begins.
  package func times(now: Double) -> (begun: Double, end: Double)? {
    let begins = suffixes.compactMap { Self.modified(Files.join(path, "begun" + $0)) }, ends = suffixes.compactMap { Self.modified(Files.join(path, "exit" + $0)) }
    guard let begun = begins.min() else { return nil }
    return (begun, ends.count == suffixes.count ? ends.max() ?? now : Self.modified(Files.join(path, "cancelled")) ?? now)
  }

  private static func modified(_ path: String) -> Double? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return Double(info.st_mtim.tv_sec) + Double(info.st_mtim.tv_nsec) * 1e-9
  }

  /// As it was when last asked.
  package var knownState: JobState { state.withLock(\.state) }

  /// Asks it to stop, so that it can finish what it is at; a process of this machine that has not done so in five seconds is killed.
  ///
  /// - Throws: `ComputeError` where it could not be asked; it goes on then, and is not said to be cancelled.
  package func cancel(_ cancellation: Cancellation? = nil) throws {
    try engine.cancel(identifiers, Shell.Limits(cancellation, isUrgent: true))
    try Files.writeAtomically("", Files.join(path, "cancelled"), sync: false)
    try engine.kill?(identifiers)
    state.withLock { $0.asked = 0 }
  }
}
