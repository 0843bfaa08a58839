// How numbers lie in a scratch file that is written plane by plane and read column by column.
//
// Column after column, row by row of columns; in a column part after part, and in a part plane after plane. So a column is one read, and what one slab of planes
// has of a column one write.

import Arrays
import Execution

struct ColumnLayout: Sendable {
  let shape: [Int], block: [Int], parts: Int, dtype: DType
  var bytesPerVoxel: Int { parts * dtype.size }
  /// Of the whole file.
  var byteCount: Int { shape.reduce(bytesPerVoxel, *) }

  /// - Parameter shape: [z, y, x]. - Parameter block: of a column; its depth does not matter.
  /// - Parameter parts: numbers a voxel.
  /// - Throws: `ArrayError` where a position would overflow.
  init(shape: [Int], block: [Int], parts: Int = 1, _ dtype: DType = .float32) throws {
    (self.shape, self.block, self.parts, self.dtype) = (shape, block, parts, dtype)
    _ = try NDArray.byteCount(.float64, shape)
  }

  private func extent(_ axis: Int, _ begin: Int) -> Int { min(block[axis], shape[axis] - begin) }

  /// The byte where a column begins. Columns of one row of columns are equally high, so those before it are counted by area.
  private func begin(_ y: Int, _ x: Int) -> Int { (y * shape[2] + x * extent(1, y)) * shape[0] * bytesPerVoxel }

  /// - Parameter values: [z, y, x], the planes from the first of `planes` on, or more.
  func write(_ values: NDArray, _ part: Int = 0, planes: Range<Int>, to file: ScratchFile, _ cancellation: Cancellation) throws {
    for y in stride(from: 0, to: shape[1], by: block[1]) {
      for x in stride(from: 0, to: shape[2], by: block[2]) {
        try cancellation.check()
        let box = [planes.count, extent(1, y), extent(2, x)], area = box[1] * box[2] * dtype.size
        let piece = try values.slice(offset: [0, y, x], shape: box).contiguous()
        try piece.withBytes { try file.write($0, at: begin(y, x) + part * shape[0] * area + planes.lowerBound * area) }
      }
    }
  }

  /// - Parameter place: [z, y, x] of the column's corner.
  func read(_ part: Int = 0, at place: [Int], from file: ScratchFile) throws -> NDArray {
    let box = [shape[0], extent(1, place[1]), extent(2, place[2])]
    var values = try NDArray(dtype, box, zeroed: false)
    try values.withMutableBytes { try file.read(into: $0, at: begin(place[1], place[2]) + part * box.reduce(dtype.size, *)) }
    return values
  }
}
