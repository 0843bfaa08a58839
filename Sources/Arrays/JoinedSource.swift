// Several sources one after the other along an axis: what concat and stack make. Nothing is read until a box of it is.

import Geometry

package struct JoinedSource: ArraySource {
  private let parts: [any ArraySource]
  /// The axis along which they follow one another.
  private let axis: Int
  /// Whether that axis is new: each part is then one voxel of it.
  private let isStack: Bool
  /// Where each part begins along the axis.
  private let begins: [Int]
  package let shape: [Int]
  package let grid: Grid
  package let dtype: DType

  /// Parts of one type and shape, but for the length along `axis`.
  ///
  /// - Parameter grid: of the whole.
  /// - Throws: `ArrayError.empty` without parts, `.rank`, `.dtypes`, `.shapes`, `.tooLarge`.
  package init(_ parts: [any ArraySource], along axis: Int, isStack: Bool, grid: Grid) throws(ArrayError) {
    guard let first = parts.first else { throw .empty("joining") }
    let rank = first.shape.count + (isStack ? 1 : 0)
    guard grid.rank == rank, axis >= 0, axis < rank else { throw .rank(expected: axis + 1, found: first.shape) }
    var length = 0, begins: [Int] = []
    for part in parts {
      guard part.dtype == first.dtype else { throw .dtypes(first.dtype, part.dtype) }
      var (mine, other) = (first.shape, part.shape)
      if !isStack, mine.count == other.count { (mine[axis], other[axis]) = (0, 0) }
      guard mine == other else { throw .shapes(first.shape, part.shape) }
      begins.append(length)
      let (sum, overflow) = length.addingReportingOverflow(isStack ? 1 : part.shape[axis])
      guard !overflow else { throw .tooLarge(shape: part.shape) }
      length = sum
    }
    var shape = first.shape
    if isStack { shape.insert(length, at: axis) } else { shape[axis] = length }
    (self.parts, self.axis, self.isStack, self.begins, self.shape, self.grid, dtype) = (parts, axis, isStack, begins, shape, grid, first.dtype)
  }

  package var inputs: [any ArraySource] { parts }

  package var chunking: Chunking? {
    guard let chunks = parts.lazy.compactMap(\.chunking).first else { return nil }
    if !isStack { return chunks }
    var (lengths, origin) = (chunks.shape, chunks.origin)
    lengths.insert(1, at: axis)
    origin.insert(0, at: axis)
    return Chunking(shape: lengths, origin: origin)
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    var result = try NDArray(dtype, roi.shape.values, zeroed: false)
    if roi.isEmpty { return result }
    for (index, part) in parts.enumerated() {
      let begin = max(roi.offset[axis], begins[index]), end = min(roi.end[axis], index + 1 < begins.count ? begins[index + 1] : shape[axis])
      if begin >= end { continue }
      var offset = roi.offset.values, box = roi.shape.values, target = [Int](repeating: 0, count: box.count)
      (offset[axis], box[axis], target[axis]) = (begin - begins[index], end - begin, begin - roi.offset[axis])
      let whole = box
      if isStack {
        offset.remove(at: axis)
        box.remove(at: axis)
      }
      try result.assign(try part.read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), context).reshaped(whole), at: target, context)
    }
    return result
  }
}

extension ArrayExpression {
  /// Operands one after the other, all as the smallest type that holds each of them.
  ///
  /// - Parameter axis: an axis of each operand, or for `isStack` where the new axis goes.
  /// - Throws: `ArrayError.dtypes` for int64 with uint64, and what `JoinedSource` throws.
  package static func joined(_ operands: [ArrayExpression], along axis: Int, isStack: Bool, grid: Grid) throws(ArrayError) -> ArrayExpression {
    guard var common = operands.first else { throw .empty("joining") }
    for operand in operands.dropFirst() { common = common.cast(to: try Promotion.common(common, operand)) }
    var parts: [any ArraySource] = []
    for operand in operands { parts.append(operand.cast(to: common.dtype)) }
    return ArrayExpression(try JoinedSource(parts, along: axis, isStack: isStack, grid: grid))
  }
}
