// `??smooth`: words and functions of the standard library whose names, search terms, sentences, details or examples hold what is looked for.

extension HelpDesk {
  private struct Entry {
    var name: String
    var summary: String
    /// Texts and what a hit in them counts.
    var texts: [(text: String, weight: Int)]

    /// 0 unless every part is somewhere.
    func score(_ parts: [String]) -> Int {
      var total = 0
      for part in parts {
        let best = texts.lazy.map { text, weight in text.lowercased() == part ? weight * 4 : Text.find(part, in: text.lowercased()) != nil ? weight : 0 }.max() ?? 0
        if best == 0 { return 0 }
        total += best
      }
      return total
    }
  }

  package func found(_ text: String, _ style: DisplayStyle, limit: Int = 20) -> String {
    let parts = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
    if parts.isEmpty { return "?? and words to look for, such as ??smooth" }
    let hits = entries.map { ($0, $0.score(parts)) }.filter { $0.1 > 0 }.sorted { ($1.1, $0.0.name) < ($0.1, $1.0.name) }
    if hits.isEmpty { return "nothing about \(parts.joined(separator: " ")); help() shows where to start" }
    var lines = HelpText.list(hits.prefix(limit).map { ($0.0.name, $0.0.summary) }, style)
    if hits.count > limit { lines.append("  … \(hits.count - limit) more") }
    return lines.joined(separator: "\n")
  }

  private var entries: [Entry] {
    var entries: [Entry] = session.registry.sets.values.map { set in
      let forms = set.builtins
      var texts: [(String, Int)] = [(set.name, 8)]
      for form in forms {
        texts += form.searchTerms.map { ($0, 6) } + [(form.summary, 4)] + form.details.map { ($0, 2) } + form.examples.map { ($0.code, 1) }
        texts += form.signature.parameters.map { ($0.name, 1) }
      }
      return Entry(name: set.name, summary: forms.first?.summary ?? "", texts: texts)
    }
    for name in session.host.moduleNames {
      guard let module = try? session.modules.parse(.name(name), session) else { continue }
      for function in module.functions {
        let qualified = name == "prelude" ? function.name : "\(name).\(function.name)"
        entries.append(Entry(
          name: qualified, summary: function.documentation.first ?? "", texts: [(qualified, 8)] + function.documentation.enumerated().map { ($1, $0 == 0 ? 4 : 1) }))
      }
    }
    for entry in SyntaxHelp.entries {
      entries.append(Entry(name: entry.spellings.joined(separator: " "), summary: entry.form.summary, texts: entry.spellings.map { ($0, 8) } + [(entry.form.summary, 4)]))
    }
    return entries
  }
}
