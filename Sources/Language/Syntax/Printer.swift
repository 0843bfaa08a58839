// A tree as text that parses to the same tree: tests and the fuzzer prove the parser by it. Comments other than help are not in the tree.

/// Writes a script without mistakes.
struct Printer {
  private var text = ""
  private var indent = 0
  /// Inside `"{…}"`: one line, and no double quotes.
  private var isInString = false

  static func text(of script: Script) -> String {
    var printer = Printer()
    for line in script.documentation { printer.text += "## \(line)\n" }
    if !script.documentation.isEmpty { printer.text += "\n" }
    for statement in script.statements { printer.line(statement) }
    return printer.text
  }

  // MARK: Statements

  private mutating func line(_ statement: Statement) {
    let margin = String(repeating: "  ", count: indent)
    if case .expression(let value) = statement.kind, case .function(let syntax) = value.kind {
      for line in syntax.documentation { text += "\(margin)## \(line)\n" }
    }
    text += margin
    write(statement)
    if statement.isSilent { text += ";" }
    if case .param(let param) = statement.kind, let help = param.documentation { text += "  ## \(help)" }
    text += "\n"
  }

  private mutating func write(_ statement: Statement) {
    switch statement.kind {
    case .import(let reference, _, let name):
      switch reference {
      case .name(let module): text += "import \(module)"
      case .file(let path, _): text += "import \(Value.quoted(path))"
      }
      text += " as \(name.text)"
    case .param(let param):
      text += "param \(param.name.text)"
      if let type = param.type { text += ": \(type.text)" }
      if let initial = param.initial {
        text += " = "
        write(initial)
      }
    case .for(let names, let sequence, let block):
      text += "for \(names.map(\.text).joined(separator: ", ")) in "
      write(sequence)
      text += " "
      write(block)
    case .while(let condition, let block):
      text += "while "
      write(condition)
      text += " "
      write(block)
    case .return(let value):
      text += "return"
      if let value {
        text += " "
        write(value)
      }
    case .break: text += "break"
    case .continue: text += "continue"
    case .assign(let target, let operation, let value, _):
      text += target.name.text
      for step in target.path {
        switch step {
        case .field(let name): text += ".\(name.text)"
        case .index(let indices, _): write(indices)
        }
      }
      text += " \(operation?.rawValue ?? "")= "
      write(value)
    case .expression(let value): write(value)
    case .error: text += "…"
    }
  }

  private mutating func write(_ block: Block) {
    if block.statements.isEmpty { text += "{ }"; return }
    if isInString {
      text += "{ "
      for (position, statement) in block.statements.enumerated() {
        write(statement)
        text += statement.isSilent || position + 1 < block.statements.count ? "; " : " "
      }
      text += "}"
      return
    }
    text += "{\n"
    indent += 1
    for statement in block.statements { line(statement) }
    indent -= 1
    text += String(repeating: "  ", count: indent) + "}"
  }

  // MARK: Expressions

  /// How tightly an expression holds together; an operand that holds less gets parentheses.
  private enum Level: Int, Comparable {
    case whole, pipe, coalesce, or, and, union, intersection, not, comparison, range, sum, term, unary, postfix

    static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    var next: Level { Level(rawValue: rawValue + 1) ?? .postfix }
  }

  private static func level(_ expression: Expression) -> Level {
    switch expression.kind {
    case .function, .conditional, .tryCatch, .tryElse: .whole
    case .call(_, _, isPiped: true): .pipe
    case .logical(.coalesce, _, _, _): .coalesce
    case .logical(.or, _, _, _): .or
    case .logical(.and, _, _, _): .and
    case .unary(.not, _): .not
    case .unary(.negate, _): .unary
    case .binary(let operation, _, _, _): level(operation)
    case .range: .range
    default: .postfix
    }
  }

  private static func level(_ operation: BinaryOperator) -> Level {
    switch operation {
    case .or: .union
    case .and: .intersection
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: .comparison
    case .add, .subtract: .sum
    case .multiply, .divide, .floorDivide, .modulo: .term
    case .power: .unary
    }
  }

  private mutating func write(_ expression: Expression, atLeast level: Level) {
    let needs = Self.level(expression) < level
    if needs { text += "(" }
    write(expression)
    if needs { text += ")" }
  }

  private mutating func infix(_ symbol: String, _ left: Expression, _ leftLevel: Level, _ right: Expression, _ rightLevel: Level) {
    write(left, atLeast: leftLevel)
    text += symbol
    write(right, atLeast: rightLevel)
  }

  private mutating func write(_ expression: Expression) {
    let level = Self.level(expression)
    switch expression.kind {
    case .literal(let value): text += literal(value)
    case .name(let name): text += name
    case .end: text += "end"
    case .error: text += "…"
    case .interpolation(let pieces): write(pieces)
    case .coordinate(let elements, let unit):
      text += "("
      list(elements)
      text += elements.count == 1 && unit == nil ? ",)" : ")"
      text += unit?.text ?? ""
    case .list(let elements):
      text += "["
      list(elements)
      text += "]"
    case .record(let fields):
      text += "{"
      for (position, field) in fields.enumerated() {
        text += (position > 0 ? ", " : "") + key(field.key.text) + ": "
        write(field.value)
      }
      text += "}"
    case .call(let callee, let arguments, let isPiped):
      if isPiped {
        write(arguments[0].value, atLeast: .pipe)
        text += " |> "
      }
      write(callee, atLeast: .postfix)
      write(Array(arguments.dropFirst(isPiped ? 1 : 0)))
    case .index(let base, let indices):
      write(base, atLeast: .postfix)
      write(indices)
    case .field(let base, let name):
      write(base, atLeast: .postfix)
      text += ".\(name.text)"
    case .unary(.negate, let operand):
      text += "-"
      write(operand, atLeast: .unary)
    case .unary(.not, let operand):
      text += "not "
      write(operand, atLeast: .not)
    case .binary(.power, let left, let right, _): infix(" ** ", left, .postfix, right, .unary)
    case .binary(let operation, let left, let right, _):
      infix(" \(operation.rawValue) ", left, level == .comparison ? .range : level, right, level.next)
    case .logical(let operation, let left, let right, _): infix(" \(operation.rawValue) ", left, level, right, level.next)
    case .range(let left, let right): infix("..", left, .sum, right, .sum)
    case .function(let syntax): write(syntax)
    case .conditional(let branches, let otherwise):
      for (position, branch) in branches.enumerated() {
        text += position > 0 ? " else if " : "if "
        write(branch.condition)
        text += " "
        write(branch.block)
      }
      if let otherwise {
        text += " else "
        write(otherwise)
      }
    case .tryCatch(let body, let name, let handler):
      text += "try "
      write(body)
      text += " catch \(name.text) "
      write(handler)
    case .tryElse(let value, let otherwise):
      text += "try "
      tried(value)
      text += " else "
      write(otherwise)
    }
  }

  /// After `try` a `{` would be a block, and an `else` would belong to an `if`.
  private mutating func tried(_ value: Expression) {
    let start = text.utf8.count
    write(value, atLeast: .pipe)
    guard text.utf8.dropFirst(start).first == UInt8(ascii: "{") else { return }
    text.insert("(", at: text.utf8.index(text.startIndex, offsetBy: start))
    text += ")"
  }

  private mutating func write(_ syntax: FunctionSyntax) {
    text += "fn" + (syntax.name.map { " " + $0.text } ?? "") + "("
    for (position, parameter) in syntax.parameters.enumerated() {
      text += (position > 0 ? ", " : "") + parameter.name.text
      if let initial = parameter.initial {
        text += "="
        write(initial)
      }
    }
    text += ")"
    switch syntax.body {
    case .expression(let value):
      text += " = "
      write(value)
    case .block(let block):
      text += " "
      write(block)
    }
  }

  private mutating func list(_ elements: [Expression]) {
    for (position, element) in elements.enumerated() {
      if position > 0 { text += ", " }
      write(element)
    }
  }

  private mutating func write(_ arguments: [ArgumentSyntax]) {
    text += "("
    for (position, argument) in arguments.enumerated() {
      text += (position > 0 ? ", " : "") + (argument.name.map { $0.text + "=" } ?? "")
      write(argument.value)
    }
    text += ")"
  }

  private mutating func write(_ indices: [IndexSyntax]) {
    text += "["
    for (position, index) in indices.enumerated() {
      text += (position > 0 ? ", " : "") + (index.axis.map { $0.text + "=" } ?? "")
      switch index.kind {
      case .at(let value): write(value)
      case .slice(let from, let to, let step):
        if let from { write(from) }
        text += ":"
        if let to { write(to) }
        if let step {
          text += ":"
          write(step)
        }
      }
    }
    text += "]"
  }

  // MARK: Literals

  private func literal(_ value: Value) -> String {
    switch value {
    case .string(let string): quoted(string)
    case .length, .duration, .bytes: value.source() ?? value.written()
    default: value.written()
    }
  }

  private func quoted(_ string: String) -> String { isInString ? "'\(string)'" : Value.quoted(string) }

  private func key(_ name: String) -> String {
    Keyword(rawValue: name) != nil || Lexer.isName(name) ? name : quoted(name)
  }

  private mutating func write(_ pieces: [Expression.Piece]) {
    text += "\""
    for piece in pieces {
      switch piece {
      // by scalars: an accent behind a brace would join the quote before it
      case .text(let string): text.unicodeScalars += Value.quoted(string).unicodeScalars.dropFirst().dropLast()
      case .value(let value, let format):
        text += "{"
        let outer = isInString
        isInString = true
        write(value)
        isInString = outer
        text += (format.map { ":\($0)" } ?? "") + "}"
      }
    }
    text += "\""
  }
}
