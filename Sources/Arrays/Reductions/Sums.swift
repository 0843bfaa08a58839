// The reductions that moments answer: sums, means, spreads, ends, and what is true.

import Execution

extension ArrayExpression {
  /// The exact sum: an int of any size for ints and bools, else the nearest double. NaN and infinities propagate; 0 of nothing.
  package func sum(_ context: ExecutionContext) throws -> Scalar { try reduce(Moments(dtype, .sum), context).sum }

  /// - Throws: `ArrayError.empty`, and what evaluating throws; so for all below.
  package func mean(_ context: ExecutionContext) throws -> Double { try some("mean", Moments(dtype, .sum), context).mean }

  /// Population standard deviation (divides by the count); NaN if any value is not finite.
  package func std(_ context: ExecutionContext) throws -> Double { try some("std", Moments(dtype, [.sum, .squares]), context).deviation }

  /// The lowest and highest value in one pass; NaN if any is.
  package func minMax(_ context: ExecutionContext) throws -> (min: Scalar, max: Scalar) {
    let moments = try some("min and max", Moments(dtype, .range), context)
    guard moments.nan == 0, let range = moments.range else { return (.float(.nan), .float(.nan)) }
    return (range.low, range.high)
  }

  package func min(_ context: ExecutionContext) throws -> Scalar { try minMax(context).min }
  package func max(_ context: ExecutionContext) throws -> Scalar { try minMax(context).max }

  /// How many voxels are true.
  ///
  /// - Throws: `ArrayError.dtype` unless bool; so for `any` and `all`.
  package func count(_ context: ExecutionContext) throws -> Int {
    guard dtype == .bool else { throw ArrayError.dtype(expected: "bool", found: dtype) }
    return Int(truncatingIfNeeded: try sum(context).integer ?? 0)
  }

  /// False of nothing.
  package func any(_ context: ExecutionContext) throws -> Bool { try count(context) > 0 }

  /// True of nothing.
  package func all(_ context: ExecutionContext) throws -> Bool { try count(context) == shape.reduce(1, *) }

  private func some(_ name: String, _ empty: Moments, _ context: ExecutionContext) throws -> Moments {
    if shape.contains(0) { throw ArrayError.empty(name) }
    return try reduce(empty, context)
  }
}
