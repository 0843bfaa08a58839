/// The smallest piece of a script.
struct Token: Sendable {
  var kind: Kind
  var span: Span

  enum Kind: Equatable, Sendable {
    case name(String)
    case keyword(Keyword)
    /// A number and the letters that touch it: `16nm`. `unit` is empty for a plain number.
    case number(text: String, isInteger: Bool, unit: String)
    /// Between the quotes, not yet read. Double quotes take escapes and `{…}`.
    case string(content: Span, isLiteral: Bool)
    case symbol(Symbol)
    case newline
    case end
    /// Reported by the lexer already.
    case invalid
  }
}

enum Keyword: String, CaseIterable, Sendable {
  case and, `as`, `break`, `catch`, `continue`, `else`, end, `false`, fn, `for`, `if`, `import`, `in`, `nil`, not, or, param, `return`, `true`, `try`, `while`
}

enum Symbol: String, CaseIterable, Sendable {
  // longest first, so that the first match is the right one
  case floorDivide = "//", power = "**", pipe = "|>", coalesce = "??", range = ".."
  case equal = "==", notEqual = "!=", lessOrEqual = "<=", greaterOrEqual = ">="
  case addAssign = "+=", subtractAssign = "-=", multiplyAssign = "*=", divideAssign = "/="
  case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", less = "<", greater = ">", assign = "=", ampersand = "&", bar = "|"
  case openParenthesis = "(", closeParenthesis = ")", openBracket = "[", closeBracket = "]", openBrace = "{", closeBrace = "}"
  case comma = ",", colon = ":", dot = ".", semicolon = ";"

  static let bytes: [(symbol: Symbol, bytes: [UInt8])] = allCases.map { ($0, Array($0.rawValue.utf8)) }
}

extension Token.Kind {
  /// For "expected …, found …".
  var phrase: String {
    switch self {
    case .name(let text): "`\(text)`"
    case .keyword(let keyword): "`\(keyword.rawValue)`"
    case .number(let text, _, let unit): "`\(text)\(unit)`"
    case .string: "a string"
    case .symbol(let symbol): "`\(symbol.rawValue)`"
    case .newline: "the end of the line"
    case .end: "the end of the script"
    case .invalid: "something unreadable"
    }
  }
}
