// The candidates of each place. Runs no code of the user's and reads no chunk: bound values are looked at, containers are asked for their metadata.

extension Interpreter {
  /// What fits at a cursor.
  ///
  /// - Parameter text: what stands before the cursor: all lines of the statement.
  /// - Parameter after: what stands behind it, so that quotes are not closed twice.
  package func completion(of text: String, after: String = "", from source: some CompletionSource) -> Completion {
    if text.hasPrefix(":") { return command(String(text.dropFirst()), after, source) }
    if text.hasPrefix("?") { return helped(String(text.drop { $0 == "?" })) }
    return Completer(interpreter: self, place: CompletionPlace(text), after: after, source: source).completion
  }

  /// After `?`: words, qualified ones too.
  private func helped(_ text: String) -> Completion {
    let name = Signature.trim(text[...])
    if name.contains(".") { return Completer(interpreter: self, place: CompletionPlace(name), after: "", source: NoSource()).completion }
    return Completion(typed: name, words.filter { !$0.hasPrefix("_") && !$0.contains(".") }.map { .init($0) })
  }

  /// After `:`: commands, then what the command takes.
  private func command(_ text: String, _ after: String, _ source: some CompletionSource) -> Completion {
    guard let space = text.firstIndex(where: \.isWhitespace) else { return Completion(typed: text, source.commands.map { .init($0.name, closing: $0.argument == .nothing ? "" : " ") }) }
    let word = text[..<space], rest = String(text[space...].drop(while: \.isWhitespace))
    let matching = source.commands.filter { $0.name == word }
    guard let command = matching.first ?? source.commands.first(where: { $0.name.hasPrefix(word) }) else { return Completion() }
    switch command.argument {
    case .nothing, .text: return Completion()
    case .path: return Completion(typed: rest, source.paths(beginning: rest).map { $0.candidate(closing: "") })
    case .name: return Completion(typed: rest, names(mayHide: !rest.hasPrefix("_")).map { .init($0) })
    case .expression: return completion(of: rest, after: after, from: source)
    case .words(let words): return rest.contains(where: \.isWhitespace) ? Completion() : Completion(typed: rest, words.sorted().map { .init($0) })
    }
  }

  /// Names without a dot, sorted; those that begin with `_` only if asked for.
  func names(mayHide: Bool) -> [String] { words.filter { !$0.contains(".") && !(mayHide && $0.hasPrefix("_")) } }
}

private struct NoSource: CompletionSource {}

extension PathEntry {
  /// Listed without the folders before it.
  fileprivate func candidate(closing: String) -> Completion.Candidate {
    var label = path[...]
    if let slash = label.dropLast().lastIndex(of: "/") { label = label[label.index(after: slash)...] }
    return .init(path, label: String(label), closing: isOpen ? "" : closing)
  }
}

struct Completer<World: CompletionSource> {
  let interpreter: Interpreter
  let place: CompletionPlace
  let after: String
  let source: World

  var completion: Completion {
    switch place.kind {
    case .nothing: return Completion()
    case .module: return Completion(typed: place.typed, source.modules.sorted().map { .init($0) })
    case .field(let base):
      guard let value = knowledge(base).value else { return Completion() }
      return Completion(typed: place.typed, Interpreter.members(of: value, interpreter.session).filter(Self.isName).sorted().map { .init($0) })
    case .piped(let left):
      let value = left.map(knowledge) ?? interpreter.value(of: "_").map { .value($0) } ?? .nothing
      // what follows can only be a call
      return Completion(typed: place.typed, functions(taking: value).map { .init($0, closing: interpreter.value(of: $0)?.object == nil ? "(" : ".") })
    case .name(let call): return Completion(typed: place.typed, call.map(arguments) ?? names)
    case .value(let call): return Completion(typed: place.typed, values(call))
    case .string(let content, let quote, let holder): return string(content, quote, holder)
    }
  }

  // MARK: Words

  private var names: [Completion.Candidate] {
    // nothing typed: what is one's own, not the whole vocabulary
    if place.typed.isEmpty { return interpreter.names.filter { !$0.hasPrefix("_") }.map { .init($0) } }
    return interpreter.names(mayHide: !place.typed.hasPrefix("_")).map { .init($0) }
  }

  /// Functions of one's own, of the prelude and of the vocabulary whose first parameter takes a value. Methods of namespaces are written in full.
  private func functions(taking value: Knowledge) -> [String] {
    interpreter.words.filter { name in
      if name == "_" { return false }
      if name.hasPrefix("_") && !place.typed.hasPrefix("_") { return false }
      if case .object(let box)? = interpreter.value(of: name), box.object is Namespace || box.object is ModuleValue { return true }
      guard !name.contains("."), case .function(let function)? = interpreter.value(of: name) else { return false }
      guard let set = function.builtins else { return !function.parameterNames.isEmpty }
      return set.builtins.contains { form in form.signature.parameters.first.map { value.fits($0.type) } ?? false }
    }
  }

  // MARK: Arguments

  private func signatures(_ call: CompletionPlace.OpenCall) -> (parameters: [[Signature.Parameter]], names: [String])? {
    guard case .function(let function)? = knowledge(call.callee).value else { return nil }
    if let set = function.builtins { return (set.builtins.map(\.signature.parameters), []) }
    return ([], function.parameterNames)
  }

  /// Where in a list of parameters the next argument by position goes.
  private func position(_ call: CompletionPlace.OpenCall) -> Int { call.positional + (call.isPiped ? 1 : 0) }

  /// Arguments that the call has not been given, each with its `=`; then names, of which only those that fit if nothing is typed.
  private func arguments(_ call: CompletionPlace.OpenCall) -> [Completion.Candidate] {
    guard let (forms, plain) = signatures(call) else { return names }
    let next = position(call)
    var labels: [String] = []
    for form in forms { labels += form.enumerated().filter { $0.offset >= next && !$0.element.isVariadic }.map(\.element.name) }
    labels += plain.dropFirst(next)
    let free = labels.filter { !call.labels.contains($0) }.map { Completion.Candidate($0 + "=") }
    if !place.typed.isEmpty { return free + names }
    let places = forms.compactMap { next < $0.count ? $0[next] : $0.last(where: \.isVariadic) }
    let types = places.filter { !call.labels.contains($0.name) }.map(\.type)
    let fitting = interpreter.names.filter { name in
      guard !name.hasPrefix("_"), let value = interpreter.value(of: name) else { return false }
      return types.contains { !$0.isAny && $0.accepts(value) }
    }
    return free + fitting.map { .init($0) }
  }

  /// The parameters that the argument at the cursor can mean.
  private func parameters(_ call: CompletionPlace.OpenCall) -> [Signature.Parameter] { forms(call).compactMap { parameter(call, $0.signature.parameters) } }

  private func forms(_ call: CompletionPlace.OpenCall) -> [Builtin] {
    guard case .function(let function)? = knowledge(call.callee).value else { return [] }
    return function.builtins?.builtins ?? []
  }

  private func parameter(_ call: CompletionPlace.OpenCall, _ form: [Signature.Parameter]) -> Signature.Parameter? {
    if let label = call.label { return form.first { $0.name == label } }
    let next = position(call)
    return next < form.count ? form[next] : form.last(where: \.isVariadic)
  }

  private func words(_ call: CompletionPlace.OpenCall) -> [String] {
    parameters(call).flatMap(\.type.alternatives).flatMap { alternative -> [String] in if case .word(let words) = alternative { words } else { [] } }
  }

  /// After `label=`: the words it can be, true and false, then names.
  private func values(_ call: CompletionPlace.OpenCall) -> [Completion.Candidate] {
    if !place.typed.isEmpty { return names }
    let words = words(call) + columns(call)
    if !words.isEmpty { return words.map { .init("\"\($0)\"") } }
    let types = parameters(call).map(\.type)
    if types.contains(where: { $0.alternatives.contains(.bool) }) { return [.init("true"), .init("false")] }
    let fitting = interpreter.names.filter { name in interpreter.value(of: name).map { value in types.contains { $0.accepts(value) } } ?? false && !name.hasPrefix("_") }
    return (types.isEmpty ? interpreter.names.filter { !$0.hasPrefix("_") } : fitting).map { .init($0) }
  }

  /// Columns of the table that the call is about, where the argument is not a path.
  private func columns(_ call: CompletionPlace.OpenCall) -> [String] {
    guard let first = call.isPiped ? call.piped.map(knowledge) ?? interpreter.value(of: "_").map({ .value($0) }) : call.first.map(knowledge),
      let table = first.value, table.typeName == "table"
    else { return [] }
    let takesNames = forms(call).contains { form in parameter(call, form.signature.parameters).map { $0.type.accepts(.string("")) && $0.name != form.writtenParameter } ?? false }
    return !takesNames ? [] : Interpreter.members(of: table, interpreter.session)
  }

  // MARK: Strings

  private func string(_ content: String, _ quote: String, _ holder: CompletionPlace.Holder) -> Completion {
    if quote == "\"", let inner = openInterpolation(content) { return interpreter.completion(of: inner, after: after, from: source) }
    let closing = after.hasPrefix(quote) ? "" : quote
    func whole(_ words: [String]) -> Completion { Completion(typed: content, words.map { .init($0, closing: closing) }) }
    switch holder {
    case .call(let call):
      let words = words(call) + columns(call)
      if !words.isEmpty { return whole(words) }
    case .index(let base):
      guard let value = knowledge(base).value else { return Completion() }
      if value.typeName == "group", case .string(let path)? = try? Indexing.field(value, "path", interpreter.context) {
        let entries = source.paths(beginning: path + "/" + content)
        return Completion(typed: content, entries.map { entry in
          PathEntry(String(entry.path.dropFirst(path.count + 1)), isOpen: entry.isOpen).candidate(closing: closing)
        })
      }
      return whole(Interpreter.members(of: value, interpreter.session))
    case .other: break
    }
    return path(content, closing)
  }

  /// File paths, and keys of containers. Names in braces stand for the strings they are bound to.
  private func path(_ content: String, _ closing: String) -> Completion {
    var plain = content
    for name in interpreter.names {
      if plain.contains("{"), case .string(let value)? = interpreter.value(of: name) { plain = Text.split(plain, at: "{\(name)}").joined(separator: value) }
    }
    return Completion(typed: content, source.paths(beginning: plain).map { entry in
      let typed = content + entry.path.dropFirst(plain.count)
      return PathEntry(typed, isOpen: entry.isOpen).candidate(closing: closing)
    })
  }

  /// The expression after a `{` that is still open.
  private func openInterpolation(_ content: String) -> String? {
    var open: [String.Index] = [], isEscaped = false, isCharacter = false
    for index in content.indices {
      // the braces of `\u{b5}` hold a number
      if isCharacter { isCharacter = content[index] != "}"; continue }
      if isEscaped { (isEscaped, isCharacter) = (false, content[index] == "u"); continue }
      switch content[index] {
      case "\\": isEscaped = true
      case "{": open.append(content.index(after: index))
      case "}": _ = open.popLast()
      default: break
      }
    }
    return open.first.map { String(content[$0...]) }
  }

  // MARK: Looking

  private func knowledge(_ range: Range<Int>) -> Knowledge {
    let span = place.text(range)
    var parser = Parser(place.source, range: span)
    guard let expression = try? parser.expression(), parser.current.kind == .end, parser.diagnostics.isEmpty else { return .nothing }
    return interpreter.knowledge(of: expression)
  }

  private static func isName(_ text: String) -> Bool {
    let tokens = Lexer.tokens(of: Source(name: "", text: text)).tokens
    guard tokens.count == 2 else { return false }
    switch tokens[0].kind {
    case .name, .keyword: return true
    default: return false
    }
  }
}
