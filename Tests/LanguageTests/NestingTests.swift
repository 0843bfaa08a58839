import Language
import Testing

/// Values that hold each other, level by level: an error with a place long before the native stack ends.
struct NestingTests {
  @Test(arguments: [
    "x = []\nfor i in 0..100_000 { x = [x] }", "x = nil\nfor i in 0..100_000 { x = {next: x} }", "x = [0]\nfor i in 0..100_000 { x[0] = x }", "x = {}\nfor i in 0..100_000 { x.a = x }",
    "x = []\nfor i in 0..100_000 { x = map([x], fn(v) = v) }", "x = []\nfor i in 0..100_000 { x = [x, [x], {a: x}] }", "fn f() { p = nil; for i in 0..100_000 { q = p; p = fn() = q }; p }\nf()",
  ])
  func chainsEnd(_ text: String) throws {
    let i = try interpreter(), ending = i.enter(Source(name: "t.dcs", text: text)) { _ in }
    let diagnostic = try #require(ending.diagnostics.first)
    #expect(diagnostic.message == "values are nested more than 1,000 deep")
    #expect(diagnostic.site != nil)
    // what is left can be shown, compared, and let go
    #expect(shown("x == x", i) == "true" || text.hasPrefix("fn"))
    #expect(!shown("x", i).hasPrefix("error") || text.hasPrefix("fn"))
    #expect(shown("x = 1; x", i) == "1")
  }

  /// Growing at the prompt, a little in each statement, is counted too.
  @Test func chainsOfManyStatementsEnd() throws {
    let i = try interpreter()
    #expect(shown("x = []", i) == "nothing")
    let endings = (0..<40).map { _ in shown("for k in 0..100 { x = [x] }", i) }
    #expect(endings.contains { $0.contains("nested more than 1,000 deep") })
  }

  /// What people build is not touched by it: many rows, a few levels.
  @Test func wideIsNotDeep() throws {
    let i = try interpreter()
    #expect(shown("rows = []\nfor k in 0..20_000 { rows += [{id: k, box: [[k, k + 1], [k]], more: {a: [k]}}] }\nlen(rows)", i) == "20000")
    #expect(shown("a = [rows, rows]; b = {x: a, y: a}; len(b.x[1])", i) == "20000")
  }

  /// Lists that share what they hold have more paths than there is time.
  @Test func sharedListsCompareAndPrint() throws {
    let i = try interpreter()
    #expect(shown("x = []\ny = []\nfor k in 0..60 { x = [x, x]; y = [y, y] }\nx == y", i) == "true")
    #expect(shown("x", i).utf8.count < 300_000)
    #expect(shown("[x] != [y, 1]", i) == "true")
  }
}
