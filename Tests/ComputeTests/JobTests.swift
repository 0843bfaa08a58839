import Compute
import Execution
import Storage
import Testing

/// Jobs as later sessions see them.
@Suite struct JobTests {
  private static let limits = Shell.Limits()

  private func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = Files.temporaryPath()
    defer { try? Files.removeTree(folder) }
    return try body(folder)
  }

  /// The record of a job, edited.
  private func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = String(decoding: try Files.read(path + "/job"), as: UTF8.self)
    #expect(text.contains(old), "\(text)")
    try Files.writeAtomically(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new), path + "/job", sync: false)
  }

  @Test func everyEngineCanBeReopened() {
    let engines: [Engine] = [.command("x", cancel: nil, workers: 1, settings: []), .local(workers: 1, settings: []), .lsf(Resources(), workers: 1, settings: []), .processes(2), .slurm(Resources(), workers: 1, settings: [])]
    #expect(Engine.Kind.all.map(\.name) == engines.map(\.name))
    for (kind, engine) in zip(Engine.Kind.all, engines) {
      let again = kind.reopen(.object([]))
      #expect(again.name == engine.name && again.isHere == engine.isHere && again.isThisMachine == engine.isThisMachine && again.task == engine.task)
    }
  }

  @Test func anUnknownEngineIsNoJob() throws {
    try withFolder { path in
      let job = try Job.submit(["true"], name: "a", to: path, on: .processes(1), now: Clock.now())
      #expect(try Job(opening: path).identifiers == job.identifiers)
      try edit(path, #""processes""#, #""sge""#)
      #expect(throws: ComputeError.badJob(path: path, reason: "its engine `sge` is not known here")) { try Job(opening: path) }
    }
  }

  /// A record may say anything of its tasks; what no job could have is refused rather than counted up to.
  @Test(arguments: ["-1", "0", "9000000000000000000", "\"3\""]) func tasksThatCannotBeAreNoJob(_ count: String) throws {
    try withFolder { path in
      _ = try Job.submit(["true"], name: "a", to: path, on: .processes(1), now: Clock.now())
      try edit(path, #""tasks":null"#, #""tasks":\#(count)"#)
      #expect(throws: ComputeError.badJob(path: path, reason: "its record counts no tasks")) { try Job(opening: path) }
    }
  }

  /// A process with the number of a job, but another beginning, start of the machine or machine, is neither believed nor killed.
  @Test(arguments: [#""begun":{"#, #""boot":""#, #""host":""#]) func numbersAreUsedAgain(_ key: String) throws {
    try withFolder { path in
      let job = try Job.submit(["sleep", "30"], name: "a", to: path, on: .processes(1), now: Clock.now()), now = Clock.now()
      for _ in 0..<500 where Files.kind(path + "/begun") == nil { Pause.sleep(0.01) }
      #expect(try Job(opening: path).state(now: now, Self.limits) == .running)
      try edit(path, key, key == #""begun":{"# ? key + #""\#(job.identifier)":"1","x":{"# : key + "x")
      if key == #""begun":{"# { try edit(path, "}}", "}}}") }
      let other = try Job(opening: path), isElsewhere = key.contains("host")
      _ = try other.state(now: now, Self.limits)
      #expect(try other.state(now: now + 3, Self.limits) == (isElsewhere ? .running : .failed))   // of another machine only the files tell
      if isElsewhere { #expect(throws: ComputeError.self) { try other.cancel() } } else { try other.cancel() }
      #expect(try job.state(now: now + 5, Self.limits) == .running)
      try Files.remove(path + "/cancelled")
      try job.cancel()
      #expect(try job.state(now: now + 7, Self.limits) == .cancelled)
    }
  }

  /// The line that cancels is on record; where it fails, nothing is said to be cancelled.
  @Test func commandJobsAreCancelledLater() throws {
    try withFolder { path in
      let mark = Files.temporaryPath()
      defer { try? Files.remove(mark) }
      let line = "test -e \(mark) && echo {id} > \(mark)"
      _ = try Job.submit(["true"], name: "a", to: path, on: .command("echo 'job 17 of 3 4711' # {command}", cancel: line, workers: 1, settings: []), now: Clock.now())
      let later = try Job(opening: path)
      #expect(throws: ComputeError.self) { try later.cancel() }
      #expect(try Files.kind(path + "/cancelled") == nil && later.state(now: Clock.now() + 100, Self.limits) == .pending)
      try Files.writeAtomically("", mark, sync: false)
      try later.cancel()
      #expect(try Files.read(mark) == Array("4711\n".utf8))
      #expect(try Job(opening: path).state(now: Clock.now() + 200, Self.limits) == .cancelled)
    }
  }

  /// Tasks that are submitted one by one are stopped again where the next one is refused: there is no record by which they could be stopped later.
  @Test func aTaskThatIsRefusedTakesTheOthersBack() throws {
    try withFolder { path throws in
      let count = Files.temporaryPath(), stopped = Files.temporaryPath()
      defer { for file in [count, stopped] { try? Files.remove(file) } }
      let line = "echo x >> \(count); test $(wc -l < \(count)) -lt 3 && echo $(wc -l < \(count)) # {command}"
      let engine = Engine.command(line, cancel: "echo {id} >> \(stopped)", workers: 1, settings: [])
      #expect(throws: ComputeError.self) { try Job.submit(["true"], name: "a", to: path, on: engine, tasks: 5, now: Clock.now()) }
      #expect(try Files.read(stopped) == Array("1\n2\n".utf8))
      #expect(throws: ComputeError.badJob(path: path, reason: "it has no record")) { try Job(opening: path) }
    }
  }
}
