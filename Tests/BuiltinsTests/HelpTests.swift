import Builtins
import Execution
import Language
import TerminalText
import Testing

@Suite struct HelpTests {
  /// Every keyword and every operator of the language has a page, and what its examples say is true.
  @Test func syntaxPagesAreWholeAndTrue() throws {
    let execution = ExecutionContext(pool: ThreadPool(threads: 1))
    for spelling in HelpPage.requiredSpellings { #expect(HelpPage(syntax: spelling) != nil, "no help on \(spelling)") }
    let pages = HelpPage.syntax.keywords + HelpPage.syntax.operators
    for example in pages.flatMap(\.forms).flatMap(\.examples) {
      let interpreter = try Interpreter(registry: Vocabulary.registry, host: SilentHost(), execution: execution)
      var shown: String?
      let ending = interpreter.run(Source(name: "help", text: example.code)) { shown = $0.shown() }
      #expect(ending.diagnostics.isEmpty, "\(example.code): \(ending.diagnostics.map { $0.drawn() })")
      #expect(shown == example.prints, "\(example.code)")
    }
  }

  /// Every page fits a screen of 60 columns; a single word that is longer may stand alone, and an example stays as it can be pasted.
  @Test func pagesFitNarrowScreens() {
    let pages = Vocabulary.registry.sets.values.map { HelpPage(for: $0) } + HelpPage.syntax.keywords + HelpPage.syntax.operators
    for page in pages {
      for line in page.drawn(DisplayStyle(width: 60)).split(separator: "\n") where !line.hasPrefix("  example") && !line.hasPrefix("            ") && !line.contains("→") {
        #expect(line.columns <= 60 || !line.drop { $0 == " " }.contains(" "), "\(page.title): \(line)")
      }
    }
  }

  @Test func functionsExplainThemselves() {
    let page = HelpPage(title: "f", forms: [])
    #expect(page.drawn() == "")
    #expect(HelpPage(for: Vocabulary.registry.sets["label"]!).drawn().hasPrefix("label(mask: array"))
  }
}
