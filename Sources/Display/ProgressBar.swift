import Execution
import Synchronization
import TerminalText

/// One line on standard error for the running operation: bar, counts, rate, time left. Nothing is shown before the first second.
/// Control characters in names of files are written out. Off a terminal it writes a plain line at most every 30 seconds, whatever runs, so logs stay short.
package final class ProgressBar: ProgressSink {
  private struct State {
    var label = "", begun = 0.0, first: Int64 = 0, drawn: Double, visible = false
  }
  private let state: Mutex<State>
  private let style: Style
  private let isTerminal: Bool
  private let clock: @Sendable () -> Double
  private let write: @Sendable (String) -> Void

  /// - Parameter clock: seconds, of a clock that never jumps.
  package init(style: Style, isTerminal: Bool, clock: @escaping @Sendable () -> Double = Clock.steady, write: @escaping @Sendable (String) -> Void) {
    (self.style, self.isTerminal, self.clock, self.write) = (style, isTerminal, clock, write)
    state = Mutex(State(drawn: clock()))
  }

  package func report(_ update: ProgressUpdate) {
    let now = clock()
    state.withLock { state in
      if state.label != update.label {
        if state.visible && isTerminal { write("\r\u{1B}[K") }
        state = State(label: update.label, begun: now, first: update.done, drawn: state.drawn)
        return
      }
      guard now - state.begun >= 1, now - state.drawn >= (isTerminal ? 0.1 : 30) else { return }
      state.drawn = now
      let text = line(update, seconds: now - state.begun, since: update.done - state.first)
      if isTerminal { write("\r\u{1B}[K" + text) } else { write(text + "\n") }
      state.visible = true
    }
  }

  package func finish(_ label: String) {
    state.withLock { state in
      guard state.label == label else { return }
      if state.visible && isTerminal { write("\r\u{1B}[K") }
      state = State(drawn: state.drawn)
    }
  }

  package func say(_ text: String) {
    state.withLock { state in
      if state.visible && isTerminal { write("\r\u{1B}[K") }
      state.visible = false
      write(text.visible() + "\n")
    }
  }

  private func line(_ update: ProgressUpdate, seconds: Double, since: Int64) -> String {
    let rate = seconds > 0 ? Double(since) / seconds : 0
    var parts = [update.label.visibleOnOneLine]
    if update.total > 0 {
      let share = max(0, min(1, Double(update.done) / Double(update.total)))
      let cells = max(4, min(24, style.width / 5)), full = Int(share * Double(cells))
      parts.append(String(repeating: "━", count: full) + String(repeating: "╌", count: cells - full))
      parts.append("\(grouped(Int(update.done))) / \(grouped(Int(update.total))) \(update.unit)")
    } else {
      parts.append("\(grouped(Int(update.done))) \(update.unit)")
    }
    if rate > 0 && update.unit != "s" { parts.append(rate >= 1 ? "\(compact((rate * 10).rounded() / 10))/s" : "\(compact((600 * rate).rounded() / 10))/min") }
    let left = update.unit == "s" ? Double(update.total - update.done) : Double(update.total - update.done) / rate
    if rate > 0 && update.total > update.done { parts.append("\(duration(left)) left") }
    if !update.note.isEmpty { parts.append(update.note.visibleOnOneLine) }
    if update.curve.count > 1 { parts.append(sparkline(update.curve, width: max(4, min(16, style.width / 8)))) }
    let text = parts.joined(separator: "  ")
    var fitted = fit(text, style.width - 1)
    while fitted.last == " " { fitted.removeLast() }
    return fitted
  }
}
