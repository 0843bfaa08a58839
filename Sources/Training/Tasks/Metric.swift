// Scores of a segmentation against truth: a metric is one value, listed once in `Metric.all`.
//
// Scores of masks are made of four counts; scores of labels, which a task of a script may return, of the table of overlaps. A score that
// says nothing (truth and prediction both empty) is NaN.

import Segmentation

#if canImport(Glibc)
import Glibc
#endif

package struct Metric: Sendable, Equatable {
  package let name: String
  package let higherIsBetter: Bool
  private let mask: (@Sendable (Confusion) -> Double)?
  /// Used instead of `mask` where the task returns labels.
  private let labels: (@Sendable (PartitionScores) -> Double)?

  private init(_ name: String, higherIsBetter: Bool = true, mask: (@Sendable (Confusion) -> Double)? = nil, labels: (@Sendable (PartitionScores) -> Double)? = nil) {
    (self.name, self.higherIsBetter, self.mask, self.labels) = (name, higherIsBetter, mask, labels)
  }

  package static func == (a: Metric, b: Metric) -> Bool { a.name == b.name }

  /// NaN for a score of labels where there are none.
  func score(_ counts: Confusion, _ overlap: PartitionScores?) -> Double {
    if let labels, let overlap { return labels(overlap) }
    return mask?(counts) ?? .nan
  }

  package static let all: [Metric] = [.accuracy, .dice, .f1, .jaccard, .precision, .rand, .recall, .voi, .voiMerge, .voiSplit]

  package static func named(_ name: String) throws(TrainingError) -> Metric {
    guard let found = all.first(where: { $0.name == name }) else { throw .noMetric(name: name, have: all.map(\.name)) }
    return found
  }

  package static let accuracy = Metric("accuracy", mask: { $0.accuracy })
  package static let dice = Metric("dice", mask: { $0.dice })
  /// As dice, so 0 and not NaN where nothing overlaps: such a prediction must rank below any that overlaps.
  package static let f1 = Metric("f1", mask: { $0.dice })
  package static let jaccard = Metric("jaccard", mask: { $0.jaccard })
  package static let precision = Metric("precision", mask: { $0.precision })
  package static let rand = Metric("rand", labels: { $0.rand })
  package static let recall = Metric("recall", mask: { $0.recall })
  /// Variation of information in bits. Of masks: background counted as a label, H(prediction | truth) + H(truth | prediction).
  package static let voi = Metric("voi", higherIsBetter: false, mask: maskVoi, labels: { $0.voi })
  package static let voiMerge = Metric("voi_merge", higherIsBetter: false, labels: { $0.voiMerge })
  package static let voiSplit = Metric("voi_split", higherIsBetter: false, labels: { $0.voiSplit })

  private static let maskVoi: @Sendable (Confusion) -> Double = { counts in
    let total = Double(counts.total)
    if total == 0 { return .nan }
    func entropy(_ parts: [Int]) -> Double { parts.reduce(0) { $1 == 0 ? $0 : $0 - Double($1) / total * log2(Double($1) / total) } }
    let joint = entropy([counts.truePositive, counts.falsePositive, counts.falseNegative, counts.trueNegative])
    let predicted = entropy([counts.predicted, counts.total - counts.predicted]), truth = entropy([counts.truth, counts.total - counts.truth])
    return max(0, 2 * joint - predicted - truth)
  }
}
