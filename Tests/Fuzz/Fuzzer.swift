import Accidents
import Builtins
import Execution
import Glibc
import Language
import Storage
import Synchronization
import TestSupport

/// Runs cases and keeps what is wrong.
final class Fuzzer {
  let corpus: Corpus
  let seed: UInt64
  private(set) var findings: [String] = []
  private var checked = 0, ran = 0, rejected = 0, reprinted = 0, checkSeconds = 0.0, runSeconds = 0.0, slowest = 0.0
  private let cancellation = Cancellation()
  private let clock = ContinuousClock()
  private let host: FuzzHost
  private let registry: Registry
  private lazy var checker = try? Interpreter(registry: registry, host: host, execution: context)

  /// A case may run so long before it is asked to stop, and so long in all.
  private static let patience = 0.05, limit = 1.0
  /// Words that start processes, wait, or speak to other machines.
  private static let beyond: Set<String> = ["submit", "wait", "command", "processes", "external", "slurm", "lsf", "serve", "sleep"]

  init(_ corpus: Corpus, seed: UInt64) {
    (self.corpus, self.seed) = (corpus, seed)
    host = FuzzHost(modules: corpus.modules)
    let builtins = Vocabulary.registry.sets.values.sorted { $0.name < $1.name }.filter { !Self.beyond.contains($0.name) }.flatMap(\.builtins)
    registry = Registry(builtins, constants: Vocabulary.registry.constants)
  }

  private var context: ExecutionContext { ExecutionContext(pool: ThreadPool(threads: 1), cancellation: cancellation, memoryBudget: 64 << 20) }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (clock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  /// How long to go on: cases make a run that can be had again, seconds one that fits a wait.
  enum Extent {
    case cases(UInt64), seconds(Double)
  }

  private func goesOn(_ extent: Extent, _ number: UInt64, since start: ContinuousClock.Instant) -> Bool {
    guard findings.count < 20 else { return false }
    return switch extent {
    case .cases(let cases): number < cases
    case .seconds(let limit): seconds(since: start) < limit
    }
  }

  private func note(_ problem: String, _ number: UInt64, _ text: String, runs: Bool) {
    findings.append("\(problem)   dcs-fuzz --seed \(seed) --case \(number)\(runs ? " --run" : "")\n    \(text.prefix(200).split(separator: "\n").joined(separator: "\n    "))")
  }

  // MARK: Reading and checking

  func check(_ extent: Extent) {
    let start = clock.now
    var number: UInt64 = 0
    while goesOn(extent, number, since: start) {
      check(number, corpus.text(seed: seed, number: number, snippetsOnly: false))
      number += 1
    }
    checkSeconds = seconds(since: start)
  }

  private func check(_ number: UInt64, _ text: String) {
    Crash.begin(number)
    let begin = clock.now
    let source = Source(name: "fuzz.dcs", text: text)
    let diagnostics = checker?.check(source) ?? []
    examine(diagnostics, number, text, runs: false)
    if let (_, isSame) = Interpreter.reprinted(source) {
      reprinted += 1
      if !isSame { note("prints as another tree", number, text, runs: false) }
    }
    checked += 1
    let time = seconds(since: begin)
    slowest = max(slowest, time)
    if time > Self.limit { note("takes \(time) s to check", number, text, runs: false) }
  }

  private func examine(_ diagnostics: [Diagnostic], _ number: UInt64, _ text: String, runs: Bool) {
    for diagnostic in diagnostics.prefix(200) {
      if diagnostic.site == nil { note("has no place: \(diagnostic.message)", number, text, runs: runs) }
      let lines = diagnostic.drawn().split(separator: "\n", omittingEmptySubsequences: false).count
      if lines > 8 + diagnostic.items.count { note("has \(lines) lines: \(diagnostic.message)", number, text, runs: runs) }
    }
  }

  // MARK: Running

  /// In a scratch folder, which is removed.
  func run(_ extent: Extent) {
    let folder: String
    do { folder = try Files.makeTemporaryFolder() } catch { findings.append("\(error)"); return }
    defer { try? Files.removeTree(folder) }
    guard chdir(folder) == 0 else { findings.append("cannot enter \(folder)"); return }
    let began = Mutex(clock.now), done = Mutex(false)
    let watch = Thread { [clock, cancellation] in
      while !done.withLock({ $0 }) {
        usleep(5000)
        if began.withLock({ clock.now - $0 > .seconds(Self.patience) }) { cancellation.cancel() }
      }
    }
    let start = clock.now
    var number: UInt64 = 0
    while goesOn(extent, number, since: start) {
      let text = corpus.text(seed: seed, number: number, snippetsOnly: true)
      if Self.isConfined(text) {
        cancellation.reset()
        began.withLock { $0 = clock.now }
        run(number, text)
      }
      number += 1
    }
    done.withLock { $0 = true }
    watch.join()
    runSeconds = seconds(since: start)
    _ = chdir("/")
  }

  private func run(_ number: UInt64, _ text: String) {
    Crash.begin(number)
    let begin = clock.now
    guard let interpreter = try? Interpreter(registry: registry, host: host, execution: context) else { return }
    let ending = interpreter.enter(Source(name: "fuzz.dcs", text: text)) { _ = $0.shown() }
    examine(ending.diagnostics, number, text, runs: true)
    if case .rejected = ending { rejected += 1 }
    ran += 1
    let time = seconds(since: begin)
    slowest = max(slowest, time)
    if time > Self.limit { note("takes \(time) s to run", number, text, runs: true) }
  }

  /// Paths outside of the scratch folder are left alone.
  private static func isConfined(_ text: String) -> Bool { !text.contains("/") || !["\"/", "'/", "../", "~", "://"].contains(where: text.contains) }

  // MARK: Telling

  /// One case with all that becomes of it. False: something is wrong with it.
  func show(_ number: UInt64, runs: Bool) -> Bool {
    let text = corpus.text(seed: seed, number: number, snippetsOnly: runs)
    print(text)
    print("----")
    if runs {
      run(number, text)
    } else {
      check(number, text)
      for diagnostic in checker?.check(Source(name: "fuzz.dcs", text: text)) ?? [] { print(diagnostic.drawn()) }
      if let (again, _) = Interpreter.reprinted(Source(name: "fuzz.dcs", text: text)) { print("---- printed\n" + again) }
    }
    for finding in findings { print(finding) }
    return findings.isEmpty
  }

  var report: String {
    func rate(_ count: Int, _ seconds: Double) -> String { "\(count) in \(Int(seconds.rounded())) s (\(Int(Double(count) / max(seconds, 0.001))) a second)" }
    return (findings + [
      "checked   \(rate(checked, checkSeconds)), of which \(reprinted) had no mistake and were printed and read again",
      "run       \(rate(ran, runSeconds)), of which \(rejected) were refused by the check",
      "slowest   \(Int(slowest * 1000)) ms", "findings  \(findings.count)",
    ]).joined(separator: "\n")
  }
}

/// A host without a world but for the stdlib.
private struct FuzzHost: Host {
  let modules: [String: String]
  func write(_ text: String) {}
  func load(_ module: ModuleReference) throws -> ModuleText? {
    guard case .name(let name) = module, let text = modules[name] else { return nil }
    return ModuleText(name: name + ".dcs", text: text, isLibrary: true)
  }
}

/// A thread of its own, without a run loop.
private final class Thread {
  private var handle = pthread_t()
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  init(_ run: @escaping @Sendable () -> Void) {
    pthread_create(&handle, nil, { raw in
      if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
      return nil
    }, Unmanaged.passRetained(Body(run)).toOpaque())
  }

  func join() { pthread_join(handle, nil) }
}
