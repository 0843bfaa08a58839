// Reads of boxes that stick out of an array.
//
//     reflect    c b | a b c d | c b      mirrored at the centre of the edge voxel, as numpy.pad(mode="reflect"); repeats for any width
//     symmetric  b a | a b c d | d c      mirrored at the face of the array, as numpy.pad(mode="symmetric"): what filters see at an edge
//     constant   0 0 | a b c d | 0 0
//
// source   any rank; axes that are not padded are given as they are
// Only voxels that the result shows are read: a box far outside reads the thin slab it mirrors.
// Checked against numpy.pad: PaddingTests.

import Arrays
import Geometry

package enum Pad: Hashable, Sendable, CustomStringConvertible {
  case reflect
  case symmetric
  case constant(Double)

  package var description: String {
    switch self {
    case .reflect: "reflect"
    case .symmetric: "symmetric"
    case .constant(let value): "constant \(value)"
    }
  }
}

/// Voxels of `roi` (all axes of `source`), which may reach outside it on any side.
///
/// - Returns: a contiguous array of `roi.shape`.
/// - Throws: `BlockwiseError.blockRank`, `.emptySource` when reflecting an array without voxels, and what `source.read` throws.
package func readPadded(_ source: any ArraySource, _ roi: VoxelRoi, pad: Pad, _ context: borrowing ReadContext) throws -> NDArray {
  let shape = source.shape
  guard roi.rank == shape.count else { throw BlockwiseError.blockRank("roi", expected: shape.count, found: roi.shape.values) }
  if lies(roi, within: shape) { return try source.read(roi, context).contiguous() }
  let whole = try VoxelRoi(shape: shape)
  if roi.isEmpty { return try NDArray(source.dtype, roi.shape.values) }

  switch pad {
  case .constant(let value):
    var result = try filled(source.dtype, roi.shape.values, value)
    let inside = try roi.intersection(whole)
    if !inside.isEmpty { try result.assign(try source.read(inside, context), at: (inside.offset - roi.offset).values) }
    return result

  case .reflect, .symmetric:
    if whole.isEmpty { throw BlockwiseError.emptySource(shape: shape) }
    var read = roi, indices: [[Int]] = []
    for axis in 0..<roi.rank {
      let seen = (0..<roi.shape[axis]).map { pad == .reflect ? reflected(roi.offset[axis] + $0, shape[axis]) : mirrored(roi.offset[axis] + $0, shape[axis]) }
      let low = seen.min() ?? 0, high = seen.max() ?? 0
      (read.offset[axis], read.shape[axis]) = (low, high - low + 1)
      indices.append(seen.map { $0 - low })
    }
    return try gather(try source.read(read, context).contiguous(), indices)
  }
}

private func lies(_ roi: VoxelRoi, within shape: [Int]) -> Bool {
  for axis in shape.indices {
    let begin = roi.offset.values[axis], length = roi.shape.values[axis]
    if begin < 0 || length > shape[axis] || begin > shape[axis] - length { return false }
  }
  return true
}

/// The index inside `0..<length` that a mirror at both edge voxels shows at `index`.
package func reflected(_ index: Int, _ length: Int) -> Int {
  if index >= 0 && index < length { return index }
  if length <= 1 { return 0 }
  let period = 2 * (length - 1)
  let phase = ((index % period) + period) % period
  return phase < length ? phase : period - phase
}

/// The index inside `0..<length` that a mirror at both faces shows at `index`.
private func mirrored(_ index: Int, _ length: Int) -> Int {
  if index >= 0 && index < length { return index }
  let period = 2 * length, phase = ((index % period) + period) % period
  return phase < length ? phase : period - 1 - phase
}

private func filled(_ dtype: DType, _ shape: [Int], _ value: Double) throws -> NDArray {
  var result = try NDArray(dtype, shape)
  if value == 0 { return result }
  func fill<T: Element>(_: T.Type) { result.withMutableElements(T.self) { $0.update(repeating: T(saturating: value)) } }
  fill(dtype.type)
  return result
}

/// `result[i, j, …] = source[indices[0][i], indices[1][j], …]`.
private func gather(_ source: NDArray, _ indices: [[Int]]) throws -> NDArray {
  var result = try NDArray(source.dtype, indices.map(\.count), zeroed: false)
  guard let columns = indices.last else { return source }
  let strides = source.strides, rank = indices.count

  func go<T: Element>(_: T.Type) {
    source.withElements(T.self) { input in
      result.withMutableElements(T.self) { output in
        var written = 0
        func row(_ axis: Int, _ base: Int) {
          if axis == rank - 1 {
            for column in columns {
              output[written] = input[base + column]
              written += 1
            }
          } else {
            for index in indices[axis] { row(axis + 1, base + index * strides[axis]) }
          }
        }
        row(0, 0)
      }
    }
  }
  go(source.dtype.type)
  return result
}
