// Signed distance to the faces between voxels whose labels differ: the target that distance tasks learn.
//
// The definition (DaCapo's) marks faces on a grid of shape 2s − 1 and transforms that grid at half the voxel size: eight times the voxels. Here the same numbers come
// from the grid itself. A marked point lies half way between two voxels of one axis and on the voxel grid of the others, so with the squares
//   X[z, y, x]   to the nearest x-face of the row,   Y[z, y½, x]   to the nearest y-face of that half row,   Z[z½, y, x]   likewise
// min over faces of a separable sum is a sum of minima taken axis by axis:
//   B[z, y, x]   = envelope along y of X at whole rows and Y at half rows        C[z½, y, x] = envelope along y of Z
//   D²[z, y, x]  = envelope along z of B at whole planes and C at half planes
// Two volumes of float32 in flight instead of eight. Edges and corners of the doubled grid stay unmarked, as in the definition.
// labels    [z, y, x], bool or integer       distance  [z, y, x], float32, units of the voxel size, > 0 where label ≠ 0, < 0 where 0, never 0
// Checked against its plain twin (the doubled grid, by definition) and scipy on the doubled grid (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

/// Distance to the nearest face between different labels, negative on background.
///
/// Neighbours of a flat boundary get ± half a voxel. Without any boundary all voxels get ± half the smallest extent of the array,
/// minus if all labels are 0. Instance labels also have boundaries between instances.
///
/// - Parameter voxelSize: one length an axis, above 0.
/// - Throws: `SegmentationError.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels); one float32 volume besides the result.
package func signedDistance(_ labels: NDArray, voxelSize: [Double], _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "signed_distance")
  try checkDiscrete("signed_distance", labels)
  let sizes = try box.perAxis(voxelSize, missing: 1, "voxel size", "signed_distance")
  try checkVoxelSize("signed_distance", sizes)
  var distances = try result(.float32, labels.shape, context)
  if box.isEmpty { return distances }
  let packed = try labels.contiguous()
  let between = try Buffer(count: box.count * 4, zeroed: false)   // Y, then Z and C
  let half = between.bytes.assumingMemoryBound(to: Float.self)

  try distances.withMutableElements(Float.self) { out in
    try packed.withBytes { bytes in
      guard let out = out.baseAddress, let voxels = bytes.baseAddress else { return }
      try faceSquares(box, voxels, packed.dtype.size, sizes, out, half, context)
      if box.depth > 1 { try envelope(box, .z, even: out, odd: half, out: out, step: sizes[0], context) }
      if out[0].isInfinite {   // no face in the volume
        let extent = halfExtent(box, sizes), empty = bytes.allSatisfy { $0 == 0 }
        for i in 0..<box.count { out[i] = Float(empty ? -extent : extent) }
        return
      }
      try rootsWithSigns(box, voxels, packed.dtype.size, out, context)
    }
  }
  return distances
}

/// The passes along x and y: B of every plane in `whole`, and C of the half planes between them in `half`, which is also used on the way.
func faceSquares(
  _ box: Box, _ voxels: UnsafeRawPointer, _ size: Int, _ sizes: [Double], _ whole: UnsafeMutablePointer<Float>, _ half: UnsafeMutablePointer<Float>, _ context: ExecutionContext
) throws {
  let faces = FaceRows(box, voxels, size, sizes[2])
  try faces.inRows(whole, context)
  if box.height > 1 {
    try faces.betweenRows(along: .y, half, context)
    try envelope(box, .y, even: whole, odd: half, out: whole, step: sizes[1], context)
  }
  if box.depth > 1 {
    try faces.betweenRows(along: .z, half, context)
    try envelope(box.with(depth: box.depth - 1), .y, even: half, odd: nil, out: half, step: sizes[1], context)
  }
}

/// What stands for the distance where there is no face at all: half the smallest extent.
func halfExtent(_ box: Box, _ sizes: [Double]) -> Double { (3 - box.rank..<3).map { Double(box.extents[$0]) * sizes[$0] / 2 }.min() ?? 0 }

/// Squares become distances, below 0 where the label is 0.
func rootsWithSigns(_ box: Box, _ voxels: UnsafeRawPointer, _ size: Int, _ out: UnsafeMutablePointer<Float>, _ context: ExecutionContext) throws {
  let scratch = try WorkerScratch(context, bytes: box.width)
  let slabs = pieces(box.rows, context.pool.threads * 8)
  try context.forEach(slabs.count) { slab, worker in
    let background = scratch[worker].assumingMemoryBound(to: UInt8.self)
    for row in slabs[slab] {
      dcs_seg_square_roots(out + row * box.width, Int64(box.width))
      dcs_seg_is_zero(voxels + row * box.width * size, Int64(box.width), Int32(size), background)
      dcs_seg_negate_where(out + row * box.width, Int64(box.width), background)
    }
  }
}

/// The first axis: squared distances in a row to faces inside it, or to faces between it and another row.
private struct FaceRows {
  let box: Box, voxels: UnsafeRawPointer, size: Int
  let steps: [Float], halfSteps: [Float]

  init(_ box: Box, _ voxels: UnsafeRawPointer, _ size: Int, _ step: Double) {
    (self.box, self.voxels, self.size) = (box, voxels, size)
    (steps, halfSteps) = (squares(box.width, step: step), squares(2 * box.width, step: step / 2))
  }

  private func row(_ row: Int) -> UnsafeRawPointer { voxels + row * box.width * size }

  func inRows(_ out: UnsafeMutablePointer<Float>, _ context: ExecutionContext) throws {
    try overRows(context) { row, flags in
      dcs_seg_differs(self.row(row), self.row(row) + size, Int64(box.width - 1), Int32(size), flags)
      dcs_seg_nearest_face(flags, Int64(box.width), halfSteps, out + row * box.width)
    }
  }

  /// Row r of `out` belongs to the faces between row r and its next neighbour along the axis; rows without one are left alone.
  func betweenRows(along axis: EnvelopeAxis, _ out: UnsafeMutablePointer<Float>, _ context: ExecutionContext) throws {
    let apart = axis == .y ? 1 : box.height
    try overRows(context) { row, flags in
      guard axis == .y ? row % box.height < box.height - 1 : row + apart < box.rows else { return }
      dcs_seg_differs(self.row(row), self.row(row + apart), Int64(box.width), Int32(size), flags)
      dcs_seg_nearest_site(flags, Int64(box.width), steps, out + row * box.width)
    }
  }

  private func overRows(_ context: ExecutionContext, _ body: (Int, UnsafeMutablePointer<UInt8>) -> Void) throws {
    let scratch = try WorkerScratch(context, bytes: box.width)
    let slabs = pieces(box.rows, context.pool.threads * 8)
    try context.forEach(slabs.count) { slab, worker in
      for row in slabs[slab] { body(row, scratch[worker].assumingMemoryBound(to: UInt8.self)) }
    }
  }
}

// MARK: Plain twin

/// The definition: mark faces on the doubled grid, take the nearest of them, in double. O(voxels · faces).
package func plainSignedDistance(_ labels: NDArray, voxelSize: [Double]) throws -> [Double] {
  let box = try Box(labels, "signed_distance")
  let sizes = try box.perAxis(voxelSize, missing: 1, "voxel size", "signed_distance")
  let values = try plainIds(labels)
  var marked: [[Int]] = []   // on the doubled grid
  for voxel in values.indices {
    let at = [voxel / box.plane, voxel / box.width % box.height, voxel % box.width]
    for (axis, step) in [box.plane, box.width, 1].enumerated() where at[axis] + 1 < box.extents[axis] && values[voxel] != values[voxel + step] {
      var point = at.map { 2 * $0 }
      point[axis] += 1
      marked.append(point)
    }
  }
  let extent = (3 - box.rank..<3).map { Double(box.extents[$0]) * sizes[$0] / 2 }.min() ?? 0
  let empty = values.allSatisfy { $0 == 0 }
  return values.indices.map { voxel in
    if marked.isEmpty { return empty ? -extent : extent }
    let at = [2 * (voxel / box.plane), 2 * (voxel / box.width % box.height), 2 * (voxel % box.width)]
    let nearest = marked.map { point in
      (0..<3).reduce(0.0) { sum, axis in
        let d = Double(point[axis] - at[axis]) * sizes[axis] / 2
        return sum + d * d
      }
    }.min() ?? 0
    return values[voxel] == 0 ? -nearest.squareRoot() : nearest.squareRoot()
  }
}
