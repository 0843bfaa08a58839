import Builtins
import Execution
import Language
import TerminalText
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

  /// Each caret stands under the column that the location names: wide characters take two, a tab is drawn as two blanks.
  @Test func caretsStandUnderTheirColumns() throws {
    var count = 0
    for path in Repository.scripts("Tests/Conformance") {
      let lines = Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false)
      let golden = lines.filter { $0.hasPrefix("#| ") }.map { $0.dropFirst(3) }
      for (place, (excerpt, marks)) in zip(golden, zip(golden.dropFirst(), golden.dropFirst(2))) {
        // "  calls.dcs:10:17"; a line too long for the screen is cut
        let parts = place.split(separator: ":")
        guard place.hasPrefix("  "), parts.count == 3, path.hasSuffix("/" + parts[0].dropFirst(2)), let line = Int(parts[1]), let column = Int(parts[2]), !excerpt.contains("…") else { continue }
        let before = lines[line - 1].prefix(column - 1).reduce(0) { $0 + ($1 == "\t" ? 2 : max($1.columns, $1.unicodeScalars.contains(where: \.isControl) ? 1 : 0)) }
        let bar = try #require(marks.firstIndex(of: "|"), "\(path): \(marks)"), caret = try #require(marks.firstIndex(of: "^"), "\(path): \(marks)")
        #expect(marks.distance(from: bar, to: caret) == before + 2, "\(path): \(marks)")
        count += 1
      }
    }
    #expect(count > 60, "only \(count) goldens were found")
  }

  /// On a terminal a label that is wider than the screen goes on below its caret; all of its words are there.
  @Test func labelsFitTheScreen() throws {
    let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: 1)))
    let finding = try #require(interpreter.check(Source(name: "t.dcs", text: "x = blockwise(fn(b) = b, zeros((4, 4)), contex=64nm)")).first)
    let whole = finding.drawn().split(separator: "\n")[3]
    for width in [60, 80, 100, 300] {
      var style = DisplayStyle(width: width)
      style.isTerminal = true
      let lines = finding.drawn(style).split(separator: "\n")
      #expect(lines.count <= 8 && lines.allSatisfy { $0.columns <= width }, "\(width): \(lines)")
      func words(_ lines: ArraySlice<Substring>) -> [Substring] { lines.flatMap { $0.split(separator: " ").drop { $0 == "|" } } }
      #expect(words(lines[3...]).joined() == words([whole]).joined(), "\(width)")
      #expect((lines.count > 4) == (width < 200))
    }
  }

  /// At most eight lines each.
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
