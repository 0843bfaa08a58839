// Finds the page that a question means: a word, a qualified word, a keyword or operator, a module of the standard library, a value.

import TerminalText

package struct HelpDesk {
  let session: Session
  /// What names mean where the question is asked: those of the prompt, or only the words that every script has.
  let lookup: (String) -> Value?

  package init(_ session: Session) {
    self.session = session
    lookup = { session.modules.prelude?[$0] ?? session.registry[$0] }
  }

  init(_ interpreter: Interpreter) {
    session = interpreter.session
    lookup = { interpreter.value(of: $0) }
  }

  /// The answer to `?text`: lines without a final line end.
  package func answer(_ text: String, _ style: DisplayStyle) -> String {
    let name = Text.trim(text)
    if name.isEmpty { return Self.start }
    if let page = HelpPage(syntax: name), lookup(name) == nil { return page.drawn(style) }
    if let value = value(at: name) { return about(value, as: name, style) }
    if let page = modulePage(name, style) { return page }
    let known = session.registry.names + (session.modules.prelude?.names ?? []) + Keyword.allCases.map(\.rawValue) + session.host.moduleNames
    let near = Suggestion.nearest(to: name, among: known).map { "; did you mean `\($0)`?" } ?? ""
    return "no help on `\(name)`\(near)\n??\(name) searches all help"
  }

  /// A name with fields behind it; no index, no call.
  private func value(at path: String) -> Value? {
    if let value = lookup(path) ?? session.registry[path] { return value }
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, var value = lookup(parts[0]) else { return nil }
    for part in parts.dropFirst() {
      guard Interpreter.members(of: value, session).contains(part), let inner = try? Indexing.field(value, part, CallContext(session: session)) else { return nil }
      value = inner
    }
    return value
  }

  /// A function's page; of any other value its kind, what it shows, its fields, and the words that take it.
  package func about(_ value: Value, as name: String? = nil, _ style: DisplayStyle) -> String {
    if case .function(let function) = value { return HelpPage(for: function, as: name).drawn(style) }
    if let namespace = value.object as? Namespace { return listing(namespace, style) }
    if let module = value.object as? ModuleValue { return modulePage(module.name, style) ?? value.shown(style) }
    var lines = [(name.map { "`\($0)` is " } ?? "") + value.typePhrase, value.shown(style)]
    let width = max(40, min(style.width, 100))
    let fields = Interpreter.members(of: value, session)
    if !fields.isEmpty { lines += HelpText.wrapped(fields.sorted().joined(separator: ", "), width, first: "  fields    ", later: "            ") }
    let words = takers(of: value)
    if !words.isEmpty { lines += HelpText.wrapped(words.joined(separator: ", "), width, first: "  taken by  ", later: "            ") }
    return lines.joined(separator: "\n")
  }

  /// Words whose first parameter asks for this kind of value.
  private func takers(of value: Value) -> [String] {
    session.registry.sets.values.filter { set in
      set.builtins.contains { form in
        guard let type = form.signature.parameters.first?.type, !type.isAny else { return false }
        return type.accepts(value)
      }
    }.map(\.name).sorted()
  }

  private func listing(_ namespace: Namespace, _ style: DisplayStyle) -> String {
    let entries = namespace.members.map { member in
      let name = "\(namespace.name).\(member)"
      return (name, session.registry.sets[name]?.builtins.first?.summary ?? "")
    }
    return HelpText.list(entries, style).joined(separator: "\n")
  }

  /// A module of the standard library, or one of its functions ("metrics.f1"), read but not run.
  private func modulePage(_ path: String, _ style: DisplayStyle) -> String? {
    let parts = path.split(separator: ".").map(String.init)
    guard let first = parts.first, parts.count <= 2, session.host.moduleNames.contains(first), let module = try? session.modules.parse(.name(first), session) else { return nil }
    let functions = module.functions
    if parts.count == 2 {
      guard let function = functions.first(where: { $0.name == parts[1] }) else { return nil }
      return HelpPage(title: path, forms: [HelpPage.Form(signature: path + function.parameters, documentation: function.documentation)]).drawn(style)
    }
    let entries = functions.map { ("\(first).\($0.name)", $0.documentation.first ?? "") }
    let head = HelpText.wrapped(module.script.documentation.first ?? "module \(first)", max(40, min(style.width, 100)), later: "  ")
    return (head + ["", "  import \(first)"] + HelpText.list(entries, style)).joined(separator: "\n")
  }

  /// What `help()` and `?` show.
  static let start = """
    dcs segments volume microscopy. Type an expression to see its value; TAB completes.

      raw = open("volume.zarr/em/s0")       opens an array; reads metadata only
      look(raw)                             a slice of it, in the terminal
      crop = raw[1um:2um, 0um:1um, 0:256]   a part: lengths are world, ints are voxels
      crop |> gaussian(sigma=16nm) |> look()     |> puts the left value first
      mask = crop > 120                     elementwise; sum(mask), mean(crop), stats(crop)
      seg = label(mask, to="out.zarr/seg")  out of core with to=
      fn bright(a, at=120) = a > at         a function of your own
      save(mask, "out.zarr/mask")           Zarr or N5 by its name; save(t, "t.csv")

      ?label      a word               ??smooth    search in all help
      ?for ?|>    keywords, operators  ?raw        a value: its fields, what takes it
      tree("c.zarr")   what a container holds      `_`  the last value shown
      :           commands: save a session, edit, time, settings
      Ctrl-C      stops what runs; on a line, clears it
      :why        the last error at length; _err is it as a value
      dcs --check script.dcs     finds mistakes before a long run does
      import metrics             modules: ?metrics
      exit() or :quit            leaves
    """
}

extension HelpText {
  /// Names and their sentences in two columns.
  package static func list(_ entries: [(name: String, text: String)], _ style: DisplayStyle) -> [String] {
    let width = max(40, min(style.width, 100))
    let column = min(28, (entries.map(\.name.columns).max() ?? 0) + 2)
    return entries.flatMap { entry -> [String] in
      let head = "  " + entry.name + String(repeating: " ", count: max(2, column - entry.name.columns))
      return wrapped(entry.text, width, first: head, later: String(repeating: " ", count: 2 + column))
    }
  }
}

/// A function as its module writes it.
struct WrittenFunction {
  let name: String
  /// "(a, b=2)"
  let parameters: String
  let documentation: [String]
}

extension ModuleStore.ParsedModule {
  /// The functions that its statements bind, but for those whose names begin with `_`.
  var functions: [WrittenFunction] {
    script.statements.compactMap { statement in
      guard case .expression(let value) = statement.kind, case .function(let syntax) = value.kind, let name = syntax.name, !name.text.hasPrefix("_") else { return nil }
      let parameters = syntax.parameters.map { $0.name.text + ($0.initial.map { "=" + source.text($0.span) } ?? "") }
      return WrittenFunction(name: name.text, parameters: "(" + parameters.joined(separator: ", ") + ")", documentation: syntax.documentation)
    }
  }
}

extension Interpreter {
  /// The answer to `?text`.
  package func help(on text: String, _ style: DisplayStyle) -> String { HelpDesk(self).answer(text, style) }
  /// The answer to `??text`.
  package func search(_ text: String, _ style: DisplayStyle) -> String { HelpDesk(self).found(text, style) }
}
