import Arrays
import Testing
import Segmentation

@Suite struct SurfaceTests {
  /// Tests/Fixtures/segmentation/surfaces/generate.py
  @Test(arguments: [("cube", [40.0, 8, 8]), ("plane", [5.24, 4.56]), ("slab", [8.0, 4, 4])])
  func distancesAreThoseOfScipy(_ name: String, _ voxelSize: [Double]) throws {
    let found = try SurfaceDistances(readNpy("surfaces/\(name)_predicted"), readNpy("surfaces/\(name)_truth"), voxelSize: voxelSize, crowd)
    let expected = try fixtureScores("surfaces/scores.txt")
    for percent in [50, 95, 100] { #expect(try abs(found.percentile(Double(percent)) - #require(expected["\(name)_\(percent)"])) < 1e-4) }
    #expect(try abs(found.mean - #require(expected["\(name)_mean"])) < 1e-4)
  }

  @Test func emptyMasks() throws {
    let none = try NDArray(.bool, [2, 3]), one = try NDArray([true, false, false, false, false, false], [2, 3])
    #expect(try SurfaceDistances(none, none, voxelSize: [1, 1], alone).percentile(95) == 0)
    #expect(try SurfaceDistances(none, one, voxelSize: [1, 1], alone).percentile(95).isNaN)
    #expect(try SurfaceDistances(one, none, voxelSize: [1, 1], alone).mean.isNaN)
    #expect(try SurfaceDistances(one, one, voxelSize: [1, 1], alone).mean == 0)
  }
}
