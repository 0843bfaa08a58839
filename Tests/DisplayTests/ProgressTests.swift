import Display
import Execution
import Synchronization
import TerminalText
import Testing

/// Progress against a clock that the test turns.
@Suite struct ProgressTests {
  private final class Log: Sendable {
    private let state = Mutex((seconds: 0.0, text: ""))
    var now: Double { state.withLock(\.seconds) }
    var text: String { state.withLock(\.text) }
    func wait(_ seconds: Double) { state.withLock { $0.seconds += seconds } }
    func write(_ text: String) { state.withLock { $0.text += text } }
    func bar(isTerminal: Bool) -> ProgressBar { ProgressBar(style: Style(width: 120, color: false), isTerminal: isTerminal, clock: { self.now }, write: { self.write($0) }) }
  }

  /// A job of ten minutes that reports a hundred times a second, in one statement or in hundreds, one after the other or in turns: well below 20 kB, and not silent.
  @Test(arguments: [1, 3, 300], [false, true]) func tenMinutesOffATerminal(statements: Int, inTurns: Bool) {
    let log = Log(), bar = log.bar(isTerminal: false), reports = 60_000, each = reports / statements
    for report in 0..<reports {
      let statement = inTurns ? report / 200 % statements : report / each, done = inTurns ? report / statements : report % each
      bar.report(ProgressUpdate(
        "predict to out.zarr/prediction\(statement)", done: Int64(done), total: Int64(each), unit: "blocks", note: "loss 0.041", curve: (0..<50).map { Double($0) }))
      if !inTurns, report % each == each - 1 { bar.finish("predict to out.zarr/prediction\(statement)") }
      log.wait(0.01)
    }
    let lines = log.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(log.text.utf8.count < 20_000)
    #expect(lines.count >= 15 && lines.count <= 20, "\(lines.count) lines")
    #expect(lines.allSatisfy { $0.columns < 120 && !$0.unicodeScalars.contains("\u{1B}") && !$0.contains("\r") })
  }

  /// What is done within a second shows nothing, on a terminal and off it.
  @Test(arguments: [false, true]) func shortWorkIsSilent(isTerminal: Bool) {
    let log = Log(), bar = log.bar(isTerminal: isTerminal)
    log.wait(100)
    for piece in 0..<99 {
      bar.report(ProgressUpdate("save", done: Int64(piece), total: 99, unit: "chunks"))
      log.wait(0.01)
    }
    bar.finish("save")
    #expect(log.text == "")
  }

  /// The name of a file or of a function does not move the cursor.
  @Test func controlCharactersAreWrittenOut() {
    let log = Log(), bar = log.bar(isTerminal: false)
    for done in 0..<40 {
      bar.report(ProgressUpdate("copy a\u{1b}[2J\nb", done: Int64(done), total: 100, unit: "chunks", note: "c\r"))
      log.wait(1)
    }
    bar.say("d\u{7}")
    #expect(log.text.contains("copy a\\u{1b}[2J\\u{a}b") && log.text.contains("c\\u{d}") && log.text.hasSuffix("d\\u{7}\n"), "\(log.text)")
  }

  /// A terminal's line is drawn over itself ten times a second, and goes at the end.
  @Test func onATerminal() {
    let log = Log(), bar = log.bar(isTerminal: true)
    for piece in 0...300 {
      bar.report(ProgressUpdate("save", done: Int64(piece), total: 300, unit: "chunks"))
      log.wait(0.01)
    }
    bar.finish("save")
    let draws = log.text.split(separator: "\r", omittingEmptySubsequences: false)
    #expect((18...24).contains(draws.count), "\(draws.count) draws")
    #expect(draws.last == "\u{1B}[K" && draws.dropLast().last?.contains("chunks") == true && !log.text.contains("\n"))
  }
}
