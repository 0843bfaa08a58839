import Execution
import Language
import Testing

/// A table of fixed columns, whose fields are counted when read.
private struct Sheet: ObjectValue {
  var typeName: String { "table" }
  var fieldNames: [String] { ["iteration", "f1", "voi"] }
  func field(_ name: String, _ context: CallContext) -> Value? { fieldNames.contains(name) ? .list([]) : nil }
  func summary(_ style: DisplayStyle) -> String { "sheet" }
}

/// A container with two arrays and a group.
private struct Box: ObjectValue {
  var typeName: String { "group" }
  var fieldNames: [String] { ["path"] }
  func field(_ name: String, _ context: CallContext) -> Value? { name == "path" ? "c.zarr" : nil }
  func summary(_ style: DisplayStyle) -> String { "box" }
}

private struct World: CompletionSource {
  static let tree = ["c.zarr/", "c.zarr/em/", "c.zarr/em/s0", "c.zarr/em/s1", "c.zarr/labels/", "code.dcs"]
  func paths(beginning path: String) -> [PathEntry] {
    let depth = path.count { $0 == "/" }
    return Self.tree.filter { entry in entry.hasPrefix(path) && entry.dropLast().count { $0 == "/" } == depth }.map { PathEntry($0, isOpen: $0.hasSuffix("/")) }
  }
  var modules: [String] { ["metrics", "post"] }
  var commands: [CommandWord] { [.init("save", .path), .init("set", .words(["seed", "memory"])), .init("time", .expression), .init("vars", .name)] }
}

@Suite struct CompletionTests {
  private static func mustNotRun(_ call: Call) -> Value {
    Issue.record("completion ran `\(call.builtin.name)`")
    return .nil
  }

  private static let words: [Builtin] = [
    Builtin("smooth", "(a: int|float, sigma=1.0, mode: \"reflect|wrap\" = \"reflect\", to: string = nil) -> int", "Smooths.") { call in Self.mustNotRun(call) },
    Builtin("sheet", "() -> table", "A sheet.") { _ in Value(Sheet()) },
    Builtin("box", "() -> group", "A box.") { _ in Value(Box()) },
    Builtin("store", "(t: table, file: string) -> nil", "Keeps.", effect: .writes("file")) { call in Self.mustNotRun(call) },
    Builtin("order", "(t: table, by: string, desc=false) -> table", "Sorts.") { call in Self.mustNotRun(call) },
    Builtin("plot.line", "(t: table) -> nil", "Draws.") { _ in .nil },
    Builtin("plot.bar", "(t: table) -> nil", "Draws.") { _ in .nil },
  ]

  private func make() throws -> Interpreter {
    let interpreter = try interpreter(TestHost(), Self.words)
    let ending = interpreter.enter(Source(name: "t", text: """
      threshold_a = 1; threshold_b = 2; scores = sheet(); g = box(); r = {rate: 1, step: {size: 2}}; p = (1, 2, 3); base = "c.zarr"
      fn double(value, times=2) { fail("completion ran a function") }
      """)) { _ in }
    #expect(ending.diagnostics.isEmpty)
    return interpreter
  }

  /// Typed text, what one TAB inserts, what is offered.
  @Test(arguments: [
    ("thr", "eshold_", ["threshold_a", "threshold_b"]),   // names, as far as they agree
    ("whi", "le", ["while"]), ("1 + threshold_b", "", ["threshold_b"]),
    ("r.", "", ["rate", "step"]), ("r.step.", "size", ["size"]), ("p.", "", ["x", "y", "z"]), ("scores.f", "1", ["f1"]), ("plot.", "", ["bar", "line"]), ("r[\"step\"].s", "ize", ["size"]),
    ("smooth(1, s", "", ["sigma=", "smooth", "split", "sqrt", "string"]), ("smooth(1, si", "gma=", ["sigma="]), ("smooth(1, sigma=2, ", "", ["mode=", "to="]),
    ("smooth(sigma=1, ", "", ["a=", "mode=", "to=", "threshold_a", "threshold_b"]), ("1 |> smooth(", "", ["sigma=", "mode=", "to=", "threshold_a", "threshold_b"]), ("double(t", "", nil),
    ("double(", "", ["value=", "times="]), ("double(1, ", "times=", ["times="]), ("print(smooth(2, mo", "de=", nil),
    ("smooth(1, mode=\"", "", ["reflect", "wrap"]), ("smooth(1, mode=\"w", "rap\"", ["wrap"]), ("smooth(1, mode=", "\"", ["\"reflect\"", "\"wrap\""]), ("smooth(1, mode='re", "flect'", ["reflect"]),
    ("order(scores, desc=", "", ["true", "false"]),
    ("order(scores, by=\"", "", ["iteration", "f1", "voi"]), ("scores |> order(by=\"v", "oi\"", ["voi"]), ("order(order(scores, \"f1\"), \"it", "eration\"", ["iteration"]), ("scores[\"f", "1\"", ["f1"]),
    ("r[\"ra", "te\"", ["rate"]), ("store(scores, \"co", "de.dcs\"", ["code.dcs"]), ("store(scores, file=", "base", ["base"]),
    ("scores |> or", "der(", ["order"]), ("scores |> smo", "", []), ("1 |> smo", "oth(", ["smooth"]), ("smooth(1) |> dou", "ble(", ["double"]), ("|> dou", "ble(", ["double"]),
    ("x = scores\n  |> order(by=\"f1\")\n  |> or", "der(", ["order"]),
    ("open_it(\"c", "", ["c.zarr/", "code.dcs"]), ("x = \"c.z", "arr/", ["c.zarr/"]), ("x = \"c.zarr/e", "m/", ["c.zarr/em/"]), ("x = 'c.zarr/em/", "s", ["c.zarr/em/s0", "c.zarr/em/s1"]),
    ("x = \"co", "de.dcs\"", ["code.dcs"]), ("x = \"{base}/em/s1", "\"", ["{base}/em/s1"]), ("g[\"la", "bels/", ["labels/"]), ("g[\"em/", "s", ["em/s0", "em/s1"]),
    ("print(\"{thr", "eshold_", nil), ("\"{r.st", "ep", ["step"]), ("smooth(1, to=\"c.zarr/l", "abels/", nil),
    ("import me", "trics", ["metrics"]), (":s", "", ["save", "set"]), (":sa", "ve ", ["save"]), (":set m", "emory", ["memory"]), (":save co", "de.dcs", ["code.dcs"]), (":time thr", "eshold_", nil),
    ("?smo", "oth", ["smooth"]), ("?plot.l", "ine", ["line"]), ("# thr", "", []), ("\"closed\"", "", []), ("12", "", []), ("fn dou", "", []), ("", "", nil),
    ("if threshold_a > 0 { r.", "", ["rate", "step"]), ("fn f(a) { smooth(a, mo", "de=", ["mode="]), ("((((", "", nil), ("]]]) thr", "eshold_", nil), ("x = [1, \"\n", "", nil),
  ] as [(String, String, [String]?)])
  func offers(_ text: String, _ insertion: String, _ offered: [String]?) throws {
    let completion = try make().completion(of: text, from: World())
    #expect(completion.insertion == insertion, "after `\(text)`: \(completion)")
    guard let offered else { return }
    let all = completion.candidates.map(\.text)
    // of the whole vocabulary some
    if text == "smooth(1, s" { #expect(all.filter(offered.contains) == offered && all.allSatisfy { $0.hasPrefix("s") }, "\(all)") } else { #expect(all == offered, "after `\(text)`") }
  }

  @Test func quotesAreNotClosedTwice() throws {
    let completion = try make().completion(of: "smooth(1, mode=\"w", after: "\")", from: World())
    #expect(completion.insertion == "rap")
  }

  /// Whatever is typed, at any cursor, what comes back begins with what is there; inside a word that is known, that word is among it.
  @Test func everyPlaceOfAScript() throws {
    let interpreter = try make()
    let text = Array("""
      fn f(a, k=[1, {x: "q{r.rate}"}]) { if a > 2nm { return smooth(a, mode="wrap") } else { scores["f1"] } } # end
      x = try open("c.zarr/em") else nil; x[0:end, z=3].shape.z ?? (1, 2)um |> double(times=-3 ** 2)
      """)
    var inside = 0
    for end in 0...text.count {
      let completion = interpreter.completion(of: String(text[..<end]), from: World())
      for candidate in completion.candidates { #expect(candidate.text.hasPrefix(completion.typed)) }
      let typed = String(text[..<end].reversed().prefix { $0.isLetter }.reversed()), word = typed + String(text[end...].prefix { $0.isLetter })
      guard !typed.isEmpty, ["smooth", "scores", "double", "mode", "return", "rate", "times"].contains(word), end < text.count else { continue }
      inside += 1
      #expect(completion.candidates.contains { $0.text.hasPrefix(word) }, "after `\(String(text[..<end]))`: \(completion)")
    }
    #expect(inside > 20)
  }
}
