import Arrays
import Geometry
import Testing

@Suite struct UpsampledSourceTests {
  private func coarse(_ shape: [Int]) throws -> Volume {
    let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(10), Rational(10), Rational(10)]), offset: Coordinate([.zero, Rational(20), .zero]))
    return try Volume(try NDArray((0..<shape.reduce(1, *)).map { Float(($0 * 37) % 23) }, shape), grid)
  }

  @Test func linearFollowsTheFormula() throws {
    for factor in 1...4 {
      let base = try coarse([1, 1, 5]), values = try base.array.elements(Float.self)
      let fine = try UpsampledSource(base, factors: [1, 1, factor], method: .linear)
      let found = try fine.read(try VoxelRoi(shape: fine.shape), ReadContext()).elements(Float.self)
      for i in found.indices {
        let at = (Double(i) + 0.5) / Double(factor) - 0.5
        let low = max(0, min(4, Int(at.rounded(.down)))), high = max(0, min(4, Int(at.rounded(.down)) + 1))
        let share = at - at.rounded(.down)
        let expected = Double(values[low]) * (1 - share) + Double(values[high]) * share
        #expect(abs(Double(found[i]) - expected) < 1e-5, "factor \(factor) voxel \(i)")
      }
    }
  }

  @Test(arguments: [UpsampledSource.Method.linear, .nearest])
  func everyBoxEqualsItsPartOfTheWhole(method: UpsampledSource.Method) throws {
    let fine = try UpsampledSource(try coarse([3, 4, 5]), factors: [2, 1, 3], method: method)
    let whole = try fine.read(try VoxelRoi(shape: fine.shape), ReadContext())
    for z in 0..<6 {
      for x in 0..<15 {
        for size in 1...3 where z + size <= 6 && x + size <= 15 {
          let roi = try VoxelRoi(offset: Coordinate([z, 1, x]), shape: Coordinate([size, 2, size]))
          let part = try fine.read(roi, ReadContext()).elements(Float.self)
          let expected = try whole.slice(offset: [z, 1, x], shape: [size, 2, size]).elements(Float.self)
          #expect(part == expected)
        }
      }
    }
  }

  @Test func gridsCoverTheSameWorld() throws {
    let base = try coarse([3, 4, 5]), fine = try UpsampledSource(base, factors: [2, 2, 2], method: .nearest)
    #expect(fine.shape == [6, 8, 10])
    #expect(fine.grid.voxelSize.values == [Rational(5), Rational(5), Rational(5)])
    let (covered, expected) = (try fine.grid.world(try VoxelRoi(shape: fine.shape)), try base.roi)
    #expect(covered == expected)
    #expect(throws: ArrayError.self) { try UpsampledSource(base, factors: [2, 2], method: .linear) }
  }
}
