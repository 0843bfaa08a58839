// Scores of a mask that say how far wrong it is, not only how often: Hausdorff, mean distances of errors, rates that forgive small distances.
//
// predicted, truth  [z, y, x], bool or integer; distances between voxel centres, in units of the voxel size
// With T(p) the distance of p to truth and P(p) to the predicted mask (0 inside):
//   false positive distance  mean of T over predicted voxels      false negative distance  mean of P over true voxels
//   hausdorff                the greater of max T over predicted and max P over truth
//   with tolerance           an error nearer than or at the tolerance is none: FP = #(T > t), FN = #(P > t), TP = #(predicted or true) − FP − FN
// Source: DaCapo's binary evaluator, voxel sizes in array order. NaN where its table says so: see each member. Checked against scipy (Tests/Fixtures/segmentation).

import Arrays
import Execution

package struct DistanceScores: Equatable, Sendable {
  /// 0 if both masks are empty, NaN if one is.
  package let hausdorff: Double
  /// NaN if either mask is empty, like all that follow.
  package let meanFalsePositiveDistance, meanFalseNegativeDistance: Double
  package let meanFalsePositiveDistanceClipped, meanFalseNegativeDistanceClipped: Double
  /// Share of true background that is wrong by more than the tolerance; share of truth that is missed by more.
  package let falsePositiveRateWithTolerance, falseNegativeRateWithTolerance: Double
  package let precisionWithTolerance, recallWithTolerance: Double

  package var meanFalseDistance: Double { (meanFalsePositiveDistance + meanFalseNegativeDistance) / 2 }
  package var meanFalseDistanceClipped: Double { (meanFalsePositiveDistanceClipped + meanFalseNegativeDistanceClipped) / 2 }
  /// NaN if precision and recall are both 0.
  package var f1WithTolerance: Double { 2 * precisionWithTolerance * recallWithTolerance / (precisionWithTolerance + recallWithTolerance) }

  /// - Parameter clip: distances beyond it count as it. - Parameter tolerance: errors up to it are forgiven.
  /// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
  /// - Complexity: two distance transforms, one after the other.
  package init(_ predicted: NDArray, _ truth: NDArray, voxelSize: [Double], clip: Double, tolerance: Double, _ context: ExecutionContext) throws {
    try checkSameShape("hausdorff", predicted, truth)
    for (name, value) in [("clip", clip), ("tolerance", tolerance)] where value.isNaN || value < 0 {
      throw SegmentationError.parameter(function: "hausdorff", name: name, expected: "0 or more", found: "\(value)")
    }
    let counts = try confusion(predicted, truth, context)
    let positive = try Errors(of: predicted, from: truth, voxelSize, clip, tolerance, context)
    let negative = try Errors(of: truth, from: predicted, voxelSize, clip, tolerance, context)
    guard counts.predicted > 0, counts.truth > 0 else {
      hausdorff = counts.predicted == counts.truth ? 0 : .nan
      (meanFalsePositiveDistance, meanFalseNegativeDistance, meanFalsePositiveDistanceClipped, meanFalseNegativeDistanceClipped) = (.nan, .nan, .nan, .nan)
      (falsePositiveRateWithTolerance, falseNegativeRateWithTolerance, precisionWithTolerance, recallWithTolerance) = (.nan, .nan, .nan, .nan)
      return
    }
    hausdorff = max(positive.greatest, negative.greatest)
    (meanFalsePositiveDistance, meanFalsePositiveDistanceClipped) = (positive.sum / Double(counts.predicted), positive.clippedSum / Double(counts.predicted))
    (meanFalseNegativeDistance, meanFalseNegativeDistanceClipped) = (negative.sum / Double(counts.truth), negative.clippedSum / Double(counts.truth))
    let background = counts.falsePositive + counts.trueNegative
    falsePositiveRateWithTolerance = background == 0 ? .nan : Double(positive.beyond) / Double(background)
    falseNegativeRateWithTolerance = Double(negative.beyond) / Double(counts.truth)
    let agreed = Double(counts.predicted + counts.falseNegative - positive.beyond - negative.beyond)
    precisionWithTolerance = agreed / (agreed + Double(positive.beyond))
    recallWithTolerance = agreed / (agreed + Double(negative.beyond))
  }
}

/// Distances of the voxels of one mask from another mask, summed range by range in order.
private struct Errors {
  var greatest = 0.0, sum = 0.0, clippedSum = 0.0, beyond = 0

  init(of mask: NDArray, from other: NDArray, _ voxelSize: [Double], _ clip: Double, _ tolerance: Double, _ context: ExecutionContext) throws {
    let distances = try distanceTransform(isBackground(other, context), voxelSize: voxelSize, context), inside = try asBytes(mask, context)
    let parts = chunks(distances.count)
    var partial = [Errors](repeating: Errors(), count: parts.count)
    try partial.withUnsafeMutableBufferPointer { partial in
      try distances.withElements(Float.self) { distances in
        try inside.withBytes { inside in
          try context.forEach(parts.count) { part, _ in
            var here = Errors()
            for i in parts[part] where inside[i] != 0 {
              let distance = Double(distances[i])
              here.greatest = max(here.greatest, distance)
              here.sum += distance
              here.clippedSum += min(distance, clip)
              here.beyond += distance > tolerance ? 1 : 0
            }
            partial[part] = here
          }
        }
      }
    }
    for here in partial {
      greatest = max(greatest, here.greatest)
      sum += here.sum
      clippedSum += here.clippedSum
      beyond += here.beyond
    }
  }

  private init() {}
}
