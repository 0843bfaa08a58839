import Display
import Glibc
import Language
import Synchronization

/// What standard output and standard error are, and how wide: the one place that reads the environment for display.
struct Terminal: Sendable {
  let isInputTerminal: Bool
  let isOutputTerminal: Bool
  let isErrorTerminal: Bool
  let isDumb: Bool
  let color: Bool

  init(quiet: Bool) {
    isInputTerminal = isatty(0) == 1
    isOutputTerminal = isatty(1) == 1
    isErrorTerminal = isatty(2) == 1
    isDumb = environmentValue("TERM") == "dumb" || environmentValue("TERM") == nil
    color = isOutputTerminal && !isDumb && !quiet && (environmentValue("NO_COLOR") ?? "").isEmpty
  }

  /// Columns now: the window may have changed.
  var width: Int {
    var size = winsize()
    if isOutputTerminal, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return environmentValue("COLUMNS").flatMap { Int($0) }.flatMap { (20...1000).contains($0) ? $0 : nil } ?? 80
  }

  var style: DisplayStyle { DisplayStyle(width: width, color: color) }
  /// For diagnostics, which go to standard error.
  var errorStyle: DisplayStyle { DisplayStyle(width: width, color: color && isErrorTerminal) }
}

func environmentValue(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Standard output and standard error, whole and in order; a log gets both.
final class Output: Sendable {
  private let log: Mutex<UnsafeFile?>
  private struct UnsafeFile: @unchecked Sendable { let file: UnsafeMutablePointer<FILE> }   // used under the mutex only

  init(log path: String?) throws {
    guard let path else { log = Mutex(nil); return }
    guard let file = fopen(path, "w") else { throw Options.Misuse(message: "cannot write the log `\(path)`: \(String(cString: strerror(errno)))") }
    log = Mutex(UnsafeFile(file: file))
  }

  func write(_ text: String) { send(text, to: 1) }
  func warn(_ text: String) { send(text, to: 2) }
  /// Progress: to the terminal only, never to the log.
  func transient(_ text: String) { Self.emit(text, 2) }

  /// What was typed, for the log.
  func note(_ text: String) { log.withLock { if let file = $0?.file { fputs(text, file); fflush(file) } } }

  private func send(_ text: String, to descriptor: Int32) {
    Self.emit(text, descriptor)
    note(text)
  }

  /// Whole, whatever the size; a reader that has gone is no error.
  static func emit(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count > 0 { done += count } else if errno != EINTR && errno != EAGAIN { return }   // a closed pipe: nobody reads any more
    }
  }
}
