// Where a distance target can be trusted: near the rim of annotated space the nearest boundary may lie outside it, unseen.
//
// target  [z, y, x], tanh(signed distance / scale)      mask  [z, y, x], annotated voxels      result  [z, y, x], bool
// With b the distance to the nearest voxel that is not annotated (everything outside the array included), a voxel is kept where
// min(|target| + 0.05, 0.8) < tanh(b / scale): its boundary is nearer than the unknown, or it is saturated and the unknown is far. Source: DaCapo's distance predictors.

import Arrays
import Execution

#if canImport(Glibc)
import Glibc
#endif

/// Annotated voxels whose target no unseen boundary could change much.
///
/// - Parameter scale: of the tanh, in units of `voxelSize`, above 0.
/// - Parameter compatible: take b at half the voxel size, as DaCapo's distance predictor does (which masks more; its hot-distance predictor does not).
/// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
package func trustedMask(target: NDArray, mask: NDArray, voxelSize: [Double], scale: Double, compatible: Bool = false, _ context: ExecutionContext) throws -> NDArray {
  try checkSameShape("trusted mask", target, mask)
  guard scale.isFinite, scale > 0 else { throw SegmentationError.parameter(function: "trusted mask", name: "scale", expected: "above 0", found: "\(scale)") }
  let distances = try distanceTransform(mask, voxelSize: compatible ? voxelSize.map { $0 / 2 } : voxelSize, border: .background, context)
  let targets = try asFloat32(target, context)
  var trusted = try result(.bool, target.shape, context)
  let parts = chunks(targets.count)
  try trusted.withMutableElements(Bool.self) { out in
    try targets.withElements(Float.self) { targets in
      try distances.withElements(Float.self) { distances in
        try context.forEach(parts.count) { part, _ in
          for i in parts[part] { out[i] = min(abs(Double(targets[i])) + 0.05, 0.8) < tanh(Double(distances[i]) / scale) }
        }
      }
    }
  }
  return trusted
}
