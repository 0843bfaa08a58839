// Scores of one segmentation against another, from their contingency.
//
// Variation of information (Meilă 2003) in bits: voiSplit = H(segmentation | truth), what is cut apart; voiMerge = H(truth | segmentation), what is fused.
// Rand (1971) and adapted Rand (SNEMI3D): agreement on pairs of voxels.
// Voxels whose truth is 0 are left out unless `background` counts them; segment 0 is a segment like any other.
// Sums run in ascending order of ids, so a score is the same to the last bit however the counts were gathered. Pair counts are exact (128 bits).
// Checked against scikit-image's variation_of_information and adapted_rand_error, whose precision and recall are exchanged (Tests/Fixtures/segmentation).

import Execution

#if canImport(Glibc)
import Glibc
#endif

/// NaN throughout where no voxel is counted.
package struct PartitionScores: Equatable, Sendable {
  /// Bits, 0 or more; lower is better.
  package let voiSplit, voiMerge: Double
  package var voi: Double { voiSplit + voiMerge }
  /// Share of voxel pairs on which both agree, 0...1.
  package let rand: Double
  /// Of the pairs together in the segmentation, the share together in truth; and the reverse. NaN without such pairs.
  package let randPrecision, randRecall: Double
  /// 1 − the harmonic mean of both; lower is better.
  package let adaptedRandError: Double

  /// - Throws: `Cancelled`; millions of pairs take a while.
  package init(_ contingency: Contingency, background: Bool = false, _ cancellation: Cancellation? = nil) throws(Cancelled) {
    let cells = contingency.cells.filter { background || $0.truth != 0 }
    let total = cells.reduce(0) { $0 + $1.count }
    guard total > 0 else {
      (voiSplit, voiMerge, rand, randPrecision, randRecall, adaptedRandError) = (.nan, .nan, .nan, .nan, .nan, .nan)
      return
    }
    let (ofSegment, ofTruth) = try Contingency(sorted: cells).sizes(cancellation)
    var split = 0.0, merge = 0.0, both: Int128 = 0
    for (index, cell) in cells.enumerated() {
      if index % 4096 == 0 { try cancellation?.check() }
      let count = Double(cell.count), share = count / Double(total)
      split -= share * log2(count / Double(ofTruth[cell.truth] ?? 0))
      merge -= share * log2(count / Double(ofSegment[cell.segmentation] ?? 0))
      both += pairs(cell.count)
    }
    (voiSplit, voiMerge) = (max(0, split), max(0, merge))   // −0 for identical partitions
    let inSegments = ofSegment.values.reduce(Int128(0)) { $0 + pairs($1) }, inTruth = ofTruth.values.reduce(Int128(0)) { $0 + pairs($1) }, all = pairs(total)
    rand = all == 0 ? .nan : Double(all + 2 * both - inSegments - inTruth) / Double(all)
    randPrecision = inSegments == 0 ? .nan : Double(both) / Double(inSegments)
    randRecall = inTruth == 0 ? .nan : Double(both) / Double(inTruth)
    adaptedRandError = inSegments + inTruth == 0 ? .nan : 1 - Double(2 * both) / Double(inSegments + inTruth)
  }

  /// As DaCapo's instance evaluator has it: background counts as an object on both sides, and `voi` is the mean of split and merge.
  package static func compatible(_ contingency: Contingency, _ cancellation: Cancellation? = nil) throws(Cancelled) -> (voi: Double, voiSplit: Double, voiMerge: Double) {
    let scores = try PartitionScores(contingency, background: true, cancellation)
    return ((scores.voiSplit + scores.voiMerge) / 2, scores.voiSplit, scores.voiMerge)
  }
}

/// Unordered pairs among `count` voxels.
private func pairs(_ count: Int) -> Int128 { Int128(count) * Int128(count - 1) / 2 }
