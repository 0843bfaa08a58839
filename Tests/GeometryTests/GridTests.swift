import Geometry
import Testing

@Suite struct GridTests {
  private func grid(_ size: String, _ offset: String) throws -> Grid {
    try Grid(axes: [.c, .x], voxelSize: Coordinate([try #require(Rational(decimal: size))]), offset: Coordinate([try #require(Rational(decimal: offset))]))
  }
  private func world(_ begin: String, _ end: String) throws -> WorldRoi {
    try WorldRoi(from: Coordinate([try #require(Rational(decimal: begin))]), to: Coordinate([try #require(Rational(decimal: end))]))
  }

  @Test func voxelsAndWorldAreInverse() throws {
    for size in ["1", "4.56", "0.3"] {
      let grid = try grid(size, "-7.1")
      for begin in -3...3 {
        for length in 0...4 {
          let voxels = try VoxelRoi(offset: Coordinate([begin]), shape: Coordinate([length]))
          let box = try grid.world(voxels)
          for snap in [Grid.Snap.outward, .inward, .nearest, .exact] { #expect(try grid.voxels(box, snap) == voxels) }
        }
      }
    }
  }

  @Test func snapsAsAsked() throws {
    let grid = try grid("4", "0"), box = try world("5", "11")
    #expect(try grid.voxels(box, .outward).description == "[1:3]")
    #expect(try grid.voxels(box, .inward).description == "[2:2]")
    #expect(try grid.voxels(box, .nearest).description == "[1:3]")
    #expect(throws: GeometryError.offGrid(axis: "x", value: Rational(5), below: Rational(4), above: Rational(8))) { try grid.voxels(box, .exact) }
    #expect(try grid.voxels(try world("4.0001", "8"), .exact).description == "[1:2]")
  }

  @Test func refusesWhatIsNoGrid() throws {
    #expect(throws: GeometryError.emptyVoxelSize(axis: "x")) { try Grid(axes: [.x], voxelSize: Coordinate([.zero]), offset: Coordinate([.zero])) }
    #expect(throws: GeometryError.ranks(1, 2)) { try Grid(axes: [.c, .x], voxelSize: Coordinate([.one, .one]), offset: Coordinate([.zero])) }
  }

  @Test func roisObeyTheirAlgebra() throws {
    for a in 0..<4 {
      for b in a...4 {
        for c in 0..<4 {
          for d in c...4 {
            let p = try VoxelRoi(from: Coordinate([a]), to: Coordinate([b])), q = try VoxelRoi(from: Coordinate([c]), to: Coordinate([d]))
            let both = try p.intersection(q), around = try p.union(q)
            for at in 0..<5 {
              let point = VoxelCoordinate([at])
              #expect(both.contains(point) == (p.contains(point) && q.contains(point)))
              if p.contains(point) || q.contains(point) { #expect(around.contains(point)) }
            }
          }
        }
      }
    }
    #expect(throws: GeometryError.overflow) { try VoxelRoi(offset: Coordinate([Int.max]), shape: Coordinate([1])) }
    #expect(throws: GeometryError.negativeShape) { try VoxelRoi(offset: Coordinate([0]), shape: Coordinate([-1])) }
  }
}
