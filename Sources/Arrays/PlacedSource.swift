import Geometry

/// A source whose axes have other names, at another place.
struct PlacedSource: ArraySource {
  let base: any ArraySource
  let grid: Grid

  var dtype: DType { base.dtype }
  var shape: [Int] { base.shape }
  var chunking: Chunking? { base.chunking }
  var inputs: [any ArraySource] { [base] }
  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { try base.read(roi, context) }
}
