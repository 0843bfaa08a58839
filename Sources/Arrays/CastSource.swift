import Geometry

/// A source seen as another element type: a view, cast as it is read. Values that do not fit are errors of the read that meets them.
package struct CastSource: ArraySource {
  package let base: any ArraySource
  package let mode: CastMode
  /// The same as an expression, to be fused with what is done to it.
  package let expression: ArrayExpression

  package init(_ base: any ArraySource, to dtype: DType, _ mode: CastMode) {
    (self.base, self.mode, expression) = (base, mode, ArrayExpression(base).cast(to: dtype, mode))
  }

  package var dtype: DType { expression.dtype }
  package var shape: [Int] { base.shape }
  package var grid: Grid { base.grid }
  package var chunking: Chunking? { base.chunking }
  package var identity: [Int]? { base.identity.map { $0 + [Int(dtype.code), Int(mode.code), -1] } }
  package var inputs: [any ArraySource] { [base] }
  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { try expression.read(roi, context) }
}
