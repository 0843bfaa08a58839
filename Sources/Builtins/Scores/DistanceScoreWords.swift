import Arrays
import Blockwise
import Geometry
import Language
import Segmentation

extension Builtin {
  static let distanceScores = Builtin(
    "distance_scores",
    "(predicted: array, truth: array, mask: array = nil, tolerance: int|float|length = 0, clip: int|float|length = nil, percentile=95.0, compat=false) -> record",
    "How far one mask lies from another, in nm (voxels where no voxel size is known): hausdorff, its percentile, mean distances of errors, scores that forgive small ones.",
    details: [
      "hausdorff: the farthest that a voxel of one mask lies from the other mask. hausdorff_percentile and surface_distance (a mean) look at surface voxels only, both ways.",
      "mean_false_positive_distance: of predicted voxels that are not true, to the truth; mean_false_negative_distance the reverse; mean_false_distance is the mean of both. 0 where there is no error. …_clipped: each distance `clip` at most.",
      "…_with_tolerance: errors up to `tolerance` from the other mask are none, and count as hits.",
      "hausdorff, hausdorff_percentile and surface_distance are 0 where both masks are empty and NaN where one is; all else is NaN where either is.",
      "mask: voxels where it is 0 belong to neither mask; where it ends, a mask has a surface. compat=true gives the numbers of DaCapo 0.3.5, whose means are over all voxels of a mask, hits among them as 0, and whose hausdorff takes the voxel size in reverse.",
      "Volumes may be of any size: what does not fit in memory is worked on in files in TMPDIR (9 bytes a voxel), which go with the process.",
    ],
    examples: [
      Example("distance_scores(arange(9) < 3, arange(9) < 5).hausdorff", prints: "2.0"),
      Example("distance_scores(arange(9) < 3, arange(9) < 5, tolerance=2).f1_score_with_tolerance", prints: "1.0"),
    ],
    searchTerms: ["hausdorff", "hd95", "tolerance", "surface", "assd", "dacapo"], streams: ["predicted", "truth", "mask"]
  ) { call in
    let blocks = try ScoreBlocks(call, names: ["predicted", "truth"]), first = try call.array("predicted"), grid = first.grid
    guard grid.spatialRank == grid.rank, (1...3).contains(grid.rank) else { throw call.failure(.shape, "`distance_scores` needs axes of space only, found \(first.axesText)", at: "predicted") }
    let percent = try call.float("percentile")
    guard percent >= 0, percent <= 100 else { throw call.failure(.value, "`percentile` must be from 0 to 100, not \(percent)", at: "percentile") }
    let tolerance = try call.reach("tolerance", grid) ?? 0, clip = try call.reach("clip", grid) ?? .infinity
    let (arrays, mask) = try blocks.sources(), scoring = DistanceScoring(arrays[0], arrays[1], mask: mask, clip: clip, tolerance: tolerance)
    let tally: DistanceTally
    do { tally = try scoring.tally(voxelSize: grid.sizes, call.execution) } catch let error as BlockwiseError {
      guard case .budget(_, let bytes, _) = error else { throw error }
      throw call.failure(.memory, error.description, at: "predicted", hint: "give it a part: distance_scores(‹predicted›[r], ‹truth›[r], …)   or at the prompt :set memory \(bytes / (1 << 30) + 1)GiB")
    }
    let scores: DistanceScores
    if try call.bool("compat") {
      let reversed = Array(grid.sizes.reversed())
      scores = DistanceScores(tally, compatible: (reversed == grid.sizes ? tally : try scoring.tally(voxelSize: reversed, call.execution)).hausdorff)
    } else { scores = DistanceScores(tally) }
    return [
      "hausdorff": .float(scores.hausdorff), "hausdorff_percentile": .float(tally.surfacePercentile(percent)), "surface_distance": .float(tally.surfaceMean),
      "mean_false_distance": .float(scores.meanFalseDistance), "mean_false_positive_distance": .float(scores.meanFalsePositiveDistance),
      "mean_false_negative_distance": .float(scores.meanFalseNegativeDistance), "mean_false_distance_clipped": .float(scores.meanFalseDistanceClipped),
      "mean_false_positive_distance_clipped": .float(scores.meanFalsePositiveDistanceClipped), "mean_false_negative_distance_clipped": .float(scores.meanFalseNegativeDistanceClipped),
      "false_positive_rate_with_tolerance": .float(scores.falsePositiveRateWithTolerance), "false_negative_rate_with_tolerance": .float(scores.falseNegativeRateWithTolerance),
      "precision_with_tolerance": .float(scores.precisionWithTolerance), "recall_with_tolerance": .float(scores.recallWithTolerance),
      "f1_score_with_tolerance": .float(scores.f1WithTolerance),
    ]
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
