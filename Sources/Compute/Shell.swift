// Command lines and what they print.
//
// A command of an engine may hang: a queue that is down, a file system that does not answer. So nobody waits for one without end, and Ctrl-C is heard.

import Execution
import Glibc
import Storage

package enum Shell {
  /// A word as `sh` reads it back.
  package static func quoted(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x2b && $0 <= 0x3a || $0 == 0x5f || $0 == 0x3d || $0 == 0x40 }
    return isPlain ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// What ends the wait for a command before its end.
  package struct Limits: Sendable {
    package var seconds = 60.0
    package var cancellation: Cancellation?
    /// Only the second request counts: a submission is not cut in half by the first.
    package var isUrgent = false
    package init(seconds: Double = 60, _ cancellation: Cancellation? = nil, isUrgent: Bool = false) { (self.seconds, self.cancellation, self.isUrgent) = (seconds, cancellation, isUrgent) }

    var isCancelled: Bool { cancellation.map { isUrgent ? $0.isUrgent : $0.isCancelled } ?? false }
  }

  /// Runs a command to its end; one that does not end within its limits is stopped.
  ///
  /// - Returns: exit code, and standard output and errors together.
  /// - Throws: `ComputeError.notStarted`, `.silent`; `Cancelled`.
  package static func run(_ arguments: [String], _ limits: Limits) throws -> (code: Int, output: String) {
    let log = Files.temporaryPath()
    defer { try? Files.remove(log) }
    let child = try ChildProcess(arguments, .log(log)), deadline = ContinuousClock.now + .milliseconds(Int64(min(limits.seconds, 1e9) * 1000))
    var pause = 0.001
    while true {
      if let code = child.exitCode { return (code, String(decoding: (try? Files.read(log)) ?? [], as: UTF8.self)) }
      let isLate = ContinuousClock.now > deadline
      if isLate || limits.isCancelled {
        child.stop()
        throw isLate ? ComputeError.silent(command: arguments[0], seconds: limits.seconds) : Cancelled()
      }
      Pause.sleep(pause)
      pause = min(0.05, pause * 1.5)
    }
  }

  /// The same, where only success is good.
  ///
  /// - Throws: `ComputeError.engine` with what the command said.
  package static func succeed(_ arguments: [String], _ limits: Limits) throws -> String {
    let (code, output) = try run(arguments, limits)
    guard code == 0 else { throw ComputeError.engine(command: arguments[0], code: code, output: output) }
    return output
  }
}

/// Waiting without work.
package enum Pause {
  package static func sleep(_ seconds: Double) { usleep(UInt32(max(0, min(seconds, 60)) * 1e6)) }
}
