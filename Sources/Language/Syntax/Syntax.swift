// The tree of a script: what the parser makes, the checker reads and the compiler turns into closures.

import Geometry

struct Name: Sendable, Hashable {
  var text: String
  var span: Span
}

struct Script: Sendable {
  var source: Source
  var statements: [Statement]
  /// The `##` lines at its top.
  var documentation: [String]
}

struct Block: Sendable {
  var statements: [Statement]
  /// Braces included.
  var span: Span

  /// Stands for the block where heights of trees are compared.
  var height: Expression { Expression(.error, span, depth: 1 + (statements.lazy.map(\.depth).max() ?? 0)) }
}

struct Statement: Sendable {
  var kind: Kind
  var span: Span
  /// Ends in `;`: nothing is shown.
  var isSilent = false

  indirect enum Kind: Sendable {
    case `import`(ModuleReference, at: Span, as: Name)
    case param(ParamSyntax)
    case `for`([Name], in: Expression, Block)
    case `while`(Expression, Block)
    case `return`(Expression?)
    case `break`
    case `continue`
    /// `operation` for `+=` and its like.
    case assign(Target, operation: BinaryOperator?, Expression, operatorSpan: Span)
    case expression(Expression)
    /// Could not be read; reported.
    case error
  }

  /// What the value that it shows is called: the name that it binds, or is.
  var shownName: String? {
    let name: String? = switch kind {
    case .assign(let target, nil, _, _) where target.path.isEmpty: target.name.text
    case .expression(let expression): if case .name(let name) = expression.kind { name } else { nil }
    default: nil
    }
    return name == "_" ? nil : name
  }

  var depth: Int {
    switch kind {
    case .import, .break, .continue, .error: 0
    case .param(let param): param.initial?.depth ?? 0
    case .for(_, let sequence, let block): max(sequence.depth, block.height.depth)
    case .while(let condition, let block): max(condition.depth, block.height.depth)
    case .return(let value): value?.depth ?? 0
    case .assign(let target, _, let value, _): max(target.depth, value.depth)
    case .expression(let value): value.depth
    }
  }
}

struct ParamSyntax: Sendable {
  var name: Name
  var type: Name?
  var initial: Expression?
  var documentation: String?
}

/// What may stand left of `=`: a name, then any number of indices and fields.
struct Target: Sendable {
  var name: Name
  var path: [Step]
  var span: Span

  enum Step: Sendable {
    case field(Name)
    case index([IndexSyntax], span: Span)
  }

  var depth: Int {
    path.lazy.map { step in
      if case .index(let indices, _) = step { indices.lazy.flatMap(\.expressions).map(\.depth).max() ?? 0 } else { 0 }
    }.max() ?? 0
  }
}

struct Expression: Sendable {
  var kind: Kind
  var span: Span
  /// Height of the tree: bounded, because it is walked recursively.
  var depth: Int

  init(_ kind: Kind, _ span: Span, depth: Int = 1) { (self.kind, self.span, self.depth) = (kind, span, depth) }

  indirect enum Kind: Sendable {
    /// A number, length, string, bool or nil.
    case literal(Value)
    case name(String)
    case end
    case interpolation([Piece])
    /// Two elements or more, or one with a unit.
    case coordinate([Expression], unit: Name?)
    case list([Expression])
    case record([(key: Name, value: Expression)])
    /// `isPiped`: the first argument stood left of `|>`.
    case call(Expression, [ArgumentSyntax], isPiped: Bool)
    case index(Expression, [IndexSyntax])
    case field(Expression, Name)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    case logical(LogicalOperator, Expression, Expression, operatorSpan: Span)
    case range(Expression, Expression)
    case function(FunctionSyntax)
    case conditional([(condition: Expression, block: Block)], otherwise: Block?)
    case tryCatch(Block, Name, Block)
    case tryElse(Expression, Expression)
    case error
  }

  enum Piece: Sendable {
    case text(String)
    case value(Expression, format: String?)
  }
}

enum LogicalOperator: String, Sendable { case and, or, coalesce = "??" }

struct ArgumentSyntax: Sendable {
  var name: Name?
  var value: Expression
  var span: Span
}

struct IndexSyntax: Sendable {
  var axis: Name?
  var kind: Kind
  var span: Span

  enum Kind: Sendable {
    case at(Expression)
    case slice(Expression?, Expression?, Expression?)
  }

  var expressions: [Expression] {
    switch kind {
    case .at(let expression): [expression]
    case .slice(let from, let to, let step): [from, to, step].compactMap { $0 }
    }
  }
}

final class FunctionSyntax: Sendable {
  let name: Name?
  let parameters: [(name: Name, initial: Expression?)]
  let body: Body
  let documentation: [String]
  let span: Span

  enum Body: Sendable {
    case expression(Expression)
    case block(Block)
  }

  init(name: Name?, parameters: [(name: Name, initial: Expression?)], body: Body, documentation: [String], span: Span) {
    (self.name, self.parameters, self.body, self.documentation, self.span) = (name, parameters, body, documentation, span)
  }
}

extension FunctionSyntax.Body {
  /// Of the expression whose value is returned at the end; of the whole body where there is none.
  var resultSpan: Span {
    switch self {
    case .expression(let expression): return expression.span
    case .block(let block):
      switch block.statements.last?.kind {
      case .expression(let expression)?, .return(let expression?)?: return expression.span
      default: return block.span
      }
    }
  }
}
