// Where in the grammar the cursor is: found from the tokens before it, because a line that is being typed does not parse yet.

struct CompletionPlace {
  enum Kind {
    case nothing
    /// A name or a keyword; in a call also its named arguments, unless one of them is being given.
    case name(OpenCall?)
    case field(of: Range<Int>)
    /// A function for the value left of `|>`; nil: for `_`.
    case piped(Range<Int>?)
    /// A value for `label=`.
    case value(OpenCall)
    /// Inside quotes: `content` as typed so far.
    case string(content: String, quote: String, in: Holder)
    /// After `import`.
    case module
  }

  /// What a string stands in.
  enum Holder {
    case call(OpenCall)
    case index(of: Range<Int>)
    case other
  }

  /// A call whose `)` is still to come. Ranges are of tokens.
  struct OpenCall {
    var callee: Range<Int>
    /// What stands left of its `|>`: its first argument. `isPiped` without it: `_`.
    var piped: Range<Int>?
    var isPiped: Bool
    /// The first argument between the brackets, if it is complete.
    var first: Range<Int>?
    /// Names given already.
    var labels: [String]
    /// Arguments by position before this one.
    var positional: Int
    /// The name of the argument that is being written.
    var label: String?
  }

  let source: Source
  /// Before the word that is being typed.
  let tokens: [Token]
  /// The part of a name before the cursor.
  let typed: String
  private(set) var kind = Kind.nothing

  /// - Parameter text: everything up to the cursor.
  init(_ text: String) {
    source = Source(name: "", text: text)
    let lexer = Lexer.tokens(of: source)
    var tokens = Array(lexer.tokens.dropLast())
    let end = source.bytes.count
    if let comment = lexer.comments.last, comment.span.end == end { (self.tokens, typed) = ([], ""); return }
    var typed = ""
    var content: (text: String, quote: String)?
    if let last = tokens.last, last.span.end == end {
      switch last.kind {
      case .name, .keyword: typed = source.text(tokens.removeLast().span)
      case .string(let span, let isLiteral) where span.end == end:
        content = (source.text(span), isLiteral ? "'" : "\"")
        tokens.removeLast()
      case .string, .number: (self.tokens, self.typed) = ([], ""); return
      default: break
      }
    }
    (self.tokens, self.typed) = (tokens, typed)
    if let content { kind = .string(content: content.text, quote: content.quote, in: holder) } else { kind = wordKind }
  }

  func text(_ range: Range<Int>) -> Span { Span(tokens[range.lowerBound].span.start, tokens[range.upperBound - 1].span.end) }

  // MARK: What it is

  private var wordKind: Kind {
    guard let last = tokens.last else { return .name(nil) }
    switch last.kind {
    case .symbol(.dot): return postfix(endingAt: tokens.count - 1).map { .field(of: $0) } ?? .nothing
    case .symbol(.pipe): return .piped(pipeLeft(of: tokens.count - 1))
    case .keyword(.import): return .module
    case .keyword(.fn), .keyword(.as), .keyword(.for), .keyword(.param): return .nothing
    default: break
    }
    guard let call = openCall else { return .name(nil) }
    if call.label != nil, last.kind == .symbol(.assign) { return .value(call) }
    return .name(last.kind == .symbol(.openParenthesis) || last.kind == .symbol(.comma) ? call : nil)
  }

  private var holder: Holder {
    guard let open = opens.last else { return .other }
    if tokens[open].kind == .symbol(.openParenthesis), let call = openCall, isStartOfValue { return .call(call) }
    if tokens[open].kind == .symbol(.openBracket), open == tokens.count - 1, let base = postfix(endingAt: open) { return .index(of: base) }
    return .other
  }

  /// Nothing of the argument stands before the cursor but its name.
  private var isStartOfValue: Bool {
    switch tokens.last?.kind {
    case .symbol(.openParenthesis), .symbol(.comma), .symbol(.assign): true
    default: false
    }
  }

  // MARK: Brackets

  /// Positions of brackets that are still open, outermost first.
  private var opens: [Int] {
    var open: [Int] = []
    for (position, token) in tokens.enumerated() {
      switch token.kind {
      case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace): open.append(position)
      case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace): _ = open.popLast()
      default: break
      }
    }
    return open
  }

  /// The call whose argument the cursor is in, directly.
  private var openCall: OpenCall? {
    guard let open = opens.last, tokens[open].kind == .symbol(.openParenthesis), let callee = postfix(endingAt: open) else { return nil }
    let before = callee.lowerBound - 1
    if before >= 0, tokens[before].kind == .keyword(.fn) { return nil }   // parameters of a function
    var call = OpenCall(callee: callee, isPiped: false, labels: [], positional: 0)
    if before >= 0, tokens[before].kind == .symbol(.pipe) { (call.isPiped, call.piped) = (true, pipeLeft(of: before)) }
    var start = open + 1, depth = 0
    func label(_ start: Int) -> String? {
      guard start + 1 < tokens.count, case .name(let name) = tokens[start].kind, tokens[start + 1].kind == .symbol(.assign) else { return nil }
      return name
    }
    for position in open + 1..<max(open + 1, tokens.count) {
      switch tokens[position].kind {
      case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace): depth += 1
      case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace): depth -= 1
      case .symbol(.comma) where depth == 0:
        if let name = label(start) { call.labels.append(name) } else {
          if call.positional == 0, position > start { call.first = start..<position }
          call.positional += 1
        }
        start = position + 1
      default: break
      }
    }
    call.label = label(start)
    return call
  }

  // MARK: Expressions, backwards

  /// The postfix expression that ends before a token: a name with its fields, indices and calls, a literal, a bracket.
  private func postfix(endingAt end: Int) -> Range<Int>? {
    var start = end - 1
    while start >= 0 {
      switch tokens[start].kind {
      case .symbol(.closeParenthesis), .symbol(.closeBracket):
        guard let open = opening(of: start) else { return nil }
        start = open
        guard start > 0 else { return start..<end }
        switch tokens[start - 1].kind {
        case .name, .symbol(.closeParenthesis), .symbol(.closeBracket): start -= 1
        default: return start..<end
        }
      case .symbol(.closeBrace): return opening(of: start).map { $0..<end }
      case .name, .keyword:
        if start >= 2, tokens[start - 1].kind == .symbol(.dot) { start -= 2; continue }
        if case .keyword(let keyword) = tokens[start].kind, ![.true, .false, .nil].contains(keyword) { return nil }
        return start..<end
      case .string, .number: return start..<end
      default: return nil
      }
    }
    return nil
  }

  private func opening(of close: Int) -> Int? {
    var depth = 0
    for position in stride(from: close, through: 0, by: -1) {
      switch tokens[position].kind {
      case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace): depth += 1
      case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace):
        depth -= 1
        if depth == 0 { return position }
      default: break
      }
    }
    return nil
  }

  /// The expression left of a `|>`; nil at the start of the text, where the line goes on from `_`.
  private func pipeLeft(of pipe: Int) -> Range<Int>? {
    var start = pipe
    scan: while start > 0 {
      let previous = start - 1
      switch tokens[previous].kind {
      case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace):
        guard let open = opening(of: previous) else { break scan }
        start = open
      case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace), .symbol(.comma), .symbol(.assign), .symbol(.semicolon), .symbol(.colon): break scan
      case .symbol(.addAssign), .symbol(.subtractAssign), .symbol(.multiplyAssign), .symbol(.divideAssign): break scan
      case .keyword(let keyword) where ![.true, .false, .nil, .and, .or, .not].contains(keyword): break scan
      case .newline:
        var next = previous
        while tokens[next].kind == .newline { next += 1 }
        if tokens[next].kind != .symbol(.pipe) { break scan }
        start = previous
      default: start = previous
      }
    }
    while start < pipe, tokens[start].kind == .newline { start += 1 }
    return start < pipe ? start..<pipe : nil
  }
}
