// The reference page, made of the declarations: every word by family, keywords and operators, the modules of the standard library.
// `dcs --reference` prints it; docs/reference.md is that text, and a test compares the two.

package struct Reference {
  let session: Session
  /// Words by family, in the order of the page; a word that stands in several is printed in the first.
  let families: [(title: String, words: [String])]

  package init(_ session: Session, families: [(title: String, words: [String])]) { (self.session, self.families) = (session, families) }

  package func markdown() -> String {
    var seen: Set<String> = []
    let families = self.families.map { family in (title: family.title, words: family.words.filter { seen.insert($0).inserted }.sorted()) }.filter { !$0.words.isEmpty }
    let modules = session.host.moduleNames.compactMap { name in (try? session.modules.parse(.name(name), session)).map { (name: name, module: $0) } }
    var text = """
      # Reference

      Every word of the language, made from the declarations by `dcs --reference`: edit those, not this page. At the prompt, `?name` shows the same.
      Examples are run by the tests; `#=>` stands before what the prompt shows.


      """
    for family in families { text += "- [\(family.title)](#\(Self.anchor(family.title))): " + family.words.map { "[`\($0)`](#\(Self.anchor($0)))" }.joined(separator: " ") + "\n" }
    text += "- [Keywords](#keywords) · [Operators and punctuation](#operators-and-punctuation) · [Units](#units)\n"
    text += "- [Standard library](#standard-library): " + modules.map { "[`\($0.name)`](#module-\($0.name))" }.joined(separator: " ") + "\n"
    for family in families {
      text += "\n## \(family.title)\n"
      for word in family.words { if let set = session.registry.sets[word] { text += section(HelpPage(for: set)) } }
    }
    let syntax = HelpPage.syntax
    text += "\n## Keywords\n" + syntax.keywords.map(section).joined()
    text += "\n## Operators and punctuation\n" + syntax.operators.map(section).joined()
    text += "\n## Units\n\nA unit touches its number, `16nm`, or the bracket of a coord, `(8, 8, 8)nm`: \(Unit.list). `um` and `µm` are one unit.\n"
    text += "\n## Standard library\n\nModules are read with `import name`; the functions of `prelude` need no import. Every module is a script that can be opened: `:edit metrics`.\n"
    for (name, module) in modules { text += section(name, module) }
    return text
  }

  private func section(_ name: String, _ module: ModuleStore.ParsedModule) -> String {
    let about = module.script.documentation.first.map { line in Text.find(" — ", in: line).map { Text.trim(String(line[$0.upperBound...])) } ?? line } ?? ""
    var text = "\n### Module `\(name)`\n\n\(about)\n"
    for function in module.functions where !function.documentation.isEmpty {
      let path = name == "prelude" ? function.name : "\(name).\(function.name)"
      text += section(HelpPage(title: path, forms: [HelpPage.Form(signature: path + function.parameters, documentation: function.documentation)]), level: "####")
    }
    return text
  }

  private func section(_ page: HelpPage) -> String { section(page, level: "###") }

  private func section(_ page: HelpPage, level: String) -> String {
    var text = "\n\(level) " + page.title.split(separator: " ").map { "`\($0)`" }.joined(separator: " ") + "\n"
    for form in page.forms {
      text += "\n```\n\(form.signature)\n```\n\n\(form.summary)\n"
      for paragraph in form.details { text += "\n\(paragraph)\n" }
      let explained = form.arguments.filter { !$0.type.isEmpty || $0.defaultText != nil }
      if !explained.isEmpty { text += "\n" + form.arguments.map { "- `\($0.label)` — \($0.remark)" }.joined(separator: "\n") + "\n" }
      if !form.examples.isEmpty { text += "\n```dcs\n" + form.examples.map { $0.code + ($0.prints.map { "   #=> " + $0 } ?? "") }.joined(separator: "\n") + "\n```\n" }
    }
    return text
  }

  /// As GitHub makes it of a heading: small letters, blanks to hyphens, no other punctuation.
  static func anchor(_ heading: String) -> String {
    String(heading.lowercased().compactMap { character -> Character? in
      if character == " " { return "-" }
      return character.isLetter || character.isNumber || character == "-" || character == "_" ? character : nil
    })
  }
}
