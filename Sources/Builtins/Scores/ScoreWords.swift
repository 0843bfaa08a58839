import Arrays
import Geometry
import Language
import Segmentation

extension Builtin {
  static let confusion = Builtin(
    "confusion", "(predicted: array, truth: array, mask: array = nil) -> record",
    "Counts voxels of two masks: true and false positives and negatives (tp, fp, fn, tn); block by block, so volumes may be of any size.",
    details: ["Every value but 0 counts as foreground. mask: 0 leaves a voxel out."],
    examples: [Example("confusion(arange(4) > 0, arange(4) > 1)", prints: "{tp: 2, fp: 1, fn: 0, tn: 1}")], searchTerms: ["f1", "jaccard", "dice"],
    streams: ["predicted", "truth", "mask"]
  ) { call in
    let total = try counted(call)
    return ["tp": .int(total.truePositive), "fp": .int(total.falsePositive), "fn": .int(total.falseNegative), "tn": .int(total.trueNegative)]
  }

  static let binaryScores = Builtin(
    "binary_scores", "(predicted: array, truth: array, mask: array = nil, compat=false) -> record",
    "Scores of one mask against another that count voxels: f1, jaccard, dice, precision, recall, accuracy, specificity, rates of errors, voi.",
    details: [
      "NaN where a score says nothing: dice, jaccard and false_discovery_rate where both masks are empty (the last also where nothing was predicted), accuracy never, all others where either is.",
      "false_positive_rate: the share of background that was predicted; false_negative_rate: the share of truth that was missed; false_discovery_rate: the share of the predicted that is wrong.",
      "voi: bits, with background as a label. compat=true gives the numbers of DaCapo 0.3.5, whose false_discovery_rate, false_positive_rate, precision and f1 are others.",
    ],
    examples: [
      Example("binary_scores(arange(4) > 0, arange(4) > 1).jaccard", prints: "0.6666666666666666"),
      Example("binary_scores(arange(9) > 1, arange(9) > 2).false_discovery_rate", prints: "0.14285714285714285"),
    ],
    searchTerms: ["specificity", "dacapo"], streams: ["predicted", "truth", "mask"]
  ) { call in
    let total = try counted(call), compatible = try call.bool("compat") ? total.compatible : nil
    return [
      "f1": .float(compatible?.f1 ?? total.f1), "jaccard": .float(total.jaccard), "dice": .float(total.dice), "precision": .float(compatible?.precision ?? total.precision),
      "recall": .float(compatible?.recall ?? total.recall), "accuracy": .float(total.accuracy), "specificity": .float(total.specificity),
      "false_negative_rate": .float(total.falseNegativeRate), "false_positive_rate": .float(compatible?.falsePositiveRate ?? total.falsePositiveRate),
      "false_discovery_rate": .float(compatible?.falseDiscoveryRate ?? total.falseDiscoveryRate), "voi": .float(total.voi),
    ]
  }

  private static func counted(_ call: Call) throws -> Confusion {
    var total = Confusion()
    try ScoreBlocks(call, names: ["predicted", "truth"]).forEach { blocks, mask in total += try Segmentation.confusion(blocks[0], blocks[1], mask: mask, for: call.builtin.name, call.execution) }
    return total
  }
}
