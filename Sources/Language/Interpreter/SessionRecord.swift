// What was entered at a prompt, and the script that does it again: `:save`.
//
// Statements that ran stand as typed, in order; those that failed are comments. A value that a later statement reads as `_` is bound to `_` where it
// was shown. The script is checked before it is given out: what could not stand in a script (a use of `_err`) becomes a comment too.

/// One entry of a session.
package struct SessionEntry: Sendable {
  package enum Outcome: Sendable, Equatable {
    case completed
    case failed(String)
    /// A command of the prompt: a comment in the script.
    case note
  }
  let source: Source
  package internal(set) var outcome = Outcome.completed
  /// How many of its statements ran to their end.
  var finished = 0
  /// The statement whose value was shown last.
  var shown: Int?

  package var text: String { source.text }
  init(_ source: Source) { self.source = source }
}

extension Interpreter {
  /// The session as a script that passes `--check` and leaves the same values.
  ///
  /// - Parameter head: lines of the first comment.
  /// - Parameter seed: what the session began with.
  package func sessionScript(head: [String], seed: UInt64) -> String {
    var writer = SessionScript(entries)
    let head = head.map { "# " + $0 } + ["seed(\(seed))", ""]
    var text = writer.text(head)
    // each turn turns at least one more entry into a comment, or binds one more value
    while writer.settle(check(Source(name: "session", text: text))) { text = writer.text(head) }
    let unread = writer.unread(check(Source(name: "session", text: text)))
    return unread.isEmpty ? text : text + "\n# values that nothing above reads\n[\(unread.joined(separator: ", "))];\n"
  }
}

extension Source {
  /// The same script with the values that its `param`s were given as their defaults.
  func settling(_ arguments: [String: Value]) -> Source {
    var bytes = bytes
    for statement in Parser.parse(self).script.statements.reversed() {
      guard case .param(let param) = statement.kind, let text = arguments[param.name.text]?.source({ $0.object?.expression }) else { continue }
      if let initial = param.initial { bytes.replaceSubrange(initial.span.start..<initial.span.end, with: text.utf8) }
      else { bytes.insert(contentsOf: (" = " + text).utf8, at: statement.span.end) }
    }
    return Source(name: name, text: String(decoding: bytes, as: UTF8.self), isLibrary: isLibrary)
  }
}

private struct SessionScript {
  fileprivate struct Item {
    var text: String
    var statements: [Statement] = []
    /// What is left of it: an error message, or that it is a comment already.
    var isComment = false
    /// The statement whose value a later `_` means.
    var shown: Int?
    var keepsShown = false
    /// The entry that this one goes on with, by a `|>` at its start; the first of a chain of them.
    var head: Int?
    var startsWithPipe = false
    var readsLast = false
    /// First line in the text, and how many.
    var lines = 0..<0
  }
  private var items: [Item] = []

  init(_ entries: [SessionEntry]) {
    for entry in entries { add(entry) }
    for position in items.indices where items[position].readsLast && !items[position].isComment {
      guard let last = items[..<position].lastIndex(where: { $0.shown != nil && !$0.isComment }) else { continue }
      // a line that starts with |> goes on with the expression right above it
      let goesOn = items[position].startsWithPipe && items[last + 1..<position].allSatisfy(\.isComment) && !items[last].keepsShown
        && items[last].shown == items[last].statements.count - 1 && items[last].isExpression
      let head = items[last].head ?? last
      if goesOn { items[position].head = head } else {
        items[head].keepsShown = true
        items[position].spellOutPipe()
      }
    }
  }

  private mutating func add(_ entry: SessionEntry) {
    if case .note = entry.outcome { items.append(Item(text: entry.text, isComment: true)); return }
    let statements = Array(Parser.parse(entry.source).script.statements.prefix(entry.finished))
    var done = Item(text: entry.text, statements: statements, shown: entry.shown)
    if case .failed(let message) = entry.outcome {
      let end = statements.last?.span.end ?? 0
      done.text = entry.source.text(Span(0, end))
      var rest = entry.source.text(Span(end, entry.source.bytes.count))[...]
      rest = rest.drop { $0 == ";" || $0.isWhitespace }
      if !statements.isEmpty { append(done) }
      items.append(Item(text: "failed: \(message)\n\(rest)", isComment: true))
    } else {
      append(done)
    }
  }

  private mutating func append(_ item: Item) {
    var names = NameCollector()
    for statement in item.statements { names.collect(statement) }
    var item = item
    item.readsLast = names.read.contains("_")
    item.startsWithPipe = item.text.hasPrefix("_ |>")
    if item.startsWithPipe { item.text.removeFirst(2) }
    items.append(item)
  }

  mutating func text(_ head: [String]) -> String {
    var lines = head
    for position in items.indices {
      let start = lines.count
      lines += items[position].written.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      items[position].lines = start..<lines.count
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Makes comments of the entries that the check refuses, and binds values that it finds useless, such as `a == b`; false if there are none.
  mutating func settle(_ findings: [Diagnostic]) -> Bool {
    var found = false
    for finding in findings where finding.severity == .error || finding.kind != .unbound {
      guard let position = item(at: finding), !items[position].isComment else { continue }
      if finding.severity == .warning {
        let entry = items[position]
        if entry.keepsShown || entry.shown == nil || !entry.isExpression { continue }
        items[position].keepsShown = true
        found = true
        continue
      }
      items[position].text = "left out: \(finding.message)\n" + items[position].text
      items[position].isComment = true
      found = true
    }
    return found
  }

  private func item(at finding: Diagnostic) -> Int? {
    guard let site = finding.site else { return nil }
    let line = site.source.position(site.span.start).line - 1
    return items.firstIndex { $0.lines.contains(line) }
  }

  /// Names that are bound and never read.
  func unread(_ findings: [Diagnostic]) -> [String] {
    var names: [String] = []
    for finding in findings where finding.severity == .warning && finding.kind == .unbound {
      guard let site = finding.site else { continue }
      let name = site.source.text(site.span)
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}

extension SessionScript.Item {
  fileprivate var isExpression: Bool {
    if case .expression? = statements.last?.kind { return true }
    return false
  }

  fileprivate mutating func spellOutPipe() {
    if startsWithPipe { text = "_ " + text }
    startsWithPipe = false
  }

  fileprivate var written: String {
    if isComment { return text.split(separator: "\n", omittingEmptySubsequences: false).map { "# " + $0 }.joined(separator: "\n") }
    guard keepsShown, let shown, shown < statements.count else { return text }
    let bytes = Array(text.utf8)
    // spans are those of the text as it was run, which began with "_ " where the line began with a pipe
    let shift = startsWithPipe ? 2 : 0
    switch statements[shown].kind {
    case .expression: return String(decoding: bytes[..<max(0, statements[shown].span.start - shift)], as: UTF8.self) + "_ = " + (startsWithPipe ? "_ " : "")
      + String(decoding: bytes[max(0, statements[shown].span.start - shift)...], as: UTF8.self)
    case .assign(let target, _, _, _): return text + "\n_ = " + target.name.text
    default: return text
    }
  }
}
