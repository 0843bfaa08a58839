import Execution
import Language
import Testing

struct ParserTests {
  func findings(_ text: String) throws -> [String] {
    try interpreter().check(Source(name: "t", text: text)).filter { $0.severity == .error }.map { "\($0.site.map { $0.location.dropFirst(2) } ?? "") \($0.message)" }
  }

  @Test func allMistakesOfAScriptAreFound() throws {
    let text = "a = (1 + \nb = 2 2\nif true {\n  c = ]\n  d = 4\n}\nfn f(x { x }\ne = 5 +* 6\n"
    #expect(try findings(text).map { $0.split(separator: " ").first ?? "" } == ["2:3", "4:7", "7:8", "8:8"])
  }

  @Test func nestingIsLimited() throws {
    for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("-", ""), ("not ", ""), ("f(", ")"), ("if true { ", " }"), ("fn() = ", ""), ("2 ** ", ""), ("try ", " else 1"), ("x[", "]")] {
      for depth in [199, 5000, 100_000] {
        let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        let found = try findings("f = 1; x = 1; y = " + text).filter { $0.contains("nested more than 200 deep") }
        #expect(found.count == (depth == 199 ? 0 : 1), "\(open) \(depth)")
      }
    }
  }

  @Test func chainsAreLimited() throws {
    for link in [" + 1", ".a", "[0]", "()", " |> f()", " and true", " ?? 1"] {
      let found = try findings("x = 1; f = 1; y = x" + String(repeating: link, count: 100_000))
      #expect(found.contains { $0.contains("more than 500 operations") }, "\(link)")
    }
    #expect(shown("1" + String(repeating: " + 1", count: 450), try interpreter()) == "451")
    let branches = String(repeating: "else if false { 0 } ", count: 20_000)
    #expect(shown("if false { 1 } \(branches) else { 2 }", try interpreter()) == "2")
  }

  /// Every diagnostic is at most 8 lines and points into its text.
  @Test func diagnosticsFitTheirForm() throws {
    for text in ["x = \"\u{1b}[31m", "\t\ty = z", "a = 'é́́' + b", "\u{feff}x", "y = \"👩‍👩‍👧‍👦\" + w", String(repeating: "a", count: 5000) + " = " + String(repeating: "b", count: 5000) + " + 1"] {
      for finding in try interpreter().check(Source(name: "t", text: text)) {
        let drawn = finding.drawn(DisplayStyle(width: 72))
        let lines = drawn.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 8)
        #expect(!drawn.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(drawn)")
        #expect(lines.filter { $0.contains(" | ") }.allSatisfy { $0.prefix(while: { $0 != "^" }).columns <= 80 }, "\(drawn)")
      }
    }
  }

  @Test(arguments: [("a", 1), ("é", 1), ("e\u{301}", 1), ("細", 2), ("🧫", 2), ("\u{301}", 0), ("👩‍👩‍👧‍👦", 2), ("µ", 1), ("…", 1), ("▀", 1)])
  func widths(_ character: Character, _ columns: Int) { #expect(character.columns == columns) }
}
