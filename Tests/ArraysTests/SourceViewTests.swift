import Arrays
import Geometry
import Testing

@Suite struct SourceViewTests {
  private func volume() throws -> Volume {
    let grid = try Grid(axes: [.z, .y, .x], voxelSize: Coordinate([Rational(10), Rational(4), Rational(4)]), offset: Coordinate([Rational(100), .zero, Rational(8)]))
    return try Volume(try NDArray((0..<120).map { Int32($0) }, [4, 5, 6]), grid)
  }

  private func values(_ view: SourceView) throws -> [Int32] {
    try view.read(try VoxelRoi(shape: view.shape), ReadContext()).elements(Int32.self)
  }

  @Test func everyStepAgreesWithIndexLists() throws {
    let view = SourceView(try volume())
    for begin in 0..<6 {
      for step in [-3, -2, -1, 1, 2, 3] {
        for count in 1...6 where (0..<6).contains(begin + step * (count - 1)) {
          let walked = try view.walking(axis: 2, begin: begin, step: step, count: count)
          let expected = (0..<20).flatMap { row in (0..<count).map { Int32(row * 6 + begin + $0 * step) } }
          #expect(try values(walked) == expected, "begin \(begin) step \(step) count \(count)")
        }
      }
    }
  }

  @Test func viewsOfViewsCollapse() throws {
    let view = try SourceView(try volume()).walking(axis: 1, begin: 4, step: -1, count: 5).walking(axis: 1, begin: 1, step: 2, count: 2).dropping(axis: 0, at: 2)
    #expect(view.shape == [2, 6])
    #expect(try values(view) == (Array(78..<84) + Array(66..<72)).map { Int32($0) })
    #expect(SourceView(view).base.shape == [4, 5, 6])
  }

  @Test func dropsAndTransposes() throws {
    let view = try SourceView(try volume()).dropping(axis: 1, at: 3).transposed([1, 0])
    #expect(view.grid.axes == [.x, .z])
    #expect(view.grid.voxelSize.values == [Rational(4), Rational(10)])
    #expect(try values(view) == (0..<6).flatMap { x in (0..<4).map { z in Int32(z * 30 + 18 + x) } })
    let part = try view.read(try VoxelRoi(offset: Coordinate([2, 1]), shape: Coordinate([1, 2])), ReadContext())
    #expect(try part.elements(Int32.self) == [50, 80])
  }

  @Test func theGridFollows() throws {
    let view = try SourceView(try volume()).walking(axis: 0, begin: 1, step: 2, count: 2)
    #expect(view.grid.offset[0] == Rational(110))
    #expect(view.grid.voxelSize[0] == Rational(20))
    let reversed = try SourceView(try volume()).walking(axis: 2, begin: 5, step: -1, count: 3)
    #expect(reversed.grid.offset[2] == Rational(20))
  }

  @Test func refusesWhatLiesOutside() throws {
    let view = SourceView(try volume())
    #expect(throws: ArrayError.self) { try view.walking(axis: 0, begin: 3, step: 1, count: 2) }
    #expect(throws: ArrayError.self) { try view.walking(axis: 0, begin: 0, step: Int.max, count: 3) }
    #expect(throws: ArrayError.self) { try view.read(try VoxelRoi(shape: [5, 5, 6]), ReadContext()) }
    let part = try view.walking(axis: 0, begin: 0, step: 1, count: 3)
    #expect(view.isWhole && !part.isWhole)
  }
}
