// Child processes of this machine: local() for single jobs, processes(n) also for the shards of blockwise work.
// A child is in a session of its own and goes on when we end; its number is its process's.

import Glibc
import Synchronization

extension Engine {
  package static func local(workers: Int?, settings: [(name: String, text: String)]) -> Engine { children("local", workers: workers ?? 1, settings) }
  package static func processes(_ count: Int) -> Engine { children("processes", workers: count, [("", "\(count)")]) }

  private static func children(_ name: String, workers: Int, _ settings: [(name: String, text: String)]) -> Engine {
    Engine(
      name: name, settings: settings, workers: workers, task: nil,
      submit: { submission in
        let child = try ChildProcess(["sh", submission.script], .log(submission.log))
        Children.all.keep(child)
        return "\(child.pid)"
      },
      poll: { identifiers in
        var states: [String: JobState] = [:]
        for id in identifiers { if let pid = pid_t(id), Children.all.isRunning(pid) { states[id] = .running } }
        return states
      },
      cancel: { for id in $0 { if let pid = pid_t(id), pid > 1 { kill(-pid, SIGINT) } } })
  }
}

/// Children that run: kept, so that they are not stopped when nobody refers to them any more.
private final class Children: Sendable {
  static let all = Children()
  private let running = Mutex<[pid_t: Unmanaged<ChildProcess>]>([:])

  /// Never released while it runs: a job outlives whoever asked for it.
  func keep(_ child: ChildProcess) { running.withLock { $0[child.pid] = Unmanaged.passRetained(child) } }

  func isRunning(_ pid: pid_t) -> Bool {
    running.withLock { children in
      guard let child = children[pid] else { return kill(pid, 0) == 0 || errno == EPERM }   // of an earlier session
      if !child._withUnsafeGuaranteedRef({ $0.hasEnded }) { return true }
      children[pid] = nil
      child.release()
      return false
    }
  }
}
