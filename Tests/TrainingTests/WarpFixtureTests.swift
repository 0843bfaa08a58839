import Arrays
import Storage
import Testing
import Training

private let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Fixtures/training"

/// A turned and bent box as numpy and scipy.ndimage.map_coordinates have it: Tests/Fixtures/training/generate.py.
@Suite struct WarpFixtureTests {
  func array(_ name: String) throws -> NDArray { try Npy.read("\(folder)/\(name).npy") }

  @Test func turnedAndBent() throws {
    let source = try array("source"), labels = try array("labels"), shifts = try array("shifts")
    var warp = Warp()
    warp.matrix = try array("matrix").elements(Double.self)
    warp.fields = [Warp.Field(points: Array(shifts.shape.dropFirst()), spacing: [16, 16, 16], shifts: try shifts.elements(Float.self))]
    let box = try WarpedBox(warp, box: [5, 6, 7], first: [-2, -2.5, -3], centre: [6.5, 7.25, 8], voxelSize: [12, 8, 4])

    let positions = try array("positions").elements(Double.self)
    for axis in 0..<3 {
      let here = positions[axis * 210..<(axis + 1) * 210]
      #expect(try #require(here.min()) >= Double(box.offset[axis]) - 1e-4 && #require(here.max()) <= Double(box.offset[axis] + box.extent[axis]) - 1 + 1e-4)
    }
    let found = try box.sampled(try cut(source, box, Float.self), linear: true).elements(Float.self), expected = try array("linear").elements(Double.self)
    #expect(found.count == 210 && zip(found, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 })
    #expect(try box.sampled(try cut(labels, box, UInt32.self), linear: false).elements(UInt32.self) == array("nearest").elements(UInt32.self))
  }

  /// What the box reads, the border repeated, as one channel.
  func cut<T: Element>(_ array: NDArray, _ box: WarpedBox, _: T.Type) throws -> NDArray {
    let all = try array.elements(T.self), shape = array.shape
    var values: [T] = []
    for z in 0..<box.extent[0] {
      for y in 0..<box.extent[1] {
        for x in 0..<box.extent[2] {
          let place = zip([z, y, x], zip(box.offset, shape)).map { min(max(0, $0 + $1.0), $1.1 - 1) }
          values.append(all[(place[0] * shape[1] + place[1]) * shape[2] + place[2]])
        }
      }
    }
    return try NDArray(values, [1] + box.extent)
  }
}
