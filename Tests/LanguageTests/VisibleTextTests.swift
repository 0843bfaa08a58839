import Language
import TerminalText
import Testing

/// Control characters of names and texts do not reach a terminal.
struct VisibleTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("a\nb\tc", "a\nb\tc"), ("µ é 漢", "µ é 漢"), ("\u{1b}[31mred", "\\u{1b}[31mred"), ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
    ("a\rb", "a\\u{d}b"), ("\u{9b}2J", "\\u{9b}2J"), ("\0\u{7f}", "\\u{0}\\u{7f}"),
  ]) func isWrittenOut(_ text: String, _ seen: String) { #expect(text.visible() == seen) }

  @Test(arguments: [
    ("\u{1b}[38;2;1;2;3m▀\u{1b}[0m", "\u{1b}[38;2;1;2;3m▀\u{1b}[0m"), ("\u{1b}[2J", "\\u{1b}[2J"), ("\u{1b}[", "\\u{1b}["), ("\u{1b}", "\\u{1b}"), ("\u{1b}[3\u{1b}[1m", "\\u{1b}[3\u{1b}[1m"),
  ]) func coloursStay(_ text: String, _ seen: String) { #expect(text.visible(keepsColors: true) == seen) }

  @Test func errorsShowThem() throws {
    let i = try interpreter()
    #expect(shown("fail(\"a\\u{1b}[2J\\u{7}b\")", i).hasPrefix("error: a\\u{1b}[2J\\u{7}b\n"))
    #expect(shown("r = {a: 1}; r[\"\\u{1b}c\"]", i).contains("`\\u{1b}c`"))
    #expect(shown("\"\\u{1b}\"", i) == "\"\\u{1b}\"")
  }

  /// Off a terminal a text is what it is.
  @Test func printedAsItIs() {
    var style = DisplayStyle()
    #expect(Value("\u{1b}[1m").printed(style) == "\u{1b}[1m")
    style.isTerminal = true
    #expect(Value("\u{1b}[1m").printed(style) == "\\u{1b}[1m")
  }

  /// The prompt answers with the lines of a text, and with a text of one line in quotes.
  @Test(arguments: [("a.zarr\n  s0  {x}", "a.zarr\n  s0  {x}"), ("one", "\"one\""), ("\u{1b}[2J\nb", "\\u{1b}[2J\nb")])
  func isEchoed(_ text: String, _ seen: String) { #expect(Value(text).echoed(DisplayStyle()) == seen) }

  /// A record that is wider than the screen is answered with a line a field, which reads back as the record.
  @Test func wideRecordsAreLines() {
    let record = Value.record(Record([("f1", .float(0.5)), ("a name", .string("{x}")), ("list", .list([.int(1), .int(2)]))]))
    #expect(record.echoed(DisplayStyle(width: 60)) == #"{f1: 0.5, "a name": "\{x}", list: [1, 2]}"#)
    #expect(record.echoed(DisplayStyle(width: 30)) == "{\n  f1:       0.5,\n  \"a name\": \"\\{x}\",\n  list:     [1, 2],\n}")
    let long = Value.record(Record((0..<50).map { ("k\($0)", .int($0)) })).echoed(DisplayStyle(width: 30)).split(separator: "\n")
    #expect(long.count == 43 && long[21] == "  … 10 more …")
  }
}
