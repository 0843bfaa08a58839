import Builtins
import Language
import TestSupport
import Testing

/// Error ids and the files that hold how they look.
@Suite struct GoldenTests {
  /// Each id has a file below Tests/Conformance with the diagnostic as drawn. An interrupt needs a hand on the keyboard: Tests/Program/language.sh.
  @Test func everyErrorHasAGolden() {
    var seen: Set<String> = []
    for path in Repository.scripts("Tests/Conformance") {
      let lines = Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false)
      guard let first = lines.first, first.hasPrefix("#!"), lines.contains(where: { $0.hasPrefix("#| ") }) else { continue }
      let words = first.dropFirst(2).split(separator: " ").filter { $0 != "warning" }
      if let id = words.first { seen.insert(String(id)) }
    }
    for kind in Failure.Kind.allCases where kind != .interrupted { #expect(seen.contains(kind.id), "no golden of \(kind.id), \(kind.rawValue)") }
  }

  /// At most eight lines each, and a caret under what the first line of the excerpt shows.
  @Test func goldensAreShort() {
    for path in Repository.scripts("Tests/Conformance") {
      var count = 0
      for line in Repository.text(path).split(separator: "\n") where line.hasPrefix("#|") {
        let text = line.dropFirst(3)
        count = text.hasPrefix("error:") || text.hasPrefix("warning:") ? 1 : count + 1
        #expect(count <= 8, "\(path): \(line)")
      }
    }
  }

  /// No parameter is called like a keyword, which could not be written before `=`.
  @Test func parametersCanBeNamed() {
    for set in Vocabulary.registry.sets.values {
      for builtin in set.builtins {
        for parameter in builtin.signature.parameters { #expect(!Interpreter.keywords.contains(parameter.name), "\(builtin.name) \(parameter.name)") }
      }
    }
  }
}
