import Arrays
import Testing
import Segmentation

@Suite struct SurfaceTests {
  private func tally(_ predicted: NDArray, _ truth: NDArray, _ voxelSize: [Double]) throws -> DistanceTally {
    try distanceTally(predicted, truth, voxelSize: voxelSize, clip: 1, tolerance: 0, crowd)
  }

  /// Tests/Fixtures/segmentation/surfaces/generate.py
  @Test(arguments: [("cube", [40.0, 8, 8]), ("plane", [5.24, 4.56]), ("slab", [8.0, 4, 4])])
  func distancesAreThoseOfScipy(_ name: String, _ voxelSize: [Double]) throws {
    let found = try tally(readNpy("surfaces/\(name)_predicted"), readNpy("surfaces/\(name)_truth"), voxelSize)
    let expected = try fixtureScores("surfaces/scores.txt")
    for percent in [50, 95, 100] { #expect(try abs(found.surfacePercentile(Double(percent)) - #require(expected["\(name)_\(percent)"])) < 1e-4) }
    #expect(try abs(found.surfaceMean - #require(expected["\(name)_mean"])) < 1e-4)
  }

  @Test func emptyMasks() throws {
    let none = try NDArray(.bool, [2, 3]), one = try NDArray([true, false, false, false, false, false], [2, 3])
    #expect(try tally(none, none, [1, 1]).surfacePercentile(95) == 0)
    #expect(try tally(none, one, [1, 1]).surfacePercentile(95).isNaN)
    #expect(try tally(one, none, [1, 1]).surfaceMean.isNaN)
    #expect(try tally(one, one, [1, 1]).surfaceMean == 0)
  }
}
