// Tokens to a tree, by recursive descent; one function a rule of the grammar. Statements are in Parser+Statements.swift.
//
// A mistake ends the statement it is in; reading goes on at the next one, so all mistakes of a script are found.
// Nesting is limited to 200 and the height of a tree to 500, because what walks trees does so recursively.

import Geometry

struct Parser {
  let source: Source
  var tokens: [Token]
  var index = 0
  var comments: [Lexer.Comment]
  var diagnostics: [Diagnostic]
  /// One entry an open bracket: whether newlines inside it mean nothing.
  var skipsNewlines: [Bool] = [false]
  var nesting = 0

  /// What the end of the text is called in messages.
  private let endPhrase: String?

  static let nestingLimit = 200, heightLimit = 500, reportLimit = 100

  /// Left by `throw` at a mistake that has been reported; `isFatal` ends the reading.
  struct Mistake: Error {
    var isFatal = false
  }

  init(_ source: Source, range: Span? = nil) {
    let lexer = Lexer.tokens(of: source, range: range)
    self.source = source
    endPhrase = range == nil ? nil : "the end of `{…}`"
    (tokens, comments, diagnostics) = (lexer.tokens, lexer.comments, lexer.diagnostics)
  }

  // MARK: Tokens

  /// The next token that counts.
  var current: Token {
    mutating get {
      if skipsNewlines.last == true || pipeFollows { while tokens[index].kind == .newline { index += 1 } }
      return tokens[index]
    }
  }

  /// The next token that counts, if it is a symbol.
  private var currentSymbol: Symbol? {
    mutating get {
      if skipsNewlines.last == true || pipeFollows { while tokens[index].kind == .newline { index += 1 } }
      if case .symbol(let symbol) = tokens[index].kind { return symbol }
      return nil
    }
  }

  /// A line that starts with `|>` goes on with the one before.
  private var pipeFollows: Bool {
    guard tokens[index].kind == .newline else { return false }
    var next = index
    while tokens[next].kind == .newline { next += 1 }
    return tokens[next].kind == .symbol(.pipe)
  }

  var previousEnd: Int { index > 0 ? tokens[index - 1].span.end : 0 }

  @discardableResult
  mutating func advance() -> Token {
    let token = current
    if token.kind != .end { index += 1 }
    return token
  }

  mutating func at(_ symbol: Symbol) -> Bool { currentSymbol == symbol }
  mutating func at(_ keyword: Keyword) -> Bool { current.kind == .keyword(keyword) }

  mutating func take(_ symbol: Symbol) -> Token? { at(symbol) ? advance() : nil }
  mutating func take(_ keyword: Keyword) -> Token? { at(keyword) ? advance() : nil }

  /// After an operator, a comma or `=` the line goes on.
  mutating func continueLine() { while tokens[index].kind == .newline { index += 1 } }

  // MARK: Mistakes

  /// - Parameter wantsMore: whether further lines could mend it, should the text end here: not if it is about something that has been read.
  mutating func fail(_ message: String, at span: Span? = nil, label: String? = nil, hint: String? = nil, isFatal: Bool = false, wantsMore: Bool? = nil) -> Mistake {
    let token = current
    if token.kind == .invalid, !isFatal { return Mistake() }   // the lexer has said it
    var diagnostic = Diagnostic(.error, .syntax, message, site: Site(source, span ?? token.span), label: label, hint: hint)
    var rest = index
    while tokens[rest].kind == .newline { rest += 1 }
    diagnostic.isIncomplete = (wantsMore ?? (span == nil)) && tokens[rest].kind == .end
    diagnostics.append(diagnostic)
    return Mistake(isFatal: isFatal || diagnostics.count >= Self.reportLimit)
  }

  mutating func expected(_ what: String, hint: String? = nil) -> Mistake {
    let found = current
    return fail("expected \(what), found \(found.kind == .end ? endPhrase ?? found.kind.phrase : found.kind.phrase)", hint: hint)
  }

  @discardableResult
  mutating func expect(_ symbol: Symbol, _ purpose: String) throws -> Token {
    if let token = take(symbol) { return token }
    throw expected("`\(symbol.rawValue)` \(purpose)")
  }

  mutating func nested<T>(_ body: (inout Parser) throws -> T) throws -> T {
    nesting += 1
    defer { nesting -= 1 }
    if nesting > Self.nestingLimit { throw fail("nested more than \(Self.nestingLimit) deep", hint: "bind an inner part to a name", isFatal: true) }
    return try body(&self)
  }

  /// Reads the inside of a bracket, where newlines mean nothing.
  mutating func bracketed<T>(_ body: (inout Parser) throws -> T) throws -> T {
    skipsNewlines.append(true)
    defer { skipsNewlines.removeLast() }
    return try body(&self)
  }

  mutating func node(_ kind: Expression.Kind, _ span: Span, over children: [Expression]) throws -> Expression {
    let depth = 1 + (children.lazy.map(\.depth).max() ?? 0)
    if depth > Self.heightLimit {
      throw fail("more than \(Self.heightLimit) operations in one expression", at: span, hint: "bind a part of it to a name", isFatal: true)
    }
    return Expression(kind, span, depth: depth)
  }

  // MARK: Operators, loosest first

  mutating func expression() throws -> Expression {
    var left = try coalescing()
    while take(.pipe) != nil {
      continueLine()
      let right = try postfix()
      guard case .call(let callee, let arguments, isPiped: false) = right.kind else {
        throw fail(
          "the right side of |> must be a call", at: right.span, label: "not a call",
          hint: { if case .name(let name) = right.kind { "|> \(name)()" } else { nil } }())
      }
      let first = ArgumentSyntax(name: nil, value: left, span: left.span)
      left = try node(.call(callee, [first] + arguments, isPiped: true), left.span.to(right.span), over: [left, right])
    }
    return left
  }

  private mutating func coalescing() throws -> Expression {
    var left = try disjunction()
    while let token = take(.coalesce) {
      continueLine()
      let right = try disjunction()
      left = try node(.logical(.coalesce, left, right, operatorSpan: token.span), left.span.to(right.span), over: [left, right])
    }
    return left
  }

  private mutating func disjunction() throws -> Expression {
    var left = try conjunction()
    while let token = take(.or) {
      continueLine()
      let right = try conjunction()
      left = try node(.logical(.or, left, right, operatorSpan: token.span), left.span.to(right.span), over: [left, right])
    }
    return left
  }

  private mutating func conjunction() throws -> Expression {
    var left = try union()
    while let token = take(.and) {
      continueLine()
      let right = try union()
      left = try node(.logical(.and, left, right, operatorSpan: token.span), left.span.to(right.span), over: [left, right])
    }
    return left
  }

  private mutating func union() throws -> Expression { try chain({ $0 == .bar ? .or : nil }) { try $0.intersection() } }
  private mutating func intersection() throws -> Expression { try chain({ $0 == .ampersand ? .and : nil }) { try $0.negation() } }

  private mutating func negation() throws -> Expression {
    guard let token = take(.not) else { return try comparison() }
    continueLine()
    return try nested { parser in
      let operand = try parser.negation()
      return try parser.node(.unary(.not, operand), token.span.to(operand.span), over: [operand])
    }
  }

  private static func comparison(_ symbol: Symbol) -> BinaryOperator? {
    switch symbol {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }

  private mutating func comparisonOperator() -> (BinaryOperator, Token)? {
    let token = current
    switch token.kind {
    case .symbol(let symbol):
      guard let operation = Self.comparison(symbol) else { return nil }
      return (operation, token)
    case .keyword(.in): return (.isIn, token)
    default: return nil
    }
  }

  private mutating func comparison() throws -> Expression {
    let left = try range()
    guard let (operation, token) = comparisonOperator() else { return left }
    advance()
    continueLine()
    let right = try range()
    if let (_, again) = comparisonOperator() {
      throw fail("comparisons do not chain", at: again.span, hint: "a < b and b < c")
    }
    return try node(.binary(operation, left, right, operatorSpan: token.span), left.span.to(right.span), over: [left, right])
  }

  private mutating func range() throws -> Expression {
    let left = try sum()
    guard take(.range) != nil else { return left }
    continueLine()
    let right = try sum()
    return try node(.range(left, right), left.span.to(right.span), over: [left, right])
  }

  private mutating func sum() throws -> Expression { try chain({ $0 == .add ? .add : $0 == .subtract ? .subtract : nil }) { try $0.term() } }

  private mutating func term() throws -> Expression {
    try chain({ symbol in
      switch symbol {
      case .multiply: .multiply
      case .divide: .divide
      case .floorDivide: .floorDivide
      case .modulo: .modulo
      default: nil
      }
    }) { try $0.unary() }
  }

  private mutating func chain(_ operators: (Symbol) -> BinaryOperator?, _ operand: (inout Parser) throws -> Expression) throws -> Expression {
    var left = try operand(&self)
    while let symbol = currentSymbol, let operation = operators(symbol) {
      let token = advance()
      continueLine()
      let right = try operand(&self)
      left = try node(.binary(operation, left, right, operatorSpan: token.span), left.span.to(right.span), over: [left, right])
    }
    return left
  }

  private mutating func unary() throws -> Expression {
    if let token = take(.subtract) {
      continueLine()
      return try nested { parser in
        let operand = try parser.unary()
        return try parser.node(.unary(.negate, operand), token.span.to(operand.span), over: [operand])
      }
    }
    let base = try postfix()
    guard let token = take(.power) else { return base }
    continueLine()
    return try nested { parser in
      let exponent = try parser.unary()
      return try parser.node(.binary(.power, base, exponent, operatorSpan: token.span), base.span.to(exponent.span), over: [base, exponent])
    }
  }

  // MARK: Calls, indices, fields

  mutating func postfix() throws -> Expression {
    var left = try primary()
    while true {
      if at(.openParenthesis) {
        let arguments = try self.arguments()
        left = try node(.call(left, arguments, isPiped: false), Span(left.span.start, previousEnd), over: [left] + arguments.map(\.value))
      } else if at(.openBracket) {
        let indices = try self.indices()
        left = try node(.index(left, indices), Span(left.span.start, previousEnd), over: [left] + indices.flatMap(\.expressions))
      } else if take(.dot) != nil {
        let token = current
        guard let name = wordName() else { throw expected("a field name after `.`") }
        left = try node(.field(left, name), left.span.to(token.span), over: [left])
      } else {
        return left
      }
    }
  }

  /// A name, or a keyword where a name is meant.
  mutating func wordName() -> Name? {
    let token = current
    switch token.kind {
    case .name(let text): advance(); return Name(text: text, span: token.span)
    case .keyword(let keyword): advance(); return Name(text: keyword.rawValue, span: token.span)
    default: return nil
    }
  }

  mutating func name(_ purpose: String) throws -> Name {
    let token = current
    if case .name(let text) = token.kind { advance(); return Name(text: text, span: token.span) }
    if case .keyword(let keyword) = token.kind { throw fail("`\(keyword.rawValue)` is a keyword and cannot be \(purpose)") }
    throw expected("\(purpose)")
  }

  /// `NAME "="`, which needs two tokens of sight.
  private mutating func label() -> Name? {
    let token = current
    guard case .name(let text) = token.kind else { return nil }
    var next = index + 1
    while tokens[next].kind == .newline { next += 1 }
    guard tokens[next].kind == .symbol(.assign) else { return nil }
    index = next + 1
    continueLine()
    return Name(text: text, span: token.span)
  }

  private mutating func arguments() throws -> [ArgumentSyntax] {
    try commaSeparated(.openParenthesis, .closeParenthesis, "after the arguments") { parser in
      let name = parser.label()
      let value = try parser.expression()
      return ArgumentSyntax(name: name, value: value, span: (name?.span ?? value.span).to(value.span))
    }
  }

  private mutating func indices() throws -> [IndexSyntax] {
    let open = current.span
    let indices = try commaSeparated(.openBracket, .closeBracket, "after the indices") { parser in try parser.oneIndex() }
    if indices.isEmpty { throw fail("an index is missing between `[` and `]`", at: Span(open.start, previousEnd)) }
    return indices
  }

  private mutating func oneIndex() throws -> IndexSyntax {
    let start = current.span
    let axis = label()
    var parts: [Expression?] = [nil], colons = 0
    while true {
      if at(.colon) {
        if colons == 2 { throw fail("a slice has at most three parts", hint: "a[from:to:step]") }
        advance()
        colons += 1
        parts.append(nil)
      } else if at(.comma) || at(.closeBracket) {
        break
      } else if parts[colons] == nil {
        parts[colons] = try expression()
      } else {
        throw expected("`,`, `:` or `]` in the index")
      }
    }
    let span = Span(start.start, max(start.end, previousEnd))
    if colons > 0 { return IndexSyntax(axis: axis, kind: .slice(parts[0], parts[1], colons > 1 ? parts[2] : nil), span: span) }
    guard let only = parts[0] else { throw expected("an index") }
    return IndexSyntax(axis: axis, kind: .at(only), span: span)
  }

  /// `open [ element { "," element } [ "," ] ] close`
  mutating func commaSeparated<T>(_ open: Symbol, _ close: Symbol, _ purpose: String, _ element: (inout Parser) throws -> T) throws -> [T] {
    advance()
    return try nested { parser in
      try parser.bracketed { parser in
        var elements: [T] = []
        while !parser.at(close) {
          elements.append(try element(&parser))
          if parser.take(.comma) == nil { break }
        }
        if parser.take(close) == nil { throw parser.expected("`,` or `\(close.rawValue)` \(purpose)") }
        return elements
      }
    }
  }
}
