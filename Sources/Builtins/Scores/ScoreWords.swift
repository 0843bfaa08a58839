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
    let total = try overBlocks(call, names: ["predicted", "truth"], Confusion()) { blocks, mask in
      try Segmentation.confusion(blocks[0], blocks[1], mask: mask, call.execution)
    } add: { $0 += $1 }
    return ["tp": .int(total.truePositive), "fp": .int(total.falsePositive), "fn": .int(total.falseNegative), "tn": .int(total.trueNegative)]
  }

  static let binaryScores = Builtin(
    "binary_scores", "(predicted: array, truth: array, mask: array = nil) -> record",
    "Scores of one mask against another: f1, jaccard, dice, precision, recall, accuracy; NaN where a score is not defined.",
    examples: [Example("binary_scores(arange(4) > 0, arange(4) > 1).jaccard", prints: "0.6666666666666666")], streams: ["predicted", "truth", "mask"]
  ) { call in
    let total = try overBlocks(call, names: ["predicted", "truth"], Confusion()) { blocks, mask in
      try Segmentation.confusion(blocks[0], blocks[1], mask: mask, call.execution)
    } add: { $0 += $1 }
    return [
      "f1": .float(total.f1), "jaccard": .float(total.jaccard), "dice": .float(total.dice), "precision": .float(total.precision), "recall": .float(total.recall),
      "accuracy": .float(total.accuracy),
    ]
  }

  static let partitionScores = Builtin(
    "partition_scores", "(segmentation: array, truth: array, mask: array = nil, background=false) -> record",
    "Scores of one labelling against another, whatever the ids: voi, voi_split and voi_merge in bits, rand.",
    details: ["Voxels where truth is 0 are left out unless background=true counts them as an object."],
    examples: [Example("partition_scores(arange(4) // 2 + 1, arange(4) // 2 + 5).voi", prints: "0.0")], searchTerms: ["voi", "rand"],
    streams: ["segmentation", "truth", "mask"]
  ) { call in
    let table = try overBlocks(call, names: ["segmentation", "truth"], Contingency()) { blocks, mask in
      try Segmentation.contingency(blocks[0], blocks[1], mask: mask, call.execution)
    } add: { $0 += $1 }
    let scores = PartitionScores(table, background: try call.bool("background"))
    return ["voi": .float(scores.voi), "voi_split": .float(scores.voiSplit), "voi_merge": .float(scores.voiMerge), "rand": .float(scores.rand)]
  }

  /// Reads arrays of equal shape, in blocks of whole planes and about 64 MiB, and adds up what each block gives, in order.
  private static func overBlocks<T>(
    _ call: Call, names: [String], _ zero: T, _ score: ([NDArray], NDArray?) throws -> T, add: (inout T, T) -> Void
  ) throws -> T {
    let arrays = try names.map { try call.array($0) }, mask = try call.optionalArray("mask")
    guard let first = arrays.first else { return zero }
    for (name, other) in zip(names.dropFirst() + ["mask"], arrays.dropFirst() + (mask.map { [$0] } ?? [])) where other.shape != first.shape {
      throw call.failure(
        .shape, "shapes do not match: \(names[0]) \(first.axesText) and \(name) \(other.axesText)", at: name, hint: "r = a.roi & b.roi, then a[r], b[r]")
    }
    let plane = first.shape.dropFirst().reduce(8, *), length = first.shape.first ?? 1
    let depth = max(1, min(length, (64 << 20) / max(1, plane)))
    let reading = ReadContext(pool: call.execution.pool, cancellation: call.execution.cancellation)
    var total = zero
    for begin in stride(from: 0, to: length, by: depth) {
      try call.execution.cancellation.check()
      var offset = [Int](repeating: 0, count: first.shape.count), box = first.shape
      if !box.isEmpty { (offset[0], box[0]) = (begin, min(depth, length - begin)) }
      let roi = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box))
      add(&total, try score(try arrays.map { try $0.expression.read(roi, reading) }, try mask?.expression.read(roi, reading)))
      call.execution.progress.report(.init(call.builtin.name, done: Int64(begin + depth), total: Int64(length), unit: "planes"))
    }
    call.execution.progress.finish(call.builtin.name)
    return total
  }
}

import Execution
