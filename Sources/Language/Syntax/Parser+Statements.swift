extension Parser {
  /// The tree of a whole source and all that is wrong with it.
  static func parse(_ source: Source) -> (script: Script, diagnostics: [Diagnostic]) {
    var parser = Parser(source)
    var statements: [Statement] = []
    parser.statements(until: nil, into: &statements)
    let script = Script(source: source, statements: statements, documentation: parser.header())
    return (script, parser.diagnostics)
  }

  /// The `##` lines before the first statement.
  private func header() -> [String] {
    let first = tokens.first { $0.kind != .newline }?.span.start ?? 0
    return comments.prefix { $0.span.start < first }.filter(\.isHelp).map(\.text)
  }

  /// Statements up to `}` or the end; mistakes are reported and skipped. False: reading has to stop.
  @discardableResult
  private mutating func statements(until close: Symbol?, into statements: inout [Statement]) -> Bool {
    while true {
      while tokens[index].kind == .newline || tokens[index].kind == .symbol(.semicolon) { index += 1 }
      if tokens[index].kind == .end { return true }
      if let close, tokens[index].kind == .symbol(close) { return true }
      let start = index
      do {
        var statement = try self.statement()
        statement.isSilent = try endStatement(close)
        statements.append(statement)
      } catch {
        statements.append(Statement(kind: .error, span: Span(tokens[start].span.start, previousEnd)))
        if (error as? Mistake)?.isFatal != false { index = tokens.count - 1; return false }
        recover(from: start, close)
      }
    }
  }

  /// A newline, `;`, or what closes the block. True for `;`.
  private mutating func endStatement(_ close: Symbol?) throws -> Bool {
    switch current.kind {
    case .newline, .end: return false
    case .symbol(.semicolon): advance(); return true
    case .symbol(let symbol) where symbol == close: return false
    case .keyword(.else): throw fail("`else` must stand on the line of the `}` before it, and after an `if`", hint: "} else {")
    case .symbol(.assign): throw fail("only a name, an index or a field can stand left of `=`")
    default:
      throw expected("the end of the statement", hint: { (kind: Token.Kind) -> String? in
        switch kind {
        case .string, .name, .number: "calls need parentheses: f(x)"
        default: nil
        }
      }(current.kind))
    }
  }

  /// To the end of the line on which brackets balance, or to the `}` of the block around.
  private mutating func recover(from start: Int, _ close: Symbol?) {
    if index == start, tokens[index].kind != .end { index += 1 }
    var depth = 0
    while true {
      switch tokens[index].kind {
      case .end: return
      case .newline where depth <= 0: return
      case .symbol(.semicolon) where depth <= 0: return
      case .symbol(.openBrace): depth += 1
      case .symbol(.closeBrace):
        if depth <= 0, close == .closeBrace { return }
        depth -= 1
      default: break
      }
      index += 1
    }
  }

  /// `{ … }`, in which newlines count again.
  mutating func block() throws -> Block {
    let open = current.span
    if !at(.openBrace) { throw expected("`{` and a block") }
    advance()
    return try nested { parser in
      parser.skipsNewlines.append(false)
      var statements: [Statement] = []
      let goesOn = parser.statements(until: .closeBrace, into: &statements)
      parser.skipsNewlines.removeLast()
      if !goesOn { throw Mistake(isFatal: true) }
      if parser.tokens[parser.index].kind != .symbol(.closeBrace) {
        throw parser.fail("this block has no end", at: open, label: "no `}` closes it", wantsMore: true)
      }
      parser.index += 1
      return Block(statements: statements, span: Span(open.start, parser.previousEnd))
    }
  }

  private mutating func statement() throws -> Statement {
    let token = current
    let kind: Statement.Kind
    switch token.kind {
    case .keyword(.import): kind = try importStatement()
    case .keyword(.param): kind = try paramStatement()
    case .keyword(.for):
      advance()
      var names = [try name("the name of a loop variable")]
      if take(.comma) != nil { names.append(try name("the name of a loop variable")) }
      if take(.in) == nil { throw expected("`in` and what to loop over") }
      continueLine()
      let sequence = try expression()
      kind = .for(names, in: sequence, try block())
    case .keyword(.while):
      advance()
      let condition = try expression()
      if at(.assign) { throw fail("`=` binds a name and is no condition", hint: "== compares") }
      kind = .while(condition, try block())
    case .keyword(.return):
      advance()
      kind = .return(endsStatement ? nil : try expression())
    case .keyword(.break): advance(); kind = .break
    case .keyword(.continue): advance(); kind = .continue
    default: kind = try expressionStatement()
    }
    return Statement(kind: kind, span: Span(token.span.start, previousEnd))
  }

  private var endsStatement: Bool {
    mutating get {
      switch current.kind {
      case .newline, .end, .symbol(.semicolon), .symbol(.closeBrace): true
      default: false
      }
    }
  }

  private mutating func importStatement() throws -> Statement.Kind {
    advance()
    let token = current
    let reference: ModuleReference
    var local: Name?
    switch token.kind {
    case .name(let text):
      advance()
      (reference, local) = (.name(text), Name(text: text, span: token.span))
    case .string(let content, let isLiteral):
      advance()
      let path = isLiteral ? source.text(content) : try plainText(content)
      reference = .file(path: path, from: source.name)
      let stem = (path.split(separator: "/").last ?? "").prefix { $0 != "." }
      if Lexer.isName(String(stem)), Keyword(rawValue: String(stem)) == nil { local = Name(text: String(stem), span: token.span) }
    default: throw expected("the name of a module or the path of a file", hint: "import metrics   or   import \"tools.dcs\" as tools")
    }
    if take(.as) != nil { local = try name("the name of a module") }
    guard let local else { throw fail("this module needs a name: its file's is none", at: token.span, hint: "import \(source.text(token.span)) as tools") }
    return .import(reference, at: token.span, as: local)
  }

  private mutating func paramStatement() throws -> Statement.Kind {
    advance()
    let name = try name("the name of a parameter")
    var type: Name?
    if take(.colon) != nil { type = try self.name("the type of a parameter") }
    var initial: Expression?
    if take(.assign) != nil {
      continueLine()
      initial = try expression()
    }
    let line = source.position(name.span.start).line
    let help = comments.first { $0.isHelp && !$0.standsAlone && source.position($0.span.start).line == line }
    return .param(ParamSyntax(name: name, type: type, initial: initial, documentation: help?.text))
  }

  private static let assignments: [Symbol: BinaryOperator?] = [
    .assign: BinaryOperator?.none, .addAssign: .add, .subtractAssign: .subtract, .multiplyAssign: .multiply, .divideAssign: .divide,
  ]

  private mutating func expressionStatement() throws -> Statement.Kind {
    let left = try expression()
    guard case .symbol(let symbol) = current.kind, let operation = Self.assignments[symbol] else { return .expression(left) }
    guard let target = target(left) else {
      throw fail("only a name, an index or a field can stand left of `\(symbol.rawValue)`", at: left.span)
    }
    let token = advance()
    continueLine()
    let value = try expression()
    if at(.assign) { throw fail("one `=` binds one name", hint: "a = 1; b = a") }
    return .assign(target, operation: operation, value, operatorSpan: token.span)
  }

  private func target(_ expression: Expression) -> Target? {
    switch expression.kind {
    case .name(let text):
      if source.bytes[expression.span.start] == UInt8(ascii: "(") { return nil }
      return Target(name: Name(text: text, span: expression.span), path: [], span: expression.span)
    case .field(let base, let name):
      guard var target = target(base) else { return nil }
      target.path.append(.field(name))
      target.span = expression.span
      return target
    case .index(let base, let indices):
      guard var target = target(base) else { return nil }
      target.path.append(.index(indices, span: expression.span))
      target.span = expression.span
      return target
    default: return nil
    }
  }
}
