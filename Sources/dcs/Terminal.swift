import Display
import Execution
import Glibc
import Language
import Synchronization

/// What standard output and standard error are, and how wide: the one place that reads the environment for display.
struct Terminal: Sendable {
  let isInputTerminal: Bool
  let isOutputTerminal: Bool
  let isErrorTerminal: Bool
  let isDumb: Bool
  private let usualColor: Bool
  let settings = DisplaySettings()

  init(quiet: Bool) {
    isInputTerminal = isatty(0) == 1
    isOutputTerminal = isatty(1) == 1
    isErrorTerminal = isatty(2) == 1
    isDumb = environmentValue("TERM") == "dumb" || environmentValue("TERM") == nil
    usualColor = isOutputTerminal && !isDumb && !quiet && (environmentValue("NO_COLOR") ?? "").isEmpty
  }

  var color: Bool { settings.color ?? usualColor }

  /// Columns now: the window may have changed.
  var width: Int {
    if let chosen = settings.width { return chosen }
    if let size = windowSize, size.columns > 0 { return size.columns }
    return environmentValue("COLUMNS").flatMap { Int($0) }.flatMap { (20...1000).contains($0) ? $0 : nil } ?? 80
  }

  /// Rows of the screen; nil off a terminal.
  var height: Int? { windowSize.flatMap { $0.rows > 0 ? $0.rows : nil } }

  private var windowSize: (rows: Int, columns: Int)? {
    var size = winsize()
    guard isOutputTerminal, ioctl(1, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  var style: DisplayStyle {
    var style = DisplayStyle(width: width, color: color)
    style.isTerminal = isOutputTerminal
    style.now = Clock.now()
    return style
  }
  /// For diagnostics, which go to standard error.
  var errorStyle: DisplayStyle {
    var style = DisplayStyle(width: width, color: color && isErrorTerminal)
    style.isTerminal = isErrorTerminal
    return style
  }
}

/// What `:set` has changed; nil: as the terminal says.
final class DisplaySettings: Sendable {
  private struct Choices { var width: Int?, color: Bool?, pager: String?, pages = false }
  private let choices = Mutex(Choices())

  var width: Int? {
    get { choices.withLock { $0.width } }
    set { choices.withLock { $0.width = newValue } }
  }
  var color: Bool? {
    get { choices.withLock { $0.color } }
    set { choices.withLock { $0.color = newValue } }
  }
  var pager: String? {
    get { choices.withLock { $0.pager } }
    set { choices.withLock { $0.pager = newValue } }
  }
  /// Whether tall output goes to the pager: at the prompt.
  var pages: Bool {
    get { choices.withLock { $0.pages } }
    set { choices.withLock { $0.pages = newValue } }
  }
}

/// All variables whose names begin so.
func environmentValues(beginning prefixes: [String]) -> [String: String] {
  var values: [String: String] = [:]
  var next = environ
  while let entry = next.pointee {
    let text = String(cString: entry)
    if let equals = text.firstIndex(of: "="), prefixes.contains(where: { text.hasPrefix($0) }) { values[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
    next += 1
  }
  return values
}

func environmentValue(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
