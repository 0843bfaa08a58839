import Geometry

extension Parser {
  mutating func primary() throws -> Expression {
    let token = current
    switch token.kind {
    case .number(let text, let isInteger, let unit):
      advance()
      return Expression(.literal(try number(text, isInteger, unit, token.span)), token.span)
    case .string(let content, let isLiteral):
      advance()
      return try string(content, isLiteral, token.span)
    case .name(let text):
      advance()
      return Expression(.name(text), token.span)
    case .keyword(.true), .keyword(.false):
      advance()
      return Expression(.literal(.bool(token.kind == .keyword(.true))), token.span)
    case .keyword(.nil):
      advance()
      return Expression(.literal(.nil), token.span)
    case .keyword(.end):
      advance()
      return Expression(.end, token.span)
    case .keyword(.fn): return try function()
    case .keyword(.if): return try conditional()
    case .keyword(.try): return try attempt()
    case .symbol(.openParenthesis): return try parenthesis()
    case .symbol(.openBracket):
      let elements = try commaSeparated(.openBracket, .closeBracket, "after the elements") { try $0.expression() }
      return try node(.list(elements), Span(token.span.start, previousEnd), over: elements)
    case .symbol(.openBrace): return try record()
    case .symbol(.add): throw fail("there is no unary `+`", hint: "leave it out")
    default: throw expected("an expression")
    }
  }

  private mutating func number(_ text: String, _ isInteger: Bool, _ suffix: String, _ span: Span) throws -> Value {
    let suffixSpan = Span(span.end - suffix.utf8.count, span.end)
    if text.lowercased().hasPrefix("0x") {
      let digits = text.dropFirst(2)
      if digits.isEmpty { throw fail("hexadecimal digits are missing after `0x`", at: span) }
      if !suffix.isEmpty { throw fail("`\(suffix)` cannot follow a hexadecimal number", at: suffixSpan) }
      guard let value = Int128(digits, radix: 16) else { throw fail("this number is too large", at: span, label: "above 2¹²⁷ − 1") }
      return Value(integer: value)
    }
    if !suffix.isEmpty {
      guard let unit = Unit(suffix: suffix) else {
        throw fail("unknown unit `\(suffix)`", at: suffixSpan, label: Suggestion.label(for: suffix, among: Unit.allCases.map(\.rawValue)), hint: "units: \(Unit.list)")
      }
      guard let amount = Rational(decimal: text), let value = unit.value(of: amount) else {
        throw fail("this \(unit.dimension == .length ? "length" : "quantity") is too large or too precise", at: span)
      }
      return value
    }
    if isInteger {
      guard let value = Int128(text) else { throw fail("this number is too large", at: span, label: "above 2¹²⁷ − 1", hint: "\(text.prefix(1))e\(text.count - 1) for a float") }
      return Value(integer: value)
    }
    guard let value = Double(text), value.isFinite else { throw fail("this number is too large for a float", at: span) }
    return .float(value)
  }

  /// `(a)`, `(a, b, …)` and `(…)unit`.
  private mutating func parenthesis() throws -> Expression {
    let open = current.span
    let elements = try commaSeparated(.openParenthesis, .closeParenthesis, "to close the parenthesis") { try $0.expression() }
    if elements.isEmpty { throw fail("nothing between `(` and `)`", at: Span(open.start, previousEnd)) }
    let close = previousEnd
    var unit: Name?
    if case .name(let text) = tokens[index].kind, tokens[index].span.start == close {
      unit = Name(text: text, span: tokens[index].span)
      guard let known = Unit(suffix: text), known.dimension == .length || elements.count == 1 else {
        throw fail("`\(text)` is no unit of length", at: tokens[index].span, hint: "(8, 8, 8)nm; units touch the `)`")
      }
      index += 1
    }
    if elements.count == 1, unit == nil {
      let beforeClose = tokens[..<(index - 1)].last { $0.kind != .newline }?.kind
      if beforeClose != .symbol(.comma) { return Expression(elements[0].kind, Span(open.start, close), depth: elements[0].depth) }
    }
    return try node(.coordinate(elements, unit: unit), Span(open.start, previousEnd), over: elements)
  }

  private mutating func record() throws -> Expression {
    let open = current.span
    let fields = try commaSeparated(.openBrace, .closeBrace, "after the field") { parser -> (key: Name, value: Expression) in
      let token = parser.current
      let key: Name
      if case .string(let content, let isLiteral) = token.kind {
        parser.advance()
        key = Name(text: isLiteral ? parser.source.text(content) : try parser.plainText(content), span: token.span)
      } else if let name = parser.wordName() {
        key = name
      } else {
        throw parser.expected("a field name", hint: "{lr: 1e-4, name: \"a\"}")
      }
      try parser.expect(.colon, "after the field name")
      return (key, try parser.expression())
    }
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.key.text).inserted {
      throw fail("the field `\(field.key.text)` is given twice", at: field.key.span)
    }
    return try node(.record(fields), Span(open.start, previousEnd), over: fields.map(\.value))
  }

  // MARK: Functions, conditions, try

  private mutating func function() throws -> Expression {
    let start = current.span
    let documentation = helpAbove(start.start)
    advance()
    var functionName: Name?
    if case .name = current.kind { functionName = try name("the name of a function") }
    if !at(.openParenthesis) { throw expected("`(` and the parameters of the function") }
    let parameters = try commaSeparated(.openParenthesis, .closeParenthesis, "after the parameters") { parser -> (name: Name, initial: Expression?) in
      let name = try parser.name("the name of a parameter")
      if parser.take(.assign) == nil { return (name, nil) }
      return (name, try parser.expression())
    }
    var seen: Set<String> = []
    for parameter in parameters where !seen.insert(parameter.name.text).inserted {
      throw fail("the parameter `\(parameter.name.text)` is given twice", at: parameter.name.span)
    }
    if let index = parameters.firstIndex(where: { $0.initial != nil }), let late = parameters[index...].first(where: { $0.initial == nil }) {
      throw fail("`\(late.name.text)` needs a default, as the parameters before it have one", at: late.name.span)
    }
    let body: FunctionSyntax.Body
    let height: Expression
    if take(.assign) != nil {
      continueLine()
      let value = try nested { try $0.expression() }
      (body, height) = (.expression(value), value)
    } else if at(.openBrace) {
      let block = try block()
      (body, height) = (.block(block), block.height)
    } else {
      throw expected("`=` or `{` and the body of the function")
    }
    let span = Span(start.start, previousEnd)
    let syntax = FunctionSyntax(name: functionName, parameters: parameters, body: body, documentation: documentation, span: span)
    return try node(.function(syntax), span, over: [height] + parameters.compactMap(\.initial))
  }

  /// The `##` lines that stand directly above the line of an offset.
  func helpAbove(_ offset: Int) -> [String] {
    var line = source.position(offset).line
    var lines: [String] = []
    for comment in comments.reversed() where comment.span.start < offset && comment.isHelp && comment.standsAlone {
      guard source.position(comment.span.start).line == line - 1 else { break }
      lines.append(comment.text)
      line -= 1
    }
    return lines.reversed()
  }

  private mutating func conditional() throws -> Expression {
    let start = current.span
    var branches: [(condition: Expression, block: Block)] = []
    var otherwise: Block?
    repeat {
      advance()   // if
      let condition = try nested { try $0.expression() }
      if at(.assign) { throw fail("`=` binds a name and is no condition", hint: "== compares") }
      branches.append((condition, try block()))
      if take(.else) == nil { break }
      if !at(.if) {
        otherwise = try block()
        break
      }
    } while true
    return try node(.conditional(branches, otherwise: otherwise), Span(start.start, previousEnd), over: branches.flatMap { [$0.condition, $0.block.height] } + (otherwise.map { [$0.height] } ?? []))
  }

  private mutating func attempt() throws -> Expression {
    let start = current.span
    advance()
    if at(.openBrace) {
      let body = try block()
      if take(.catch) == nil { throw expected("`catch NAME {` on the line of the `}`") }
      let error = try name("the name of the error")
      let handler = try block()
      return try node(.tryCatch(body, error, handler), Span(start.start, previousEnd), over: [body.height, handler.height])
    }
    let value = try nested { try $0.expression() }
    if take(.else) == nil { throw expected("`else` and what to take instead", hint: "try open(p) else nil") }
    let otherwise = try nested { try $0.expression() }
    return try node(.tryElse(value, otherwise), start.to(otherwise.span), over: [value, otherwise])
  }
}
