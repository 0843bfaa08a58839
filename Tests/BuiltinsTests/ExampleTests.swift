import Builtins
import Execution
import Language
import Testing

/// A host without a world: what is printed is dropped.
struct SilentHost: Host {
  func write(_ text: String) {}
}

@Suite struct ExampleTests {
  /// Every example of every word runs and shows what it says.
  @Test func examplesAreTrue() throws {
    let execution = ExecutionContext(pool: ThreadPool(threads: 2))
    var count = 0
    for set in Vocabulary.registry.sets.values.sorted(by: { $0.name < $1.name }) {
      for builtin in set.builtins {
        for example in builtin.examples {
          let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: execution)
          var shown: String?
          let ending = interpreter.run(Source(name: builtin.name, text: example.code)) { shown = $0.shown() }
          guard case .completed = ending else {
            Issue.record("\(example.code): \(ending.diagnostics.map { $0.drawn() }.joined(separator: "\n"))")
            continue
          }
          if let expected = example.prints { #expect(shown == expected, "\(example.code)") }
          count += 1
        }
      }
    }
    #expect(count > 60)
  }

  /// Every signature parses: its parameters have types that exist, and its summary is one sentence.
  @Test func declarationsAreWhole() {
    for set in Vocabulary.registry.sets.values {
      for builtin in set.builtins {
        #expect(builtin.summary.hasSuffix("."), "\(builtin.name)")
        #expect(Set(builtin.signature.parameters.map(\.name)).count == builtin.signature.parameters.count, "\(builtin.name)")
        for stream in builtin.streams { #expect(builtin.signature.parameters.contains { $0.name == stream }, "\(builtin.name) \(stream)") }
      }
    }
  }
}
