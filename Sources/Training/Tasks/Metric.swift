// Scores of a segmentation against truth: a metric is one value, listed once in `Metric.all`.
//
// Scores of masks are made of four counts; scores of labels, which a task of a script may return, of the table of overlaps; distances, in nm (voxels where no voxel
// size is known), of a tally that is made only for a task that asks for one of them. A score that says nothing (truth and prediction both empty) is NaN.

import Segmentation

package struct Metric: Sendable, Equatable {
  package let name: String
  package let higherIsBetter: Bool
  private let mask: (@Sendable (Confusion) -> Double)?
  /// Used instead of `mask` where the task returns labels.
  private let labels: (@Sendable (PartitionScores) -> Double)?

  private let distances: (@Sendable (DistanceTally) -> Double)?

  private init(
    _ name: String, higherIsBetter: Bool = true, mask: (@Sendable (Confusion) -> Double)? = nil, labels: (@Sendable (PartitionScores) -> Double)? = nil,
    distances: (@Sendable (DistanceTally) -> Double)? = nil
  ) {
    (self.name, self.higherIsBetter, self.mask, self.labels, self.distances) = (name, higherIsBetter, mask, labels, distances)
  }

  var needsDistances: Bool { distances != nil }

  package static func == (a: Metric, b: Metric) -> Bool { a.name == b.name }

  /// NaN for a score of labels where there are none or where nothing was found though there are objects, which else would be one segment of everything; and for one of distances without them.
  func score(_ counts: Confusion, _ overlap: PartitionScores? = nil, _ tally: DistanceTally? = nil) -> Double {
    if let distances { return tally.map(distances) ?? .nan }
    if let labels, let overlap { return counts.predicted == 0 && counts.truth > 0 ? .nan : labels(overlap) }
    return mask?(counts) ?? .nan
  }

  package static let all: [Metric] = [
    .accuracy, .arand, .dice, .f1, .falseDiscoveryRate, .falseNegativeRate, .falsePositiveRate, .hausdorff, .hausdorff95, .jaccard, .meanFalseDistance, .precision, .rand, .recall,
    .specificity, .surfaceDistance, .voi, .voiMerge, .voiSplit,
  ]

  package static func named(_ name: String) throws(TrainingError) -> Metric {
    guard let found = all.first(where: { $0.name == name }) else { throw .noMetric(name: name, have: all.map(\.name)) }
    return found
  }

  package static let accuracy = Metric("accuracy", mask: { $0.accuracy })
  /// Adapted rand error.
  package static let arand = Metric("arand", higherIsBetter: false, labels: { $0.adaptedRandError })
  package static let dice = Metric("dice", mask: { $0.dice })
  /// As dice, so 0 and not NaN where nothing overlaps: such a prediction must rank below any that overlaps.
  package static let f1 = Metric("f1", mask: { $0.dice })
  package static let falseDiscoveryRate = Metric("false_discovery_rate", higherIsBetter: false, mask: { $0.falseDiscoveryRate })
  package static let falseNegativeRate = Metric("false_negative_rate", higherIsBetter: false, mask: { $0.falseNegativeRate })
  package static let falsePositiveRate = Metric("false_positive_rate", higherIsBetter: false, mask: { $0.falsePositiveRate })
  package static let hausdorff = Metric("hausdorff", higherIsBetter: false, distances: { DistanceScores($0).hausdorff })
  package static let hausdorff95 = Metric("hausdorff_95", higherIsBetter: false, distances: { $0.surfacePercentile(95) })
  package static let jaccard = Metric("jaccard", mask: { $0.jaccard })
  package static let meanFalseDistance = Metric("mean_false_distance", higherIsBetter: false, distances: { DistanceScores($0).meanFalseDistance })
  package static let precision = Metric("precision", mask: { $0.precision })
  package static let rand = Metric("rand", labels: { $0.rand })
  package static let recall = Metric("recall", mask: { $0.recall })
  package static let specificity = Metric("specificity", mask: { $0.specificity })
  package static let surfaceDistance = Metric("surface_distance", higherIsBetter: false, distances: { $0.surfaceMean })
  /// Variation of information in bits. Of masks: background counted as a label, H(prediction | truth) + H(truth | prediction).
  package static let voi = Metric("voi", higherIsBetter: false, mask: { $0.variation }, labels: { $0.voi })
  package static let voiMerge = Metric("voi_merge", higherIsBetter: false, labels: { $0.voiMerge })
  package static let voiSplit = Metric("voi_split", higherIsBetter: false, labels: { $0.voiSplit })
}
