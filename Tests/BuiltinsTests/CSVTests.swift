import Builtins
import Execution
import Language
import Storage
import TestSupport
import Testing

@Suite struct CSVTests {
  private func run(_ code: String) throws -> String? {
    let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
    var shown: String?
    let ending = interpreter.run(Source(name: "csv", text: code)) { shown = $0.shown() }
    if let first = ending.diagnostics.first { return first.message }
    return shown
  }

  private func withFile<R>(_ text: String, _ body: (_ path: String) throws -> R) throws -> R {
    try withTemporaryDirectory { folder in
      let path = folder + "/t.csv"
      try Files.writeAtomically(text, path, sync: false)
      return try body(path)
    }
  }

  /// What other programs write: line ends of Windows and of old Macs, a byte order mark, quotes, empty lines at the end.
  @Test(arguments: [
    ("a,b\r\n1,x\r\n2,y\r\n", "[1, 2]"), ("\u{FEFF}a,b\n1,x\n2,y", "[1, 2]"), ("a,b\r1,x\r2,y\r", "[1, 2]"), ("a,b\n\"1\",x\n2,y\n\n", "[\"1\", 2]"),
    ("a,b\n\"one \"\"two\"\"\",x\n", "[\"one \\\"two\\\"\"]"), ("a,b\n\"two\r\nlines\",x\n", "[\"two\\r\\nlines\"]"), ("a,b\n,x\n1e3,y\n.5,z\n-2,w\n", "[nil, 1000.0, 0.5, -2]"),
    ("a\n340282366920938463463374607431768211456\n", "[\"340282366920938463463374607431768211456\"]"), ("a\n18446744073709551615\n-9223372036854775809\n", "[18446744073709551615, -9223372036854775809]"),
    ("\n\na\n1\n\n2\n", "[1, nil, 2]"), ("\n\na,b\n1,x\n\n2,y\n", "[1, 2]"), ("a\n1_000\n0x10\n1.2.3\n-\n", "[\"1_000\", \"0x10\", \"1.2.3\", \"-\"]"),
  ])
  func readsForeignFiles(text: String, column: String) throws {
    try withFile(text) { path throws in #expect(try run("read_csv(\"\(path)\").a") == column) }
  }

  @Test(arguments: [("a,b\n1\n", "line 2 has 1 cell, the headings have 2"), ("a\n\"open\n", "a quote opened in the row of line 2 is never closed"), ("a,a\n1,2\n", "line 1 names the column `a` twice")])
  func saysWhereAFileIsBroken(text: String, message: String) throws {
    try withFile(text) { path throws in #expect(try run("read_csv(\"\(path)\")") == "\(path): \(message)") }
  }
}
