import Builtins
import Execution
import Language
import TestSupport
import Testing

@Suite struct ArrayWordTests {
  private func shown(_ code: String) throws -> String {
    let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
    var last = ""
    let ending = interpreter.run(Source(name: "test", text: code)) { last = $0.shown() }
    if case .completed = ending { return last }
    return ending.diagnostics.first?.message ?? "?"
  }

  @Test(arguments: [
    ("a = arange(6); a[2]", "2"),
    ("a = arange(6); sum(a[1:4])", "6"),
    ("a = arange(6); sum(a[::2])", "6"),
    ("a = arange(6); a[::-1][0]", "5"),
    ("a = arange(6); a[5:2:-1][2]", "3"),
    ("a = arange(6); a[end-1]", "5"),
    ("a = arange(6); b = a; b[0] = 9; a[0]", "0"),
    ("a = zeros((2, 3)); a[y=1, x=2] = 5; a[1, 2]", "5.0"),
    ("a = zeros((4, 4), voxel=4nm); a[4nm:12nm].shape", "(2, 4)"),
    ("a = zeros((4, 4), voxel=4nm); a[roi((4, 0)nm, (8, 16)nm)].offset", "(4, 0) nm"),
    ("(zeros((2, 3), uint8) + 300).dtype", "\"int32\""),
    ("len(zeros((3, 4)))", "3"),
    ("s = 0; for row in ones((3, 4)) { s += sum(row) }; s", "12.0"),
    ("same(cast(arange(3), uint8) * 200, arange(3) * 200)", "true"),
  ])
  func means(code: String, expected: String) throws { #expect(try shown(code) == expected, "\(code)") }

  @Test(arguments: [
    ("a = arange(6); a[6]", "outside"), ("a = arange(6); a[-1]", "outside"), ("a = arange(6); a[2:9]", "outside"), ("a = arange(6); a[z=1]", "no axis"),
    ("a = arange(6); if a > 2 { 1 }", "truth values"), ("a = cast(arange(3), uint8); a[0] = 300", "does not fit"), ("zeros((10**9, 10**9))", "budget"),
    ("a = zeros((4, 4), voxel=4nm); a[3nm:5] ", "mixes"), ("cast(arange(300), uint8)", "do not fit"),
  ])
  func refuses(code: String, words: String) throws {
    let message = try shown(code)
    #expect(message.contains(words), "\(code): \(message)")
  }

  @Test func savesAndOpensAgain() throws {
    let shown = shown
    try withTemporaryDirectory { (folder: String) throws in
      let code = "a = cast(arange(1000), uint16); save(a, \"\(folder)/x.zarr/a\"); save(a > 500, \"\(folder)/x.zarr/m\"); b = open(\"\(folder)/x.zarr/a\"); [same(a, b), count(open(\"\(folder)/x.zarr/m\"))]"
      let found = try shown(code)
      #expect(found == "[true, 499]")
    }
  }
}
