// Scores of a mask, from its four counts. A ratio that says nothing is NaN: which cases are, follows DaCapo's evaluator.
//
// Checked against SimpleITK, DaCapo's evaluator (Tests/Fixtures/segmentation/scores) and a case made by hand.

#if canImport(Glibc)
import Glibc
#endif

extension Confusion {
  private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? .nan : Double(part) / Double(whole) }
  private var eitherEmpty: Bool { predicted == 0 || truth == 0 }

  /// 2 TP / (2 TP + FP + FN); NaN if both masks are empty.
  package var dice: Double { ratio(2 * truePositive, predicted + truth) }
  /// TP / (TP + FP + FN); NaN if both masks are empty.
  package var jaccard: Double { ratio(truePositive, truePositive + falsePositive + falseNegative) }
  /// TP / (TP + FP); NaN if either mask is empty.
  package var precision: Double { eitherEmpty ? .nan : ratio(truePositive, predicted) }
  /// TP / (TP + FN); NaN if either mask is empty.
  package var recall: Double { eitherEmpty ? .nan : ratio(truePositive, truth) }
  /// Harmonic mean of precision and recall; NaN if either mask is empty, or nothing overlaps.
  package var f1: Double { truePositive == 0 ? .nan : dice }
  /// FN / (TP + FN); NaN if either mask is empty.
  package var falseNegativeRate: Double { eitherEmpty ? .nan : ratio(falseNegative, truth) }
  /// FP / (FP + TN); NaN if either mask is empty.
  package var falsePositiveRate: Double { eitherEmpty ? .nan : ratio(falsePositive, falsePositive + trueNegative) }
  /// FP / (TP + FP); NaN if nothing was predicted.
  package var falseDiscoveryRate: Double { ratio(falsePositive, predicted) }
  /// (TP + TN) / all; NaN if nothing was counted.
  package var accuracy: Double { ratio(truePositive + trueNegative, total) }
  /// TN / (FP + TN); NaN if truth covers everything.
  package var specificity: Double { ratio(trueNegative, falsePositive + trueNegative) }
  /// Variation of information of the two masks with background as a label, in bits, 0...2; NaN if either mask is empty.
  package var voi: Double { eitherEmpty ? .nan : variation }

  /// The same, of empty masks too; NaN if nothing was counted.
  package var variation: Double {
    if total == 0 { return .nan }
    func entropy(_ parts: [Int]) -> Double { parts.reduce(0) { $1 == 0 ? $0 : $0 - Double($1) / Double(total) * log2(Double($1) / Double(total)) } }
    let joint = entropy([truePositive, falsePositive, falseNegative, trueNegative])
    return max(0, 2 * joint - entropy([predicted, total - predicted]) - entropy([truth, total - truth]))
  }

  /// The numbers of DaCapo 0.3.5 where they differ. Since SimpleITK 2.5 its `GetFalsePositiveError` is FP / (FP + TN), which DaCapo takes for FP / (TP + FP): its
  /// false discovery rate, and what it makes of that: false positive rate, precision and f1. Ratios of precision and recall are float32.
  package struct Compatible: Equatable, Sendable {
    package let falseDiscoveryRate, falsePositiveRate, precision, recall, f1: Double
  }

  package var compatible: Compatible {
    let bothEmpty = predicted == 0 && truth == 0, background = falsePositive + trueNegative
    // SimpleITK answers 0 / 0 with the largest double
    let discovery = bothEmpty ? .nan : background == 0 ? Double.greatestFiniteMagnitude : Double(falsePositive) / Double(background)
    if eitherEmpty { return Compatible(falseDiscoveryRate: discovery, falsePositiveRate: .nan, precision: .nan, recall: .nan, f1: .nan) }
    func kept(_ count: Int, less rate: Double) -> Double { Double(Float(Double(count) - rate * Double(count)) / Float(count)) }
    let precision = kept(predicted, less: discovery), recall = kept(truth, less: falseNegativeRate)
    return Compatible(
      falseDiscoveryRate: discovery, falsePositiveRate: discovery * Double(predicted) / Double(background), precision: precision, recall: recall,
      f1: precision == 0 && recall == 0 ? .nan : 2 * (recall * precision) / (recall + precision))
  }
}
