// Scores of a mask, from its four counts. A ratio that says nothing is NaN: which cases are, follows DaCapo's evaluator.
//
// Checked against a case made by hand (Tests/SegmentationTests).

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
}
