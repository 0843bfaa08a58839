// Copies of strided boxes, on one thread or on all.

import CKernels
import Execution

/// Copies a strided box of elements of 1, 2, 4 or 8 bytes; strides in elements.
func copyElements(
  _ shape: [Int], _ size: Int, from source: UnsafeRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer, _ targetStrides: [Int]
) {
  if shape.contains(0) { return }
  // axes beyond those that the kernel walks are walked here
  guard shape.count > Int(DCS_COPY_AXES) else {
    dcs_copy_box(Int32(size), Int32(shape.count), shape.map(Int64.init), source, sourceStrides.map(Int64.init), target, targetStrides.map(Int64.init))
    return
  }
  for i in 0..<shape[0] {
    copyElements(
      Array(shape.dropFirst()), size, from: source + i * sourceStrides[0] * size, Array(sourceStrides.dropFirst()), to: target + i * targetStrides[0] * size, Array(targetStrides.dropFirst()))
  }
}

/// The same in pieces along the longest axis, on the threads that there are.
///
/// - Throws: `Cancelled`.
func copyElements(
  _ shape: [Int], _ size: Int, from source: UnsafeRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer, _ targetStrides: [Int],
  _ context: borrowing ReadContext
) throws {
  let whole = shape.reduce(1, *), piece = 1 << 20, cancellation = context.cancellation
  guard whole > piece, let axis = shape.indices.max(by: { (shape[$0], -$0) < (shape[$1], -$1) }) else {
    copyElements(shape, size, from: source, sourceStrides, to: target, targetStrides)
    return
  }
  nonisolated(unsafe) let (source, target) = (source, target)   // pieces do not overlap
  try forEachRange(shape[axis], grain: max(1, (shape[axis] * piece / whole + 63) / 64 * 64), context.pool) { _, range in
    try cancellation?.check()
    var box = shape
    box[axis] = range.count
    copyElements(box, size, from: source + range.lowerBound * sourceStrides[axis] * size, sourceStrides, to: target + range.lowerBound * targetStrides[axis] * size, targetStrides)
  }
}
