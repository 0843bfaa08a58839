import Execution
import Language
import Synchronization
import Testing

/// Counts the copies that assignments make of it.
private struct Cell: ObjectValue {
  final class Storage: Sendable { let value: Int; init(_ value: Int) { self.value = value } }
  var storage: [Int]
  var lazy = false
  static let settlings = Mutex<[String]>([])

  var typeName: String { "cell" }
  var fieldNames: [String] { ["first"] }
  func field(_ name: String, _ context: CallContext) -> Value? { name == "first" ? .int(storage[0]) : nil }
  func summary(_ style: DisplayStyle) -> String { "cell \(storage)" }
  var isSettled: Bool { !lazy }
  func settled(_ reason: SettleReason, _ context: CallContext) -> Value {
    Self.settlings.withLock { $0.append("\(reason)") }
    return Value(Cell(storage: storage))
  }
  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    guard case .at(.int(let i)) = indices[0].selector, storage.indices.contains(i) else { throw Failure(.index, "outside") }
    return .int(storage[i])
  }
  func axisLength(_ position: Int, name: String?, of count: Int) -> Int? { name == nil || name == "x" ? storage.count : nil }
  mutating func assign(_ value: Value, at indices: [IndexArgument], _ context: CallContext) throws {
    guard case .at(.int(let i)) = indices[0].selector, case .int(let v) = value else { throw Failure(.type, "ints only") }
    storage[i] = v
  }
  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) -> Value? {
    guard operation == .add, case .int(let n) = other else { return nil }
    return Value(Cell(storage: storage.map { $0 + n }, lazy: true))
  }
  var conditionAdvice: String? { "2 truth values; use any(…) or all(…)" }
}

struct EvaluatorTests {
  static let cell = Builtin("cell", "(n: int)", "A cell of n zeros.") { call in Value(Cell(storage: Array(repeating: 0, count: try call.int("n")))) }
  static let first = Builtin("first", "(c: cell) -> int", "Its first.") { call in .int(try call.object("c", as: Cell.self).storage[0]) }
  static let streamed = Builtin("streamed", "(c: cell) -> bool", "Whether it came unsettled.", streams: ["c"]) { call in
    .bool(try !call.object("c", as: Cell.self).isSettled)
  }
  static let spread = Builtin("spread", "(f: fn, n: int) -> list", "f(0) … f(n-1), from all threads.") { call in
    let f = try call.function("f").frozen()
    let results = Mutex<[Int: Value]>([:])
    try call.execution.pool.forEach(try call.int("n")) { item, _ in
      let value = try call.invoke(f, .int(item))
      results.withLock { $0[item] = value }
    }
    return .list(results.withLock { r in r.keys.sorted().compactMap { r[$0] } })
  }

  func make(_ threads: Int = 1) throws -> Interpreter {
    try interpreter(TestHost(), [Self.cell, Self.first, Self.streamed, Self.spread], execution: execution(threads: threads))
  }

  @Test(arguments: [
    ("c = cell(2); c.first", "0"), ("c = cell(2); c[end-1]", "0"), ("c = cell(2); c[1] = 5; c[1]", "5"), ("c = cell(2); d = c; d[0] = 1; [c[0], d[0]]", "[0, 1]"),
    ("c = cell(2); c[0] += 3; c[0] += 4; c[0]", "7"), ("c = cell(2); r = {c: c}; r.c[1] = 2; [r.c[1], c[1]]", "[2, 0]"), ("first(cell(1) + 4)", "4"),
    ("streamed(cell(1) + 4)", "true"), ("c = cell(1) + 1; streamed(c)", "false"), ("(cell(1) + 1) + 2", "cell [3]"), ("c = cell(3); c[x=end-1]", "0"),
    ("fn f(b) = b + 1\nstreamed(f(cell(1)))", "true"), ("first(nil ?? cell(1))", "0"),
  ])
  func objects(_ code: String, _ expected: String) throws { #expect(shown(code, try make()) == expected) }

  @Test(arguments: [
    ("if cell(2) { 1 }", "2 truth values; use any(…) or all(…)"), ("cell(2) * 2", "cannot multiply a cell and an int"), ("cell(2).frist", "a cell has no field `frist`"),
    ("cell(2)[5]", "outside"), ("first(3)", "`c` of `first` must be a cell, not an int"), ("len(cell(1))", "a cell has no length"),
    ("cell(2)[y=end-1]", "a cell has no axis `y`"), ("for i in cell(1) { i }", "cannot loop over a cell"), ("cell(1) < cell(2)", "cannot order a cell and a cell with <"),
  ])
  func objectErrors(_ code: String, _ message: String) throws {
    let text = shown(code, try make())
    #expect(text.hasPrefix("error: \(message)\n"), "\(text)")
  }

  @Test func functionsRunOnSeveralThreads() throws {
    let i = try make(4)
    let code = "k = 3\nfn g(x) = x * k\nfn f(x) { s = 0; for j in 0..100 { s += g(x) }; s }\nspread(f, 50)"
    #expect(shown(code, i) == shown("map(0..50, fn(x) = 300 * x)", i))
    // an error on another thread comes back with its place
    #expect(shown("spread(fn(x) = 1 // (x - 7), 50)", i).hasPrefix("error: division by zero\n  t.dcs:1:18"))
  }

  @Test func frozenFunctionsKeepTheirNames() throws {
    let i = try make()
    _ = shown("k = 3\nfn g(x) = x * k\nfn f(x) = g(x) + 1\nk2 = [f]", i)
    guard case .function(let f)? = i.value(of: "f") else { Issue.record("no f"); return }
    let frozen = f.frozen()
    _ = shown("k = 100\nfn g(x) = 0", i)
    #expect(try i.context.invoke(frozen, [2]).shown() == "7")
    #expect(try i.context.invoke(f, [2]).shown() == "1")
  }

  @Test func interruptStopsLoopsAndCatchSeesIt() throws {
    for code in ["while true { }", "fn f() = f2()\nfn f2() { while true { x = 1 } }\nf()", "for i in 0..1000000000000 { i }", "map(0..1000000, fn(x) { while true { } })"] {
      let cancellation = Cancellation()
      let i = try interpreter(TestHost(), execution: execution(cancellation))
      cancellation.cancel()
      guard case .interrupted = i.run(Source(name: "t", text: code)) else { Issue.record("\(code) was not interrupted"); continue }
    }
    let cancellation = Cancellation(), host = TestHost()
    let stop = Builtin("stop", "()", "Cancels.") { call in
      call.execution.cancellation.cancel()
      return .nil
    }
    let i = try interpreter(host, [stop], execution: execution(cancellation))
    let text = "try { stop(); while true { } } catch e { for k in 0..3 { print(e.kind) } }\nprint(\"not reached\")"
    guard case .interrupted = i.run(Source(name: "t", text: text)) else { Issue.record("not raised again"); return }
    #expect(host.output == "interrupted\ninterrupted\ninterrupted\n")
    cancellation.reset()
    guard case .interrupted = i.run(Source(name: "t", text: "x = try { stop(); while true { } } catch e { 1 }")) else { Issue.record("swallowed"); return }
    cancellation.reset()
    guard case .interrupted = i.run(Source(name: "t", text: "fn spin() { stop(); while true { } }\nx = try spin() else 3\nprint(x)")) else { Issue.record("else took it"); return }
  }

  @Test func exitPassesEveryCatch() throws {
    let i = try make()
    guard case .exit(3) = i.run(Source(name: "t", text: "try { exit(3) } catch e { 1 }")) else { Issue.record("caught"); return }
    guard case .exit(4) = i.run(Source(name: "t", text: "x = try exit(4) else 1\nprint(x)")) else { Issue.record("caught"); return }
  }

  @Test func deepRecursionIsAnError() throws {
    for code in ["fn f(n) = 1 + f(n + 1)\nf(0)", "fn f(n) = map([n], f)\nf(0)", "fn f(n) { if true { if true { [f(n)] } } }\nf(1)"] {
      let text = shown(code, try make())
      #expect(text.contains("nested too deep"), "\(text)")
    }
    #expect(shown("fn f(n) = if n == 0 { 0 } else { 1 + f(n - 1) }\nf(1500)", try make()) == "1500")
  }

  @Test func modulesRunOnceAndKeepTheirNames() throws {
    let host = TestHost(modules: [
      "prelude": "fn twice(x) = x * 2\n", "tools": "print(\"loaded\")\nk = 5\n## Adds k.\nfn add(x) = x + k\n_hidden = 1\n", "a.dcs": "import tools\nfn g(x) = tools.add(x)\n",
      "loop": "import loop\n", "broken": "x = \n",
    ])
    let i = try interpreter(host)
    #expect(shown("import tools\nimport \"a.dcs\" as a\ntools.k = 3", i).contains("error"))
    #expect(shown("import tools\nimport \"a.dcs\" as a\n[tools.add(1), a.g(2), twice(4)]", i) == "[6, 7, 8]")
    #expect(host.output == "loaded\n")
    #expect(shown("tools._hidden", i).hasPrefix("error: a module has no field `_hidden`"))
    #expect(shown("import loop", i).contains("imports itself"))
    #expect(shown("import broken", i).contains("error: the module `broken` cannot be read"))
    #expect(shown("import nowhere", i).hasPrefix("error: there is no module `nowhere`"))
    #expect(shown("tools.add", i) == "fn add(x)\n  Adds k.")
    #expect(shown("twice = 3\ntwice", i) == "3")
  }

  @Test func sessionsKeepNamesAndErrors() throws {
    let i = try make()
    _ = shown("x = 4", i)
    #expect(shown("x + 1", i) == "5")
    #expect(shown("_ * 2", i) == "10")
    #expect(shown("fn f() = later(1)", i) == "nothing")
    #expect(shown("f()", i).hasPrefix("error: unknown name `later`"))
    #expect(shown("_err.kind", i) == "\"name\"")
    #expect(shown("fn later(x) = x + 1\nf()", i) == "2")
    #expect(i.names.contains("x"))
  }

  @Test(arguments: [
    ("f(1,", false), ("if x {", false), ("x = ", false), ("1 +", false), ("{a: 1,", false), ("fn f(x) {\n  x", false), ("\"abc", true), ("1 + 2", true), ("if x { 1 }", true),
    ("", true), ("# note", true), ("x |>", false), ("for i in", false), ("a b", true), (")", true), ("try open(p)", false), ("x = [1,\n2]", true), ("not", false), ("try {", false),
    // About what has been read: no further line mends it.
    ("a |> label", true), ("x = 8nn", true), ("0x", true), ("a[]", true), ("()", true), ("1 < 2 < 3", true), ("\"{1:q}\"", true),
  ])
  func completeness(_ text: String, _ isComplete: Bool) { #expect(Interpreter.isComplete(text) == isComplete) }

  /// What more lines cannot make right.
  @Test(arguments: [("fn h(a) { b = = a", Interpreter.Completeness.wrong), ("f((((", .needsMore), ("if x { 1 } else {", .needsMore), ("b = = a", .complete)])
  func mistakesBeforeTheEnd(_ text: String, _ expected: Interpreter.Completeness) { #expect(Interpreter.completeness(text) == expected) }

  /// Stopped work leaves its error like failed work.
  @Test func anInterruptionIsTheLastError() throws {
    let cancellation = Cancellation(), i = try interpreter(execution: execution(cancellation))
    _ = shown("1 / 0", i)
    cancellation.cancel()
    guard case .interrupted = i.enter(Source(name: "t", text: "while true { }"), show: { (_: Value) in }) else { Issue.record("it went on"); return }
    cancellation.reset()
    #expect(shown("_err.kind", i) == "\"interrupted\"")
  }

  @Test func overloadsAreChosenByType() throws {
    let forms = [
      Builtin("size", "(c: cell)", "Of a cell.") { _ in "cell" }, Builtin("size", "(s: string, wide=false)", "Of a string.") { _ in "string" },
      Builtin("size", "(a: int, b: int)", "Of two.") { _ in "two" },
    ]
    let i = try interpreter(TestHost(), [Self.cell] + forms)
    #expect(shown("[size(cell(1)), size(\"a\"), size(1, 2), size(\"a\", wide=true)]", i) == "[\"cell\", \"string\", \"two\", \"string\"]")
    #expect(shown("size(1.5)", i).hasPrefix("error: `size` takes a cell or a string or an int, not a float") || shown("size(1.5)", i).hasPrefix("error: `size` takes a cell, a string or an int, not a float"))
    #expect(shown("size(1, \"a\")", i).hasPrefix("error: `b` of `size` must be an int, not a string"))
    #expect(shown("size(\"a\", tall=true)", i).hasPrefix("error: `size` has no argument `tall`"))
  }
}
