import Arrays
import Execution
import Segmentation
import Testing

/// 240 random pairs of volumes against SimpleITK, scipy, scikit-image and DaCapo's own evaluator: Tests/Fixtures/segmentation/scores/generate.py.
@Suite struct ScoreTableTests {
  @Test func scoresAreThoseOfThePeers() throws {
    var cursor = 0
    let codes = try readNpy("scores/volumes").elements(UInt8.self), cases = try ScoreCase.all()
    #expect(cases.count == 240)
    for (number, test) in cases.enumerated() {
      func next() throws -> [UInt8] {
        defer { cursor += test.count }
        return Array(codes[cursor..<cursor + test.count])
      }
      let predicted = try test.labels(next()), truth = try test.labels(next()), mask = test.isMasked ? try NDArray(next(), test.shape) : nil
      try check(test, predicted, truth, mask, "case \(number), \(test.dtype) \(test.shape)")
    }
    #expect(cursor == codes.count)
  }

  private func check(_ test: ScoreCase, _ predicted: NDArray, _ truth: NDArray, _ mask: NDArray?, _ name: String) throws {
    func expect(_ key: String, _ found: Double, within tolerance: Double = 1e-9) throws {
      let expected = try test.value(key)
      let same = found == expected || (found.isNaN && expected.isNaN) || abs(found - expected) <= tolerance * max(1, abs(expected))
      #expect(same, "\(name): \(key) is \(found), not \(expected)")
    }
    let counts = try confusion(predicted, truth, mask: mask, crowd)
    for (key, value) in [
      ("dice", counts.dice), ("jaccard", counts.jaccard), ("false_negative_rate", counts.falseNegativeRate), ("false_positive_rate", counts.falsePositiveRate),
      ("false_discovery_rate", counts.falseDiscoveryRate), ("voi", counts.voi), ("precision", counts.precision), ("recall", counts.recall), ("f1_score", counts.f1),
    ] { try expect(key, value) }
    let tally = try distanceTally(predicted, truth, mask: mask, voxelSize: test.sizes, clip: test.clip, tolerance: test.tolerance, crowd)
    #expect(try tally == distanceTally(predicted, truth, mask: mask, voxelSize: test.sizes, clip: test.clip, tolerance: test.tolerance, alone))
    try expectDistances(DistanceScores(tally), "") { try expect($0, $1, within: 1e-6) }
    try expect("hausdorff_95", tally.surfacePercentile(95), within: 1e-6)
    try expect("surface_distance", tally.surfaceMean, within: 1e-6)
    if mask == nil {
      let compatible = counts.compatible
      for (key, value) in [
        ("dice", counts.dice), ("jaccard", counts.jaccard), ("false_negative_rate", counts.falseNegativeRate), ("false_positive_rate", compatible.falsePositiveRate),
        ("false_discovery_rate", compatible.falseDiscoveryRate), ("voi", counts.voi), ("precision", compatible.precision), ("recall", compatible.recall), ("f1_score", compatible.f1),
      ] { try expect("dacapo_" + key, value) }
      let exchanged = try distanceTally(predicted, truth, voxelSize: test.sizes.reversed(), clip: test.clip, tolerance: test.tolerance, crowd).hausdorff
      try expectDistances(DistanceScores(tally, compatible: exchanged), "dacapo_") { try expect($0, $1, within: 1e-6) }
    }
    let overlap = try contingency(predicted, truth, mask: mask, crowd)
    for (suffix, background) in [("", false), ("_background", true)] {
      let scores = try PartitionScores(overlap, background: background)
      for (key, value) in [
        ("voi_split", scores.voiSplit), ("voi_merge", scores.voiMerge), ("rand", scores.rand), ("rand_precision", scores.randPrecision), ("rand_recall", scores.randRecall),
        ("arand", scores.adaptedRandError),
      ] { try expect(key + suffix, value) }
    }
    for least in [0.1, 0.3, 0.5, 0.55, 0.75, 0.95] {
      let matches = try matchObjects(overlap.overlaps(), least: least, crowd)
      try expect("tp_\(least)", Double(matches.count))
      try expect("iou_\(least)", matches.reduce(0) { $0 + $1.iou })
    }
    try expect("objects", Double(overlap.sizes().segmentation.keys.count { $0 != 0 }))
    try expect("true_objects", Double(overlap.sizes().truth.keys.count { $0 != 0 }))
  }

  private func expectDistances(_ found: DistanceScores, _ prefix: String, _ expect: (String, Double) throws -> Void) throws {
    for (key, value) in [
      ("hausdorff", found.hausdorff), ("mean_false_distance", found.meanFalseDistance), ("mean_false_positive_distance", found.meanFalsePositiveDistance),
      ("mean_false_negative_distance", found.meanFalseNegativeDistance), ("mean_false_distance_clipped", found.meanFalseDistanceClipped),
      ("mean_false_positive_distance_clipped", found.meanFalsePositiveDistanceClipped), ("mean_false_negative_distance_clipped", found.meanFalseNegativeDistanceClipped),
      ("false_positive_rate_with_tolerance", found.falsePositiveRateWithTolerance), ("false_negative_rate_with_tolerance", found.falseNegativeRateWithTolerance),
      ("precision_with_tolerance", found.precisionWithTolerance), ("recall_with_tolerance", found.recallWithTolerance), ("f1_score_with_tolerance", found.f1WithTolerance),
    ] { try expect(prefix + key, value) }
  }
}

/// A row of expected.csv.
private struct ScoreCase {
  let dtype: DType, shape: [Int], sizes: [Double], clip: Double, tolerance: Double, isMasked: Bool
  private let values: [String: Double]

  var count: Int { shape.reduce(1, *) }

  static func all() throws -> [ScoreCase] {
    let lines = String(decoding: try fixtureBytes("scores/expected.csv"), as: UTF8.self).split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let names = try #require(lines.first)
    return try lines.dropFirst().map { try ScoreCase(names, $0) }
  }

  private init(_ names: [String], _ fields: [String]) throws {
    try #require(names.count == fields.count)
    let row = Dictionary(uniqueKeysWithValues: zip(names, fields))
    func field(_ name: String) throws -> String { try #require(row[name]) }
    dtype = try #require(DType(rawValue: field("dtype")))
    shape = try field("shape").split(separator: " ").map { try #require(Int($0)) }
    sizes = try field("sizes").split(separator: " ").map { try #require(Double($0)) }
    (clip, tolerance, isMasked) = (try #require(Double(field("clip"))), try #require(Double(field("tolerance"))), try field("masked") == "1")
    values = row.compactMapValues(Double.init)
  }

  func value(_ key: String) throws -> Double { try #require(values[key]) }

  /// Codes 1 and 2 of 64-bit volumes are the greatest label and the one before it.
  func labels(_ codes: [UInt8]) throws -> NDArray {
    switch dtype {
    case .uint64: try NDArray(codes.map { $0 == 1 || $0 == 2 ? UInt64.max - UInt64($0 - 1) : UInt64($0) }, shape)
    case .int64: try NDArray(codes.map { $0 == 1 || $0 == 2 ? Int64.max - Int64($0 - 1) : Int64($0) }, shape)
    default: try of(dtype.type, codes)
    }
  }

  private func of<T: Element>(_: T.Type, _ codes: [UInt8]) throws -> NDArray { try NDArray(codes.map { T(saturating: Double($0)) }, shape) }
}
