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
    "partition_scores", "(segmentation: array, truth: array, mask: array = nil, background=false, compat=false) -> record",
    "Scores of one labelling against another, whatever the ids: voi, voi_split and voi_merge in bits, rand, adapted rand error (arand).",
    details: [
      "Voxels where truth is 0 are left out unless background=true counts them as an object.",
      "compat=true gives DaCapo's: background is an object on both sides, and voi is the mean of split and merge.",
    ],
    examples: [Example("partition_scores(arange(4) // 2 + 1, arange(4) // 2 + 5).voi", prints: "0.0")], searchTerms: ["voi", "rand"],
    streams: ["segmentation", "truth", "mask"]
  ) { call in
    let table = try counted(call), compat = try call.bool("compat"), scores = PartitionScores(table, background: try call.bool("background") || compat)
    let voi = compat ? PartitionScores.compatible(table).voi : scores.voi
    return [
      "voi": .float(voi), "voi_split": .float(scores.voiSplit), "voi_merge": .float(scores.voiMerge), "rand": .float(scores.rand), "arand": .float(scores.adaptedRandError),
    ]
  }

  static let contingency = Builtin(
    "contingency", "(segmentation: array, truth: array, mask: array = nil) -> table",
    "Where two labellings overlap: a row a pair of ids that meet, 0 among them, with its count of voxels and the intersection over union of both.",
    details: ["mask: 0 leaves a voxel out. Volumes may be of any size; the pairs are kept in memory."],
    examples: [Example("contingency(arange(4) // 2, arange(4) // 3).count", prints: "[2, 1, 1]"), Example("contingency(arange(4) // 2, arange(4) // 3).iou[2]", prints: "0.5")],
    searchTerms: ["overlap", "confusion matrix", "iou"], streams: ["segmentation", "truth", "mask"]
  ) { call in
    let cells = try counted(call).cells
    var ofSegment: [UInt64: Int] = [:], ofTruth: [UInt64: Int] = [:]
    for cell in cells {
      ofSegment[cell.segmentation, default: 0] += cell.count
      ofTruth[cell.truth, default: 0] += cell.count
    }
    let unions = cells.map { (ofSegment[$0.segmentation] ?? 0) + (ofTruth[$0.truth] ?? 0) - $0.count }
    return Value(TableValue(columns: ["segmentation", "truth", "count", "iou"], values: [
      cells.map { Value($0.segmentation) }, cells.map { Value($0.truth) }, cells.map { .int($0.count) }, zip(cells, unions).map { .float(Double($0.count) / Double($1)) },
    ]))
  }

  private static func counted(_ call: Call) throws -> Contingency {
    try overBlocks(call, names: ["segmentation", "truth"], Contingency()) { blocks, mask in
      try Segmentation.contingency(blocks[0], blocks[1], mask: mask, call.execution)
    } add: { $0 += $1 }
  }

  static let distanceScores = Builtin(
    "distance_scores", "(predicted: array, truth: array, tolerance: int|float|length = 0, clip: int|float|length = nil, percentile=95.0) -> record",
    "How far one mask lies from another, in nm (voxels where no voxel size is known): hausdorff and its percentile, mean distances, and scores that forgive small distances.",
    details: [
      "hausdorff: the farthest that a voxel of one mask lies from the other mask. hausdorff_percentile and surface_distance (a mean) look at surface voxels only, both ways.",
      "f1, precision, recall: errors up to `tolerance` from the other mask are none. false_positive_distance, false_negative_distance: means over the voxels of a mask, each at most `clip`.",
      "hausdorff, its percentile and surface_distance are 0 where both masks are empty and NaN where one is; all else is NaN where either is.",
    ],
    examples: [Example("distance_scores(arange(9) < 3, arange(9) < 5).hausdorff", prints: "2.0")], searchTerms: ["hausdorff", "hd95", "tolerance", "surface"]
  ) { call in
    let predicted = try call.spatialVolume("predicted")
    guard let truth = try call.maskVolume("truth", like: predicted.grid, predicted) else { throw call.failure(.argument, "`distance_scores` needs truth", at: "truth") }
    let sizes = predicted.grid.sizes, percent = try call.float("percentile")
    guard percent >= 0, percent <= 100 else { throw call.failure(.value, "`percentile` must be from 0 to 100, not \(percent)", at: "percentile") }
    let tolerance = try call.reach("tolerance", predicted.grid) ?? 0, clip = try call.reach("clip", predicted.grid) ?? .infinity
    let scores = try DistanceScores(predicted.array, truth, voxelSize: sizes, clip: clip, tolerance: tolerance, call.execution)
    let surfaces = try SurfaceDistances(predicted.array, truth, voxelSize: sizes, call.execution)
    return [
      "hausdorff": .float(scores.hausdorff), "hausdorff_percentile": .float(surfaces.percentile(percent)), "surface_distance": .float(surfaces.mean),
      "f1": .float(scores.f1WithTolerance), "precision": .float(scores.precisionWithTolerance), "recall": .float(scores.recallWithTolerance),
      "false_positive_distance": .float(scores.meanFalsePositiveDistanceClipped), "false_negative_distance": .float(scores.meanFalseNegativeDistanceClipped),
    ]
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
    for (name, other) in zip(names.dropFirst() + ["mask"], arrays.dropFirst() + (mask.map { [$0] } ?? [])) { try call.checkGrids(first.grid, other.grid, name) }
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

extension Call {
  /// A distance in the units of `distance`: nm where the voxel size is known, else voxels; nil where nil.
  func reach(_ name: String, _ grid: Grid) throws -> Double? {
    let reach: Double
    switch try value(name) {
    case .nil: return nil
    case .length(let length):
      guard grid.isKnown else { throw failure(.units, "`\(name)` is a length, but the array's voxel size is unknown", at: name, hint: "give it in voxels, or give the array voxel=(8, 8, 8)nm") }
      reach = length.double
    case let other:
      guard let number = other.number else { throw failure(.type, "`\(name)` must be a length or a number of voxels, not \(other.typePhrase)", at: name) }
      if number != 0 && grid.isKnown && Set(grid.voxelSize.values).count > 1 {
        throw failure(.units, "`\(name)` is in voxels, which are not cubes", at: name, hint: "\(name)=40nm")
      }
      reach = number * (grid.sizes.first ?? 1)
    }
    guard reach >= 0, !reach.isNaN else { throw failure(.value, "`\(name)` must not be negative", at: name) }
    return reach
  }
}
