// Every file below Tests/Conformance, with the whole vocabulary and the stdlib, each in an empty folder of its own.

import Builtins
import Execution
import Glibc
import Language
import TestSupport
import Testing

@Suite(.serialized) struct ConformanceTests {
  /// One test, because the working directory belongs to the process.
  @Test func filesHold() throws {
    let paths = Repository.scripts("Tests/Conformance")
    #expect(paths.count >= 15)
    var here = [CChar](repeating: 0, count: 4096)
    try #require(getcwd(&here, here.count) != nil)
    defer { _ = chdir(here) }
    for path in paths {
      let name = path.split(separator: "/").last.map(String.init) ?? path, text = Repository.text(path)
      let results = try withTemporaryDirectory { folder in
        try #require(chdir(folder) == 0)
        defer { _ = chdir(here) }
        return Conformance.run(text, name: name, host: RepositoryHost()) { host in
          try Interpreter(registry: Vocabulary.registry, host: host, execution: ExecutionContext(pool: ThreadPool(threads: 2)))
        }
      }
      #expect(!results.isEmpty, "\(path) expects nothing")
      for result in results {
        #expect(result.passed, "\(path):\(result.line): \(result.code)\n  expected: \(result.expected)\n  actual:   \(result.actual)")
      }
    }
  }
}

/// Silent, with the modules of the source tree's stdlib.
struct RepositoryHost: Host {
  func write(_ text: String) {}
  func load(_ module: ModuleReference) throws -> ModuleText? {
    guard case .name(let name) = module else { return nil }
    let text = Repository.text("stdlib/\(name).dcs")
    return text.isEmpty ? nil : ModuleText(name: "\(name).dcs", text: text, isLibrary: true)
  }
}
