/// A step of an expression: what to do with which earlier steps. Immutable; a step that two others use is one object, and is done once a strip.
///
/// Types are settled when a step is made: each names the element type it gives, and takes what its kernel takes.
final class ExpressionNode: Sendable {
  enum Step: Sendable {
    case source(any ArraySource)
    case constant(UInt64)
    /// Exact, or int → float rounded to nearest.
    case widen(ExpressionNode)
    case cast(ExpressionNode, CastMode)
    case unary(UnaryFunction, ExpressionNode)
    case binary(Int32, ExpressionNode, ExpressionNode)
    case compare(Comparison, ExpressionNode, ExpressionNode)
    case select(ExpressionNode, ExpressionNode, ExpressionNode)
  }

  let step: Step
  let dtype: DType

  init(_ step: Step, _ dtype: DType) { (self.step, self.dtype) = (step, dtype) }

  var inputs: [ExpressionNode] {
    switch step {
    case .source, .constant: []
    case .widen(let a), .cast(let a, _), .unary(_, let a): [a]
    case .binary(_, let a, let b), .compare(_, let a, let b): [a, b]
    case .select(let c, let a, let b): [c, a, b]
    }
  }

  /// This step's values as `target`, without loss of range.
  func widened(to target: DType) -> ExpressionNode { dtype == target ? self : ExpressionNode(.widen(self), target) }

  /// Through a cast, where a loop narrows what it had widened: nothing can fail to fit.
  func narrowed(to target: DType) -> ExpressionNode { dtype == target ? self : ExpressionNode(.cast(self, .clip), target) }
}

/// The type in which a type's arithmetic is done without loss.
extension DType {
  var wide: DType {
    switch self {
    case .bool, .uint8, .uint16, .int8, .int16, .int32: .int32
    case .uint32, .int64: .int64
    case .uint64: .uint64
    case .float16, .float32: .float32
    case .float64: .float64
    }
  }

  /// At most 16 bits of integer: exact in float32.
  var isSmallInteger: Bool { self == .bool || (isInteger && size <= 2) }
}
