// What is shown where a statement binds a value.

import Builtins
import Execution
import Language
import TestSupport
import Testing

@Suite struct NameTests {
  /// A group is shown under the name that it gets, in a container and in a file of another program.
  @Test func groupsAreShownUnderTheirNames() throws {
    try withTemporaryDirectory { folder in
      let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
      func shown(_ code: String) -> String {
        var text = ""
        let ending = interpreter.enter(Source(name: "test", text: code)) { value, name in text = value.shown(DisplayStyle(name: name)) }
        return ending.diagnostics.first?.message ?? text
      }
      #expect(shown("save(zeros((4, 4)), \"\(folder)/c.zarr/a\"); g = open(\"\(folder)/c.zarr\")").hasPrefix("g  group \(folder)/c.zarr  1 entry"))
      let file = Repository.root + "/Tests/Fixtures/files/stored.npz"
      #expect(shown("f = open(\"\(file)\")").hasPrefix("f  group \(file)  "))
      #expect(shown("open(\"\(file)\")").hasPrefix("group \(file)  "))
    }
  }
}
