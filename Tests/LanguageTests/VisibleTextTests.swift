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
}
