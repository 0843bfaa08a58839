// Child processes as jobs, for the engines of this machine. A child is in a session of its own and goes on when we end; its number is its process's.
//
// Numbers of processes are used again, after a restart at the latest. So a record also holds the machine, its start, and when the process began; what
// does not agree in all three is somebody else's, and is neither believed nor killed.

import Glibc
import Storage
import Synchronization

extension Engine {
  /// - Parameter known: of jobs of an earlier session.
  static func children(_ name: String, workers: Int, _ settings: [(name: String, text: String)], _ known: ProcessRecord?) -> Engine {
    let isElsewhere = known.map(\.isElsewhere) ?? false
    @Sendable func running(_ identifiers: [String]) -> [pid_t] { isElsewhere ? [] : identifiers.compactMap { pid_t($0) }.filter { $0 > 1 && Children.all.isRunning($0, known) } }
    var engine = Engine(
      name: name, settings: settings, workers: workers, task: nil,
      submit: { submission, _ in
        let child = try ChildProcess(["sh", submission.script], .log(submission.log))
        Children.all.keep(child)
        return "\(child.pid)"
      },
      poll: { identifiers, _ in Dictionary(running(identifiers).map { ("\($0)", .running) }) { first, _ in first } },
      cancel: { identifiers, _ in
        if let known, isElsewhere { throw ComputeError.elsewhere(host: known.host) }
        for pid in running(identifiers) { Glibc.kill(-pid, SIGINT) }
      })
    (engine.isThisMachine, engine.patience) = (true, isElsewhere ? .infinity : 2)
    // a process that has not begun to listen misses the request: it is asked once more, and what does not end soon is killed
    engine.kill = { identifiers in
      for (signal, seconds) in [(0, 2.5), (SIGINT, 2.5), (SIGKILL, 1.0)] {
        for pid in running(identifiers) where signal != 0 { Glibc.kill(-pid, signal) }
        let deadline = ContinuousClock.now + .milliseconds(Int64(seconds * 1000))
        while !running(identifiers).isEmpty, ContinuousClock.now < deadline { Pause.sleep(0.02) }
        if running(identifiers).isEmpty { return }
      }
    }
    engine.record = { ProcessRecord(of: $0).members }
    return engine
  }
}

/// Where and when processes began: what tells them from others with the same numbers.
struct ProcessRecord: Sendable, Equatable {
  let host: String
  /// Another one after every start of the machine.
  let boot: String
  /// By number; in clock ticks since that start, as text.
  let begun: [String: String]

  /// Of processes of this machine that run now.
  init(of identifiers: [String]) {
    (host, boot) = (Self.thisHost, Self.thisBoot)
    begun = Dictionary(identifiers.compactMap { id in pid_t(id).flatMap(Self.begin).map { (id, $0) } }) { first, _ in first }
  }

  init(_ record: JSON) {
    (host, boot) = (record["host"]?.string ?? "", record["boot"]?.string ?? "")
    var begun: [String: String] = [:]
    if case .object(let members)? = record["begun"] { for member in members { begun[member.key] = member.value.string } }
    self.begun = begun
  }

  var members: [(key: String, value: JSON)] {
    [("host", .string(host)), ("boot", .string(boot)), ("begun", .object(begun.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }))]
  }

  /// Nothing can be known of them from here but by the files they leave.
  var isElsewhere: Bool { !host.isEmpty && host != Self.thisHost }

  /// Whether the process that has this number now is the one that is meant.
  func isSame(_ pid: pid_t) -> Bool { !isElsewhere && boot == Self.thisBoot && begun["\(pid)"] != nil && begun["\(pid)"] == Self.begin(pid) }

  private static let thisHost: String = {
    var name = [CChar](repeating: 0, count: 256)
    return gethostname(&name, 255) == 0 ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
  }()
  private static let thisBoot = String((text("/proc/sys/kernel/random/boot_id") ?? "").filter { !$0.isWhitespace })

  /// When a process began (field 22 of its line in /proc); nil if it is not there or has ended.
  private static func begin(_ pid: pid_t) -> String? {
    // "42 (a name) with) spaces) S 1 …": fields count from the last parenthesis, which is field 2
    guard let line = text("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }

  /// A small file of the kernel, whose size is not known beforehand.
  private static func text(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}

/// Children that run: kept, so that they are not stopped when nobody refers to them any more.
private final class Children: Sendable {
  static let all = Children()
  private let running = Mutex<[pid_t: Unmanaged<ChildProcess>]>([:])

  /// Never released while it runs: a job outlives whoever asked for it.
  func keep(_ child: ChildProcess) { running.withLock { $0[child.pid] = Unmanaged.passRetained(child) } }

  /// - Parameter known: of a job of an earlier session; nil: a child of this process.
  func isRunning(_ pid: pid_t, _ known: ProcessRecord?) -> Bool {
    running.withLock { children in
      if let child = children[pid], child._withUnsafeGuaranteedRef({ $0.hasEnded }) {
        children[pid] = nil
        child.release()
      }
      return known?.isSame(pid) ?? (children[pid] != nil)
    }
  }
}
