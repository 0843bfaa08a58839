import Language
import TestSupport
import Testing

/// What is printed parses to the same tree.
struct PrinterTests {
  @Test(arguments: Repository.scripts("scripts") + Repository.scripts("stdlib"))
  func script(_ path: String) throws {
    let reprinted = try #require(Interpreter.reprinted(Source(name: path, text: Repository.text(path))))
    #expect(reprinted.isSame, "\(reprinted.text)")
  }

  @Test func linesOfConformance() {
    var count = 0
    for path in Repository.scripts("Tests/Conformance") {
      for line in Repository.text(path).split(separator: "\n") {
        guard let reprinted = Interpreter.reprinted(Source(name: path, text: String(line))) else { continue }
        #expect(reprinted.isSame, "\(line)\n\(reprinted.text)")
        count += 1
      }
    }
    #expect(count > 1000)
  }

  /// Parentheses where the tree needs them and nowhere else; every literal as it was meant.
  @Test(arguments: [
    ("a-(b-c)", "a - (b - c)"), ("(a-b)-c", "a - b - c"), ("a**(b**c)", "a ** b ** c"), ("(a**b)**c", "(a ** b) ** c"), ("-(a**2)", "-a ** 2"), ("(-a)**2", "(-a) ** 2"),
    ("not (a and b)", "not (a and b)"), ("(not a) and b", "not a and b"), ("(a|b)&c", "(a | b) & c"), ("(a<b)==c", "(a < b) == c"), ("(a|>f())??b", "(a |> f()) ?? b"),
    ("a|>f(1)|>g()", "a |> f(1) |> g()"), ("(fn(x)=x+1)(2)", "(fn(x) = x + 1)(2)"), ("try (if a {b}) else c", "try (if a {\n  b\n}) else c"), ("try ({a:1}) else c", "try ({a: 1}) else c"),
    ("(1..3).end", "(1..3).end"), ("1+(2..3)", "1 + (2..3)"), ("a[1:,::2,z=end-1]", "a[1:, ::2, z=end - 1]"), ("(1,)", "(1,)"), ("(4)um", "(4)um"), ("1.5KiB", "1.5KiB"), ("0.25min", "15s"),
    ("4.56um", "4560nm"), ("0.125nm", "0.125nm"), ("'it {x}'", "\"it \\{x}\""), ("\"{f('a}')}:{y:.2f}\"", "\"{f('a}')}:{y:.2f}\""), ("{'a b':1,if:2}", "{\"a b\": 1, if: 2}"),
    ("\"{a}\u{301}\"", "\"{a}\u{301}\""),
  ])
  func form(_ text: String, _ expected: String) throws {
    let reprinted = try #require(Interpreter.reprinted(Source(name: "t", text: text)))
    #expect(reprinted.isSame)
    #expect(reprinted.text == expected + "\n")
  }

  /// The comparison of trees can fail.
  @Test(arguments: [("a - b - c", "a - (b - c)"), ("f(a=1)", "f(1)"), ("a;", "a"), ("x[1:]", "x[1]"), ("1.0", "1"), ("1nm", "1s"), ("a |> f()", "f(a)"), ("{a: 1}", "{b: 1}"), ("fn(x) = x", "fn(y) = y")])
  func treesDiffer(_ a: String, _ b: String) { #expect(!Interpreter.areSame(Source(name: "a", text: a), Source(name: "b", text: b))) }
}
