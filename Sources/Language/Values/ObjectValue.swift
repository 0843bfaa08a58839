// How other modules add kinds of values: arrays, ROIs, tables, models. The language knows them only through this protocol.
//
// Four requirements; everything else has a default that says, in the language's words, that the kind does not support it.
// A conformer is a value: `assign` may change it in place because the evaluator has made sure that nobody else holds it.

/// A kind of value that the language does not know itself.
package protocol ObjectValue: Sendable {
  /// What messages and signatures call it: "array", "roi".
  var typeName: String { get }
  /// Nouns after the dot, for completion and for suggestions. No I/O.
  var fieldNames: [String] { get }
  /// A noun after the dot; nil if there is none of this name.
  func field(_ name: String, _ context: CallContext) throws -> Value?
  /// What the prompt shows and `print` prints; lines end in "\n" except the last. Reads no chunk.
  func summary(_ style: DisplayStyle) -> String

  /// Whether a parameter declared as `typeName` takes it; by default only its own name.
  func isKind(of typeName: String) -> Bool
  /// Whether `name = value` shows its summary at the prompt.
  var showsWhenBound: Bool { get }
  /// One line for the inside of lists, records and messages.
  var brief: String { get }
  /// Whether "{…}" in a string takes that line rather than the whole summary.
  var isBriefInText: Bool { get }

  // Indexing. `nil` from `axisLength` means that there is no such axis; `end` then is an error.
  func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value
  func axisLength(_ position: Int, name: String?, of count: Int) -> Int?
  mutating func assign(_ value: Value, at indices: [IndexArgument], _ context: CallContext) throws
  mutating func assign(_ value: Value, field name: String, _ context: CallContext) throws

  // Operators. nil: this side does not know the other; the right side is asked after the left.
  func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value?
  func unary(_ operation: UnaryOperator, _ context: CallContext) throws -> Value?
  /// Deep equality, for values inside lists and records. `==` itself asks `binary` first.
  func equals(_ other: any ObjectValue) -> Bool

  /// An expression of the language that makes it again; nil where there is none.
  var expression: String? { get }
  /// Equal only for values of which nothing computes different things: what a plan remembers of one that a function captured. By default the
  /// expression; nil: no more than the brief.
  var identity: String? { get }

  /// Values of the language that it holds (cells of a table): how deep values hold each other is limited.
  var heldValues: [Value] { get }
  /// Whether it may hold any; asked often.
  var holdsValues: Bool { get }

  // `for`, `len`, `in`. nil: cannot be iterated.
  var elementCount: Int? { get }
  func element(at position: Int, _ context: CallContext) throws -> Value
  /// What the first of two loop names gets; by default the position.
  func elementKey(at position: Int) -> Value

  /// Why it is no condition: "4,096 truth values; use any(…) or all(…)".
  var conditionAdvice: String? { get }

  // Laziness. An expression that has not been computed answers `isSettled == false`; the evaluator settles it when it is bound,
  // stored, shown, or passed to a parameter that does not declare that it streams.
  var isSettled: Bool { get }
  func settled(_ reason: SettleReason, _ context: CallContext) throws -> Value

  /// For a dry run: the same, but refusing to read what lies on disk (by an error that is `NotKnown`); nil where nothing can be read through it.
  func withoutValues() -> (any ObjectValue)?
  /// For a dry run: what a word that needs all of it would read.
  var readItems: [Effect.Item] { get }
}

/// Why a lazy expression is computed now; E6 names it ("binding `mask` would hold all of it").
package enum SettleReason: Sendable, Equatable {
  case binding(String)
  case storing
  case showing
  case passing(argument: String, to: String)
  case returning
}

/// One entry between `[` and `]`.
package struct IndexArgument: Sendable {
  /// `z=` before it.
  package var axis: String?
  package var selector: Selector
  package var span: Span

  package enum Selector: Sendable {
    case at(Value)
    /// Missing bounds are nil. Bounds are ints (voxels) or lengths (world).
    case slice(from: Value?, to: Value?, step: Value?)
  }

  package init(axis: String? = nil, _ selector: Selector, span: Span = .none) { (self.axis, self.selector, self.span) = (axis, selector, span) }
}

package enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", isIn = "in"
  case and = "&", or = "|"

  package var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }

  /// "cannot add …"
  package var verb: String {
    switch self {
    case .add: "add"
    case .subtract: "subtract"
    case .multiply: "multiply"
    case .divide, .floorDivide, .modulo: "divide"
    case .power: "raise"
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: "compare"
    case .isIn: "look for"
    case .and: "intersect"
    case .or: "unite"
    }
  }
}

package enum UnaryOperator: String, Sendable { case negate = "-", not = "not" }

/// Holds an object; changed in place only while one value alone refers to it.
package final class ObjectBox: @unchecked Sendable {   // `object` changes only when uniquely referenced
  package internal(set) var object: any ObjectValue
  package init(_ object: any ObjectValue) { self.object = object }
}

extension ObjectValue {
  package var expression: String? { nil }
  package var identity: String? { expression }
  package func isKind(of typeName: String) -> Bool { self.typeName == typeName }
  package var showsWhenBound: Bool { false }
  package var brief: String { typeName }
  package var isBriefInText: Bool { false }
  package var conditionAdvice: String? { nil }
  package var heldValues: [Value] { [] }
  package var holdsValues: Bool { false }
  package var isSettled: Bool { true }
  package func settled(_ reason: SettleReason, _ context: CallContext) throws -> Value { Value(any: self) }
  package func withoutValues() -> (any ObjectValue)? { nil }
  package var readItems: [Effect.Item] { [] }
  package var elementCount: Int? { nil }
  package func elementKey(at position: Int) -> Value { .int(position) }
  package func axisLength(_ position: Int, name: String?, of count: Int) -> Int? { nil }
  package func equals(_ other: any ObjectValue) -> Bool { false }
  package func binary(_ operation: BinaryOperator, _ other: Value, selfIsLeft: Bool, _ context: CallContext) throws -> Value? { nil }
  package func unary(_ operation: UnaryOperator, _ context: CallContext) throws -> Value? { nil }

  package func index(_ indices: [IndexArgument], _ context: CallContext) throws -> Value {
    throw Failure(.type, "\(Words.article(typeName)) cannot be indexed")
  }
  package func assign(_ value: Value, at indices: [IndexArgument], _ context: CallContext) throws {
    throw Failure(.type, "the elements of \(Words.article(typeName)) cannot be changed")
  }
  package func assign(_ value: Value, field name: String, _ context: CallContext) throws {
    throw Failure(.type, "the fields of \(Words.article(typeName)) cannot be changed")
  }
  package func element(at position: Int, _ context: CallContext) throws -> Value {
    throw Failure(.type, "\(Words.article(typeName)) cannot be iterated")
  }
}

/// Where text is shown.
package struct DisplayStyle: Sendable {
  /// Columns; at least 60 are promised to be readable.
  package var width: Int
  package var color: Bool
  /// Whether it goes to a terminal, which would obey control characters.
  package var isTerminal = false
  /// What the value is called, where it is shown because it was bound.
  package var name: String?
  /// Rows of a table before "… more".
  package var rows = 20
  /// When it is shown, in seconds since 1970; nil where nobody says.
  package var now: Double?
  package init(width: Int = 80, color: Bool = false, name: String? = nil) { (self.width, self.color, self.name) = (width, color, name) }
}
