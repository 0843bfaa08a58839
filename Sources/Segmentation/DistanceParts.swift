// Distances of volumes that do not fit in memory, in two parts: slabs of whole planes (the passes along x and y), then columns of all planes (the pass along z).
//
// Every line of every pass is whole, so each number is made by the same operations, in the same order, as in `distanceTransform` and `signedDistance` of the whole volume:
// the results are equal to the last bit, however the planes are cut into slabs and columns. Checked: DistanceStatementTests.

import Arrays
import CKernels
import Execution

/// Squared distances of the planes of a mask to zero voxels of their own plane.
///
/// - Parameter mask: [z, y, x], whole planes; bool or integer.
/// - Parameter each: to voxels of another label, as in `distanceTransform`.
/// - Returns: float32, of the same shape.
package func distanceOfPlanes(_ mask: NDArray, voxelSize: [Double], each: Bool = false, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(mask, "distance")
  try checkDiscrete("distance", mask)
  try checkVoxelSize("distance", voxelSize)
  var squares = try NDArray(.float32, mask.shape, zeroed: false)
  if box.isEmpty { return squares }
  try squares.withMutableElements(Float.self) { out in
    try mask.contiguous().withBytes { voxels in
      guard let out = out.baseAddress, let voxels = voxels.baseAddress else { return }
      try planeSquares(box, voxels, mask.dtype.size, each: each, voxelSize, out, context)
    }
  }
  return squares
}

/// Distances of a column: `squares` [z, y, x] of all planes of the volume, for some y and x.
///
/// - Parameter labels: of the same voxels, if distances are those of each label.
package func distanceOfColumn(_ squares: NDArray, labels: NDArray? = nil, step: Double, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(squares, "distance"), packed = try labels?.contiguous()
  var result = try squares.contiguous()
  if box.isEmpty { return result }
  try result.withMutableElements(Float.self) { out in
    try withOptionalBytes(packed) { voxels in
      guard let out = out.baseAddress else { return }
      try envelope(box, .z, even: out, odd: nil, within: voxels.map { LabelVoxels(bytes: $0, size: packed?.dtype.size ?? 1) }, out: out, step: step, context)
      dcs_seg_square_roots(out, Int64(box.count))
    }
  }
  return result
}

/// Squared distances of planes to faces of their own plane, and of the half planes between them to the faces there.
///
/// - Parameter labels: [z, y, x], whole planes, and after them the first plane of the next slab if there is one.
/// - Returns: `whole` of all planes, `half` of as many (the last half plane has no values).
package func signedDistanceOfPlanes(_ labels: NDArray, voxelSize: [Double], _ context: ExecutionContext) throws -> (whole: NDArray, half: NDArray) {
  let box = try Box(labels, "signed_distance")
  try checkDiscrete("signed_distance", labels)
  try checkVoxelSize("signed_distance", voxelSize)
  var whole = try NDArray(.float32, labels.shape, zeroed: false), half = try NDArray(.float32, labels.shape)
  if box.isEmpty { return (whole, half) }
  try whole.withMutableElements(Float.self) { out in
    try half.withMutableElements(Float.self) { between in
      try labels.contiguous().withBytes { voxels in
        guard let out = out.baseAddress, let between = between.baseAddress, let voxels = voxels.baseAddress else { return }
        try faceSquares(box, voxels, labels.dtype.size, voxelSize, out, between, context)
      }
    }
  }
  return (whole, half)
}

/// Signed distances of a column of all planes of the volume, whose shape, of as many axes as the caller's volume has, is `volume`.
package func signedDistanceOfColumn(whole: NDArray, half: NDArray, labels: NDArray, voxelSize: [Double], volume: [Int], _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "signed_distance"), packed = try labels.contiguous(), between = try half.contiguous()
  var result = try whole.contiguous()
  if box.isEmpty { return result }
  try result.withMutableElements(Float.self) { out in
    try packed.withBytes { bytes in
      try between.withElements(Float.self) { between in
        guard let out = out.baseAddress, let voxels = bytes.baseAddress else { return }
        if box.depth > 1 { try envelope(box, .z, even: out, odd: between.baseAddress, out: out, step: voxelSize[0], context) }
        if out[0].isInfinite {   // no face in the volume: all of it is one label
          let extent = zip(volume, voxelSize.suffix(volume.count)).map { Double($0) * $1 / 2 }.min() ?? 0
          let value = Float(bytes.allSatisfy { $0 == 0 } ? -extent : extent)
          for i in 0..<box.count { out[i] = value }
          return
        }
        try rootsWithSigns(box, voxels, packed.dtype.size, out, context)
      }
    }
  }
  return result
}
