import Execution
import Language
import Testing

/// What `:save` writes: it passes the check, and running it leaves the same values.
@Suite struct SessionTests {
  private func session(_ entries: [String]) throws -> Interpreter {
    let interpreter = try interpreter()
    for entry in entries { _ = interpreter.enter(Source(name: "prompt", text: entry.hasPrefix("|>") ? "_ " + entry : entry)) { _ in } }
    return interpreter
  }

  @Test(arguments: [
    ["x = 2", "x + 1", "_ * 2", "y = _"], ["[3, 1, 2]", "|> sort()", "|> reverse()", "z = _"], ["a = 1; b = a / 0", "c = a"], ["fn f(n) {\n  n * 2\n}", "f(4)", "w = _ + 1"],
    ["treshold(1)", "x = 1"], ["1 / 0", "m = _err.message", "x = 3"], ["x = 5; x + 1; _ + 1", "x"], ["s = \"a # b\"  # comment", "len(s)"], ["1 + 1;", "x = 4", "|> print()"],
    ["while true { break }", "x = 1 == 1", "x == true"], ["41", "print(_)", "_ + 1", "q = _"], ["r = {a: 1}", "r.a = 2", "r.a += 5"], ["7", "7 / 0", "|> string()", "t = _"],
  ])
  func replays(_ entries: [String]) throws {
    let first = try session(entries)
    let text = first.sessionScript(head: ["head"], seed: 7)
    let second = try interpreter()
    #expect(second.check(Source(name: "saved", text: text)).isEmpty, "\(text)")
    let ending = second.run(Source(name: "saved", text: text))
    #expect(ending.diagnostics.isEmpty, "\(text)")
    for name in first.names where !name.hasPrefix("_") && !(entries[0] == "1 / 0" && name == "m") {
      #expect(second.value(of: name)?.written() == first.value(of: name)?.written(), "\(name) of\n\(text)")
    }
    #expect(second.session.seed == 7)
  }

  @Test func aNameWhoseStatementFailedIsUnknown() throws {
    let interpreter = try session(["old = 1", "new = 1 // 0", "old = 1 // 0"])
    #expect(interpreter.enter(Source(name: "prompt", text: "new"), show: { _ in }).diagnostics.map(\.message) == ["unknown name `new`"])
    #expect(interpreter.value(of: "old")?.written() == "1")
  }

  @Test func keepsWhatWasTyped() throws {
    let text = try session(["x = 1   # one", "1 / 0", "fn f(a) {\n  a + x\n}", "[1, 2]", "|> sum()"]).sessionScript(head: ["head"], seed: 0)
    #expect(text == """
      # head
      seed(0)

      x = 1   # one
      # failed: division by zero
      # 1 / 0
      fn f(a) {
        a + x
      }
      [1, 2]
      |> sum()

      # values that nothing above reads
      [f];

      """)
  }

  @Test func whyKnowsTheNamesOfTheFailingFunction() throws {
    let interpreter = try interpreter()
    interpreter.session.keepsNames = true
    let ending = interpreter.enter(Source(name: "prompt", text: "outer = 5\nfn f(a) {\n  b = a - 1\n  c = outer / b\n}\nf(1)")) { _ in }
    guard case .failed(let failure) = ending else { Issue.record("it did not fail"); return }
    let names = interpreter.namesInLine(of: Diagnostic(failure), failure)
    #expect(names.map(\.name) == ["c", "outer", "b"])
    #expect(names.map { $0.value?.written() } == [nil, "5", "0"])
    #expect(failure.trace.map(\.function) == ["f", "script"])
    #expect(failure.trace.map(\.line) == ["c = outer / b", "f(1)"])
  }

  @Test(arguments: [("zebra", "nothing about zebra"), ("length", "len"), ("numbers between", "nothing"), ("sorted", "sort")])
  func search(_ words: String, _ found: String) throws { #expect(try interpreter().search(words, DisplayStyle()).contains(found)) }

  @Test(arguments: [
    ("len", "len("), ("for", "for v in xs"), ("|>", "x |> f(a)"), ("lenn", "did you mean `len`?"), ("r", "fields    lr"), ("double", "Twice as much."), ("double", "double(x, times=2)"), ("pi", "a float"), ("", "TAB"),
    ("r.lr", "an int"), ("nothing_like_it", "no help on"),
  ])
  func help(_ name: String, _ text: String) throws {
    let interpreter = try interpreter()
    _ = interpreter.enter(Source(name: "t", text: "r = {lr: 1}\n## Twice as much.\nfn double(x, times=2) = x * times")) { _ in }
    let page = interpreter.help(on: name, DisplayStyle())
    #expect(page.contains(text), "\(page)")
  }
}
