// Scores of a mask that say how far wrong it is, not only how often: Hausdorff, mean distances of errors, rates that forgive small distances.
//
// predicted, truth  [z, y, x], bool or integer; distances between voxel centres, in units of the voxel size
// With T(p) the distance of p to truth and P(p) to the predicted mask (0 inside), FP the predicted voxels that are not true, FN the true ones not predicted:
//   false positive distance  mean of T over FP, 0 if there is none         false negative distance  mean of P over FN, 0 if there is none
//   hausdorff                the greater of max T over predicted and max P over truth
//   with tolerance t         FPt = #(T > t), FNt = #(P > t), TPt = #(predicted or true) − FPt − FNt
// From each surface voxel of one mask to the nearest surface voxel of the other:
//   surface percentile       the greater of the percentiles of both directions, linear between ranks; 95 gives the usual HD95
//   surface mean             over both directions (average symmetric surface distance)
// Compatible: DaCapo's evaluator takes the means over all predicted (true) voxels, hits among them as 0; it divides in float32, and gives SimpleITK the
// voxel sizes in reverse, so that its Hausdorff distance has the axes exchanged: the caller brings that one.
// NaN where DaCapo's table says so: see each member. Checked against scipy, SimpleITK and DaCapo's evaluator (Tests/Fixtures/segmentation/scores).

import Arrays
import Execution

package struct DistanceScores: Equatable, Sendable {
  /// 0 if both masks are empty, NaN if one is.
  package let hausdorff: Double
  /// NaN if either mask is empty, like all that follow.
  package let meanFalsePositiveDistance, meanFalseNegativeDistance: Double
  package let meanFalsePositiveDistanceClipped, meanFalseNegativeDistanceClipped: Double
  /// Share of true background that is wrong by more than the tolerance (NaN without background); share of truth that is missed by more.
  package let falsePositiveRateWithTolerance, falseNegativeRateWithTolerance: Double
  package let precisionWithTolerance, recallWithTolerance: Double

  package var meanFalseDistance: Double { (meanFalsePositiveDistance + meanFalseNegativeDistance) / 2 }
  package var meanFalseDistanceClipped: Double { (meanFalsePositiveDistanceClipped + meanFalseNegativeDistanceClipped) / 2 }
  /// NaN if precision and recall are both 0.
  package var f1WithTolerance: Double { 2 * precisionWithTolerance * recallWithTolerance / (precisionWithTolerance + recallWithTolerance) }

  /// - Parameter compatible: DaCapo's numbers, with this Hausdorff distance.
  package init(_ tally: DistanceTally, compatible exchanged: Double? = nil) {
    let positive = tally.predicted, negative = tally.truth
    guard positive.count > 0, negative.count > 0 else {
      hausdorff = positive.count == negative.count ? 0 : .nan
      (meanFalsePositiveDistance, meanFalseNegativeDistance, meanFalsePositiveDistanceClipped, meanFalseNegativeDistanceClipped) = (.nan, .nan, .nan, .nan)
      (falsePositiveRateWithTolerance, falseNegativeRateWithTolerance, precisionWithTolerance, recallWithTolerance) = (.nan, .nan, .nan, .nan)
      return
    }
    let isCompatible = exchanged != nil
    func mean(_ sum: Double, _ side: DistanceTally.Side) -> Double {
      let count = isCompatible ? side.count : side.errors
      return count == 0 ? 0 : sum / Double(count)
    }
    func share(_ part: Int, _ whole: Int) -> Double { isCompatible ? Double(Float(part) / Float(whole)) : whole == 0 ? .nan : Double(part) / Double(whole) }
    hausdorff = exchanged ?? tally.hausdorff
    (meanFalsePositiveDistance, meanFalsePositiveDistanceClipped) = (mean(positive.sum, positive), mean(positive.sum(clip: tally.clip), positive))
    (meanFalseNegativeDistance, meanFalseNegativeDistanceClipped) = (mean(negative.sum, negative), mean(negative.sum(clip: tally.clip), negative))
    falsePositiveRateWithTolerance = share(positive.beyond, tally.counted - negative.count)
    falseNegativeRateWithTolerance = share(negative.beyond, negative.count)
    let agreed = positive.count + negative.errors - positive.beyond - negative.beyond
    precisionWithTolerance = share(agreed, agreed + positive.beyond)
    recallWithTolerance = share(agreed, agreed + negative.beyond)
  }

  /// Of two masks in memory.
  ///
  /// - Throws: as `distanceTally`.
  package init(_ predicted: NDArray, _ truth: NDArray, mask: NDArray? = nil, voxelSize: [Double], clip: Double, tolerance: Double, _ context: ExecutionContext) throws {
    self.init(try distanceTally(predicted, truth, mask: mask, voxelSize: voxelSize, clip: clip, tolerance: tolerance, context))
  }
}

extension DistanceTally {
  /// Of masks that are not empty.
  package var hausdorff: Double { Double(max(predicted.farthest, truth.farthest)) }

  private var emptyScore: Double? { predicted.count > 0 && truth.count > 0 ? nil : predicted.count == truth.count ? 0 : .nan }

  /// 0 if both masks are empty, NaN if one is.
  package func surfacePercentile(_ percent: Double) -> Double { emptyScore ?? max(predicted.surface.percentile(percent), truth.surface.percentile(percent)) }

  /// 0 if both masks are empty, NaN if one is.
  package var surfaceMean: Double {
    if let emptyScore { return emptyScore }
    var sum = predicted.surface.sum
    sum += truth.surface.sum
    return sum.value / Double(predicted.surface.count + truth.surface.count)
  }
}
