import Arrays
import Execution
import Geometry
import Segmentation
import Storage
import Testing

import Blockwise

@Suite struct FillHolesTests {
  private func labels(_ shape: [Int], density: Double, ids: Int, _ seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "holes")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt16(generator.uniform() < density ? 1 + 300 * (generator.uniform() < 0.85 ? 0 : generator.index(below: ids)) : 0) }, shape)
  }

  private func whole(_ source: any ArraySource) throws -> [UInt16] { try source.read(try VoxelRoi(shape: source.shape), ReadContext()).elements(UInt16.self) }

  /// The same voxels as in the whole, for any block size: holes of one voxel, of many, across blocks, between two ids, and open ones.
  @Test(arguments: [[7, 8], [5, 6, 7]], [1, 2]) func equalsTheWhole(shape: [Int], ids: Int) throws {
    var filled = 0
    for density in [0.6, 0.75, 0.9] {
      let array = try labels(shape, density: density, ids: ids, UInt64(density * 100)), expected = try fillHoles(array, context()).elements(UInt16.self)
      filled += zip(expected, try array.elements(UInt16.self)).count { $0 != $1 }
      for block in [[1, 1, 1], [2, 2, 2], [1, 3, 2], [3, 4, 5], [5, 6, 7], [9, 9, 9]].map({ Array($0.suffix(shape.count)) }) {
        let result = try FillHolesStatement(Volume(array), options: BlockwiseOptions(name: "fill_holes", block: block), to: .memory).execute(context(threads: 2))
        #expect(try self.whole(result.output) == expected, "density \(density), block \(block)")
      }
    }
    #expect(filled > 0)
  }

  @Test func onDisk() throws {
    let folder = try TemporaryFolder()
    let array = try labels([9, 10], density: 0.7, ids: 1, 5), expected = try fillHoles(array, context()).elements(UInt16.self)
    for turn in 0..<2 {
      let result = try FillHolesStatement(Volume(array), options: BlockwiseOptions(name: "fill_holes", block: [3, 4]), to: OutputSpec(path: folder.path + "/a.zarr/filled")).execute(context())
      #expect(try whole(result.output) == expected)
      #expect(result.report.done == (turn == 0 ? 9 : 0))
    }
  }
}
