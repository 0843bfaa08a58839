// Elementwise arithmetic that is not done yet: arrays in memory or on disk, numbers, and the steps between them.
//
// An expression is itself a source: reading a box of it reads that box of each input once and applies all steps strip by strip, in the
// first-level cache, without temporaries. Reductions and writers stream over it block by block in bounded memory.
//
//   axes      of two operands are matched by name; equal names need equal lengths and grids; missing ones broadcast
//   types     settled by Promotion.swift when a step is made
//   values    byte-equal for any cut into blocks and any number of threads
//   errors    the first step that fails, at its first voxel in C order, whatever ran first
// Checked against exact integer arithmetic and a naive loop: ExpressionTests, PromotionTests.

import Execution
import Geometry

package struct ArrayExpression: ArraySource {
  let node: ExpressionNode
  package let shape: [Int]
  package let grid: Grid
  /// The number it is, where it stands for a single number, which takes its type from the other side.
  package let number: Scalar?

  package var dtype: DType { node.dtype }

  /// An array, or anything else that can be read by boxes. An expression is itself.
  package init(_ source: any ArraySource) {
    if let expression = source as? ArrayExpression { self = expression; return }
    self.init(ExpressionNode(.source(source), source.dtype), source.shape, source.grid)
  }

  package init(_ array: NDArray) { self.init(Volume(array)) }

  /// A number. It is as exact as it was written and never widens the array it meets.
  package init(_ number: Scalar) {
    let dtype: DType
    switch number {
    case .bool: dtype = .bool
    case .int(let value): dtype = DType.int64.bounds?.contains(value) == true ? .int64 : .uint64
    case .float: dtype = .float64
    }
    node = ExpressionNode(.constant(number.bits(as: dtype) ?? 0), dtype)
    (shape, grid, self.number) = ([], Grid(unknown: []), number)
  }

  init(_ node: ExpressionNode, _ shape: [Int], _ grid: Grid) { (self.node, self.shape, self.grid, number) = (node, shape, grid, nil) }

  /// The same values with other names of axes, at another place.
  ///
  /// - Throws: `ArrayError.rank`.
  package func placed(on grid: Grid) throws(ArrayError) -> ArrayExpression {
    guard grid.rank == shape.count else { throw .rank(expected: grid.rank, found: shape) }
    if grid == self.grid { return self }
    return ArrayExpression(PlacedSource(base: self, grid: grid))
  }

  /// The same axes and place with other steps.
  func with(_ node: ExpressionNode) -> ArrayExpression { ArrayExpression(node, shape, grid) }

  /// This operand as `dtype`: a number becomes that type if it can.
  ///
  /// - Throws: `ArrayError.doesNotFit` for a number that cannot.
  func operand(_ dtype: DType) throws(ArrayError) -> ExpressionNode {
    guard let number else {
      // The one widening that can lose: labels beyond int64 beside a small signed type.
      return node.dtype == .uint64 && dtype == .int64 ? ExpressionNode(.cast(node, .checked), dtype) : node.widened(to: dtype)
    }
    if dtype.isFloat { return ExpressionNode(.constant(number.rounded(to: dtype)), dtype) }
    guard let bits = number.bits(as: dtype) else { throw .doesNotFit(dtype, count: 1, total: 1, first: number.description, index: []) }
    return ExpressionNode(.constant(bits), dtype)
  }
}

extension Scalar {
  /// The bytes of the nearest float, infinite if it is beyond all.
  func rounded(to dtype: DType) -> UInt64 {
    switch dtype {
    case .float16: UInt64(Float16(double).bitPattern)
    case .float32: UInt64(Float(double).bitPattern)
    default: double.bitPattern
    }
  }
}
