import Builtins
import Execution
import Language
import Storage
import TestSupport
import Testing

/// What save writes of records and lists: every value, as JSON or as the text that shows it.
@Suite struct JSONTests {
  @Test(arguments: [
    ("{a: [18446744073709551616, 1]}", "{\"a\":[\"18446744073709551616\",1]}"), ("[18446744073709551615, -9223372036854775809]", "[18446744073709551615,\"-9223372036854775809\"]"),
    ("{a: 18446744073709551616, b: nil}", "{\"a\":\"18446744073709551616\",\"b\":null}"), ("[8nm, 1.5, true, (1, 2)]", "[\"8 nm\",1.5,true,\"(1, 2)\"]"),
  ])
  func nothingIsLost(code: String, json: String) throws {
    try withTemporaryDirectory { folder in
      let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
      #expect(interpreter.run(Source(name: "json", text: "save(\(code), \"\(folder)/j.json\")")) { _ in }.diagnostics.isEmpty)
      #expect(try JSON(parsing: try Files.read("\(folder)/j.json")).compact == json)
    }
  }
}
