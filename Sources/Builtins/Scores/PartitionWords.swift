import Arrays
import Blockwise
import Language
import Segmentation

extension Builtin {
  static let partitionScores = Builtin(
    "partition_scores", "(segmentation: array, truth: array, mask: array = nil, background=false, compat=false, wide=false) -> record",
    "Scores of one labelling against another, whatever the ids: voi, voi_split and voi_merge in bits, rand, adapted rand error (arand) with its precision and recall.",
    details: [
      "Voxels where truth is 0 are left out unless background=true counts them as an object; segment 0 is an object like any other. NaN where no voxel is left.",
      "rand_precision: of the pairs of voxels that are together in the segmentation, the share that is together in truth; rand_recall the reverse; arand is 1 less their harmonic mean.",
      "compat=true gives DaCapo's: background is an object on both sides, and voi is the mean of split and merge.",
      "wide=true: an array of two channels of uint64, (c 2, space…), holds ids of 128 bits, as blockwise(…, ids=\"wide\") makes them; the other may hold ordinary ones.",
    ],
    examples: [Example("partition_scores(stack(full(4, 1, dtype=uint64), cast(arange(4) // 2, uint64)), arange(4) // 2 + 5, wide=true).voi", prints: "0.0"), Example("partition_scores(arange(4) // 2 + 1, arange(4) // 2 + 5).voi", prints: "0.0")], searchTerms: ["voi", "rand"],
    streams: ["segmentation", "truth", "mask"]
  ) { call in
    let table = try call.bool("wide") ? countedWide(call) : counted(call), compat = try call.bool("compat"), stop = call.execution.cancellation
    let scores = try PartitionScores(table, background: call.bool("background") || compat, stop), voi = try compat ? PartitionScores.compatible(table, stop).voi : scores.voi
    return [
      "voi": .float(voi), "voi_split": .float(scores.voiSplit), "voi_merge": .float(scores.voiMerge), "rand": .float(scores.rand), "arand": .float(scores.adaptedRandError),
      "rand_precision": .float(scores.randPrecision), "rand_recall": .float(scores.randRecall),
    ]
  }

  static let contingency = Builtin(
    "contingency", "(segmentation: array, truth: array, mask: array = nil) -> table",
    "Where two labellings overlap: a row a pair of ids that meet, 0 among them, with its count of voxels and the intersection over union of both.",
    details: ["mask: 0 leaves a voxel out. Volumes may be of any size; the pairs are kept in memory."],
    examples: [Example("contingency(arange(4) // 2, arange(4) // 3).count", prints: "[2, 1, 1]"), Example("contingency(arange(4) // 2, arange(4) // 3).iou[2]", prints: "0.5")],
    searchTerms: ["overlap", "confusion matrix", "iou"], streams: ["segmentation", "truth", "mask"]
  ) { call in
    let overlaps = try counted(call).overlaps(call.execution.cancellation)
    return Value(TableValue(columns: ["segmentation", "truth", "count", "iou"], values: [
      overlaps.map { Value($0.segmentation) }, overlaps.map { Value($0.truth) }, overlaps.map { .int($0.count) }, overlaps.map { .float($0.iou) },
    ]))
  }

  static let matches = Builtin(
    "matches", "(overlaps: table, iou=0.5) -> table",
    "Which object found is which true object: a row an object, from the table that contingency gives; nil on the side where it has no partner.",
    details: [
      "A pair has an intersection over union of `iou` at least. Of all ways to pair objects one to one, the one with most pairs is taken, and of those the one with the greatest total IoU.",
      "Rows: true objects by id, then those segments that match none. truth_size and segmentation_size are voxels; 0 is background, and no object.",
    ],
    examples: [
      Example("matches(contingency(arange(8) // 2, arange(8) // 4)).truth", prints: "[1, nil, nil]"),
      Example("matches(contingency(arange(8) // 3, arange(8) // 3), iou=0.9)[0].iou", prints: "1.0"),
    ],
    searchTerms: ["detection", "hungarian", "average precision", "panoptic"]
  ) { call in
    let least = try call.float("iou")
    guard least > 0, least <= 1 else { throw call.failure(.value, "`iou` must be above 0 and at most 1, not \(least)", at: "iou") }
    let overlaps = try overlaps(call), chosen = try matchObjects(overlaps, least: least, call.execution)
    var truths: [UInt64: Int] = [:], segments: [UInt64: Int] = [:]
    for overlap in overlaps {
      truths[overlap.truth, default: 0] &+= overlap.count
      segments[overlap.segmentation, default: 0] &+= overlap.count
    }
    let partners = Dictionary(chosen.map { ($0.truth, $0) }) { first, _ in first }, taken = Set(chosen.map(\.segmentation))
    var columns = [[Value]](repeating: [], count: 5)
    func add(_ truth: UInt64?, _ segment: UInt64?, _ iou: Double?) {
      let row: [Value] = [
        truth.map { Value($0) } ?? .nil, segment.map { Value($0) } ?? .nil, iou.map { .float($0) } ?? .nil, truth.map { .int(truths[$0] ?? 0) } ?? .nil,
        segment.map { .int(segments[$0] ?? 0) } ?? .nil,
      ]
      for (column, value) in row.enumerated() { columns[column].append(value) }
    }
    for truth in truths.keys.sorted() where truth != 0 { add(truth, partners[truth]?.segmentation, partners[truth]?.iou) }
    for segment in segments.keys.sorted() where segment != 0 && !taken.contains(segment) { add(nil, segment, nil) }
    return Value(TableValue(columns: ["truth", "segmentation", "iou", "truth_size", "segmentation_size"], values: columns))
  }

  private static func counted(_ call: Call) throws -> Contingency {
    var cells = Doubling<Contingency.Cell>("pairs of ids", bytesEach: 48, budget: call.execution.memoryBudget) { Contingency($0).cells }
    try ScoreBlocks(call, names: ["segmentation", "truth"]).forEach { blocks, mask in
      try cells.add(try Segmentation.contingency(blocks[0], blocks[1], mask: mask, for: call.builtin.name, call.execution).cells)
    }
    return Contingency(try cells.settled())
  }

  /// The rows of a table as `contingency` makes it.
  private static func overlaps(_ call: Call) throws -> [Overlap] {
    let table = try call.object("overlaps", as: TableValue.self)
    func wrong(_ column: String, _ phrase: String) -> Failure {
      call.failure(.type, "column `\(column)` of `overlaps` must hold \(phrase)", at: "overlaps", hint: "matches(contingency(segmentation, truth))")
    }
    if table.count == 0 { return [] }
    func ids(_ column: String) throws -> [UInt64] {
      try table.column(column, argument: "overlaps").map {
        guard let id = $0.integer.flatMap({ UInt64(exactly: $0) }) else { throw wrong(column, "ids of 0 or more") }
        return id
      }
    }
    let segments = try ids("segmentation"), truths = try ids("truth"), counts = try ids("count"), ious = try table.column("iou", argument: "overlaps")
    return try (0..<table.count).map { row in
      guard let iou = ious[row].number, iou >= 0, iou <= 1 else { throw wrong("iou", "numbers from 0 to 1") }
      return Overlap(segmentation: segments[row], truth: truths[row], count: Int(clamping: counts[row]), iou: iou)
    }
  }
}
