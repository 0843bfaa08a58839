import Execution
import Glibc
import Synchronization

/// Standard output and standard error, whole and in order; a log gets both.
final class Output: Sendable {
  private struct Log { let descriptor: Int32, path: String, isBroken: Bool }
  private let log: Mutex<Log?>
  private let cancellation: Cancellation
  private let failure = Mutex<Int32?>(nil)

  /// - Parameter cancellation: asked to stop when standard output cannot be written any more: its reader has gone, its disk is full.
  init(log path: String?, _ cancellation: Cancellation) throws {
    self.cancellation = cancellation
    guard let path else { log = Mutex(nil); return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Options.Misuse(message: "cannot write the log `\(path)`: \(String(cString: strerror(errno)))") }
    log = Mutex(Log(descriptor: descriptor, path: path, isBroken: false))
  }

  func write(_ text: String) {
    if !Self.emit(text, 1) {
      let code = errno
      failure.withLock { $0 = $0 ?? code }
      cancellation.cancel()
    }
    note(text)
  }

  func warn(_ text: String) {
    Self.emit(text, 2)
    note(text)
  }

  /// Why standard output could not be written; nil as long as it can. A reader that has gone needs no words.
  var complaint: String? {
    failure.withLock { code in code.map { $0 == EPIPE ? "" : "error: cannot write standard output: \(String(cString: strerror($0)))\n" } }
  }
  /// Progress: to the terminal only, never to the log.
  func transient(_ text: String) { Self.emit(text, 2) }

  /// What was typed, and what a pager showed: for the log alone. A log that cannot be written is said once; the work goes on.
  func note(_ text: String) {
    let complaint = log.withLock { log -> String? in
      guard let open = log, !open.isBroken else { return nil }
      if Self.emit(text, open.descriptor) { return nil }
      log = Log(descriptor: open.descriptor, path: open.path, isBroken: true)
      return "warning: the log `\(open.path)` ends here: \(String(cString: strerror(errno)))\n"
    }
    if let complaint { Self.emit(complaint, 2) }
  }

  /// Whole, whatever the size. False if not all could be written: a reader that has gone, a full disk.
  @discardableResult
  static func emit(_ text: String, _ descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count > 0 { done += count } else if errno != EINTR && errno != EAGAIN { return false }
    }
    return true
  }
}
