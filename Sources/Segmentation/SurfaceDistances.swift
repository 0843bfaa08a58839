// How far the surfaces of two masks lie apart: percentiles and means that one stray voxel does not decide.
//
// A surface voxel is a foreground voxel with a face neighbour that is background, or outside the array. With D(a → b) the distances from each surface voxel of a to the nearest one of b:
//   percentile p   the greater of the p-th percentiles of D(predicted → truth) and D(truth → predicted), linear between ranks; 95 is the usual one
//   mean           the mean of all distances of both directions (average symmetric surface distance)
// predicted, truth  [z, y, x], bool or integer; distances in units of the voxel size
// Checked against scipy and numpy (Tests/Fixtures/segmentation/surfaces).

import Arrays
import Execution

package struct SurfaceDistances: Equatable, Sendable {
  /// Ascending.
  private let fromPredicted, fromTruth: [Float]

  /// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
  /// - Complexity: two distance transforms, one after the other, and a sort of the surfaces.
  package init(_ predicted: NDArray, _ truth: NDArray, voxelSize: [Double], _ context: ExecutionContext) throws {
    try checkSameShape("surface distance", predicted, truth)
    let first = try surface(predicted, context), second = try surface(truth, context)
    fromPredicted = try distances(of: first, to: second, voxelSize, context)
    fromTruth = try distances(of: second, to: first, voxelSize, context)
  }

  /// 0 if both masks are empty, NaN if one is.
  package func percentile(_ percent: Double) -> Double {
    if fromPredicted.isEmpty || fromTruth.isEmpty { return fromPredicted.count == fromTruth.count ? 0 : .nan }
    return max(Self.percentile(percent, of: fromPredicted), Self.percentile(percent, of: fromTruth))
  }

  /// 0 if both masks are empty, NaN if one is.
  package var mean: Double {
    if fromPredicted.isEmpty || fromTruth.isEmpty { return fromPredicted.count == fromTruth.count ? 0 : .nan }
    let sum = fromPredicted.reduce(0.0) { $0 + Double($1) } + fromTruth.reduce(0.0) { $0 + Double($1) }
    return sum / Double(fromPredicted.count + fromTruth.count)
  }

  private static func percentile(_ percent: Double, of sorted: [Float]) -> Double {
    let place = min(max(percent, 0), 100) / 100 * Double(sorted.count - 1), low = Int(place), high = min(low + 1, sorted.count - 1)
    return Double(sorted[low]) + (place - Double(low)) * (Double(sorted[high]) - Double(sorted[low]))
  }
}

/// 1 on surface voxels.
private func surface(_ mask: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(mask, "surface distance")
  try checkDiscrete("surface distance", mask)
  var out = try result(.uint8, mask.shape, context, zeroed: true)
  let bytes = try asBytes(mask, context), slabs = pieces(box.rows, context.pool.threads * 8)
  try out.withMutableElements(UInt8.self) { out in
    try bytes.withBytes { inside in
      guard let out = out.baseAddress else { return }
      try context.forEach(slabs.count) { slab, _ in
        for row in slabs[slab] {
          let z = row / box.height, y = row % box.height, first = row * box.width
          let onEdge = (box.rank == 3 && (z == 0 || z == box.depth - 1)) || (box.rank >= 2 && (y == 0 || y == box.height - 1))
          for x in 0..<box.width where inside[first + x] != 0 {
            let at = first + x
            var isInner = !onEdge && x > 0 && x < box.width - 1 && inside[at - 1] != 0 && inside[at + 1] != 0
            if isInner && box.rank >= 2 { isInner = inside[at - box.width] != 0 && inside[at + box.width] != 0 }
            if isInner && box.rank == 3 { isInner = inside[at - box.plane] != 0 && inside[at + box.plane] != 0 }
            if !isInner { out[at] = 1 }
          }
        }
      }
    }
  }
  return out
}

private func distances(of surface: NDArray, to other: NDArray, _ voxelSize: [Double], _ context: ExecutionContext) throws -> [Float] {
  let distances = try distanceTransform(isBackground(other, context), voxelSize: voxelSize, context)
  var found: [Float] = []
  try distances.withElements(Float.self) { distances in
    try surface.withBytes { surface in
      for part in chunks(distances.count) {
        try context.cancellation.check()
        for voxel in part where surface[voxel] != 0 { found.append(distances[voxel]) }
      }
    }
  }
  return found.sorted()
}
