import Arrays
import Execution
import Geometry
import Testing

import Blockwise

private func line(_ values: [Int32], voxel: Int, offset: Int = 0) throws -> Volume {
  try Volume(NDArray(values, [values.count]), Grid(axes: [.x], voxelSize: Coordinate([Rational(voxel)]), offset: Coordinate([Rational(offset)])))
}

private func ramp(_ count: Int, _ factor: Int32 = 1) -> [Int32] { (0..<count).map { Int32($0) * factor + 1 } }

/// Each voxel of `coarse` `factor` times.
private func repeated(_ coarse: [Int32], _ factor: Int) -> [Int32] { coarse.flatMap { [Int32](repeating: $0, count: factor) } }

private func options(block: Int, context: Int = 0, voxel: Int? = nil) -> BlockwiseOptions {
  var options = BlockwiseOptions(name: "f", block: [block], context: [context])
  options.voxel = voxel.map { Coordinate([Rational($0)]) }
  return options
}

private func run(_ inputs: [Volume], _ options: BlockwiseOptions, _ kernel: @escaping BlockKernel) throws -> Volume {
  try #require(try BlockwiseStatement(inputs, options: options, to: .memory, kernel: kernel).execute(context(threads: 2)).output as? Volume)
}

private func message(_ inputs: [Volume], _ options: BlockwiseOptions) -> (text: String, hint: String?) {
  do { _ = try run(inputs, options) { inputs, _, _ in inputs[0].array } } catch let error as BlockwiseError { return (error.description, error.hint) } catch { return ("\(error)", nil) }
  return ("no error", nil)
}

/// Inputs of different voxels, seen in one box of the world.
@Suite struct MixedVoxelTests {
  /// Fine and coarse together equal what the whole gives, for every block of whole voxels of both, ends that fall into a coarse voxel, and contexts of whole or parts of coarse voxels.
  @Test(arguments: [20, 18, 17])
  func equalsTheWhole(count: Int) throws {
    let fine = try line(ramp(count, 10), voxel: 8, offset: 80), coarse = try line([1, 2, 3, 4, 5], voxel: 32, offset: 80)
    let expected = try zip(fine.array.elements(Int32.self), repeated([1, 2, 3, 4, 5], 4)).map { $0 + $1 }
    for block in [4, 8, 12, 20, 64] { for context in [0, 3, 4, 5] {
      let sum = try run([fine, coarse], options(block: block, context: context)) { inputs, block, _ in
        let margin = (context + 3) / 4, fine = try inputs[0].array.elements(Int32.self), coarse = try inputs[1].array.elements(Int32.self)
        #expect(fine.count == 4 * (coarse.count - 2 * margin) + 2 * context)
        #expect(try inputs[1].grid.offset[0] + Rational(32 * margin) == (try inputs[0].grid.offset[0] + Rational(8 * context)))
        return try NDArray(zip(fine[context..<(fine.count - context)], repeated(Array(coarse[margin..<(coarse.count - margin)]), 4)).map { $0 + $1 }, [fine.count - 2 * context])
      }
      #expect(try sum.array.elements(Int32.self) == expected, "block \(block), context \(context)")
      #expect(sum.grid == fine.grid)
    } }
  }

  /// 8 nm beside 12 nm: they meet every 24 nm. The coarser one first: blocks, context and result are its.
  @Test func ratiosNeedNotBeWhole() throws {
    let a = try line(ramp(12), voxel: 12), b = try line(ramp(18), voxel: 8)
    for block in [2, 4, 6, 12] {
      let result = try run([a, b], options(block: block, context: 2)) { inputs, block, _ in
        #expect(inputs[1].shape[0] * 2 == inputs[0].shape[0] * 3)
        #expect(try inputs[0].grid.world(VoxelRoi(shape: inputs[0].shape)) == inputs[1].grid.world(VoxelRoi(shape: inputs[1].shape)))
        let fine = try inputs[1].array.elements(Int32.self)
        return try NDArray((0..<inputs[0].shape[0]).map { fine[$0 * 3 / 2] }, inputs[0].shape)   // the voxel at the middle of each
      }
      #expect(try result.array.elements(Int32.self) == (0..<12).map { Int32($0 * 3 / 2 + 1) })
    }
    let cut = message([a, b], options(block: 3))
    #expect(cut.text == "blocks of (3) voxels of (12) nm would cut voxels of input 2, (8) nm" && cut.hint == "block=(4)")
  }

  /// A result in larger voxels, and one in smaller ones.
  @Test func theResultHasVoxelsOfItsOwn() throws {
    let fine = try line(ramp(18), voxel: 8, offset: 16)
    for block in [1, 2, 5] {
      let sums = try run([fine], options(block: block, context: 1, voxel: 32)) { inputs, block, _ in
        let values = try inputs[0].array.elements(Int32.self)
        #expect(values.count == 4 * block.readRoi.shape[0])
        return try NDArray((0..<(values.count / 4)).map { values[(4 * $0)..<(4 * $0 + 4)].reduce(0, +) }, [values.count / 4])
      }
      #expect(try sums.array.elements(Int32.self) == [10, 26, 42, 58, 17 + 18 + 17 + 16])   // the last one sees the mirror
      #expect(sums.grid.voxelSize.values == [Rational(32)] && sums.grid.offset.values == [Rational(16)])
    }
    let finer = try run([try line([3, 5, 7], voxel: 8)], options(block: 2, voxel: 4)) { inputs, _, _ in
      let values = repeated(try inputs[0].array.elements(Int32.self), 2)
      return try NDArray(values, [values.count])
    }
    #expect(try finer.array.elements(Int32.self) == [3, 3, 5, 5, 7, 7])
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let fine = try line(ramp(16), voxel: 8), coarse = try line(ramp(4), voxel: 32)
    #expect(message([fine, coarse], options(block: 8)).text == "no error")
    let cut = message([fine, coarse], options(block: 6))
    #expect(cut.text == "blocks of (6) voxels of (8) nm would cut voxels of input 2, (32) nm" && cut.hint == "block=(8)")
    #expect(message([fine, try line(ramp(4), voxel: 32, offset: 8)], options(block: 8)).text == "input 2 lies -0.25 voxel off the region's begin along x")
    #expect(message([fine, try line(ramp(3), voxel: 32)], options(block: 8)).text == "inputs cover different regions: input 1 [0:128] nm, input 2 [0:96] nm")
    #expect(message([fine, try line(ramp(5), voxel: 32)], options(block: 8)).hint == "name the region: roi=a.roi & b.roi")
    // two spellings of one size, and sizes of different worlds
    for (size, other) in [("4.0000001", "4"), ("0.000000000001", "4"), ("1000000000", "3")] {
      let sizes = try [size, other].map { try #require(Rational(decimal: $0)) }
      let inputs = try sizes.map { try Volume(NDArray(ramp(50), [50]), Grid(axes: [.x], voxelSize: Coordinate([$0]), offset: Coordinate([.zero]))) }
      var same = BlockwiseOptions(name: "f")
      same.roi = try WorldRoi(offset: Coordinate([.zero]), shape: Coordinate([try sizes[0] * Rational(50)])).intersection(WorldRoi(offset: Coordinate([.zero]), shape: Coordinate([try sizes[1] * Rational(50)])))
      #expect(message(inputs, same).text.hasPrefix(size == "1000000000" ? "one block would hold" : "voxel sizes differ: input 1"), "\(size)")
    }
    let unknown = Volume(try NDArray(ramp(4), [4]))
    #expect(message([fine, unknown], options(block: 8)).text == "voxel sizes differ: input 1 (8) nm, input 2 (1) nm")
    #expect(message([unknown], options(block: 8, voxel: 32)).text.hasPrefix("the voxel size of input 1 is unknown"))
    var part = options(block: 8)
    part.roi = try WorldRoi(offset: Coordinate([Rational(32)]), shape: Coordinate([Rational(64)]))
    #expect(message([fine, try line(ramp(3), voxel: 32)], part).text == "no error")
    part.roi = try WorldRoi(offset: Coordinate([Rational(24)]), shape: Coordinate([Rational(64)]))
    let beside = message([fine, coarse], part)
    #expect(beside.text == "input 2 lies -0.25 voxel off the region's begin along x" && beside.hint == "roi=snap(a.roi & b.roi, b, how=\"inward\")")
    part.roi = try WorldRoi(offset: Coordinate([Rational(32)]), shape: Coordinate([Rational(96)]))
    #expect(message([fine, try line(ramp(3), voxel: 32)], part).text == "the region [32:128] nm is not inside [0:96] nm")
  }

  /// A block that nobody asked for is one that fits.
  @Test func theUsualBlockFits() throws {
    let statement = try BlockwiseStatement([try line(ramp(300), voxel: 12), try line(ramp(450), voxel: 8), try line(ramp(36), voxel: 100)], options: BlockwiseOptions(name: "f"), to: .memory) { inputs, _, _ in inputs[0].array }
    #expect(statement.tiling.blockShape == [100])   // whole voxels of 8 nm every 2, of 100 nm every 25
    #expect(try statement.firstShapes() == [[100], [150], [12]])
  }

  @Test func foldsMixToo() throws {
    let fine = try line(ramp(16), voxel: 8), coarse = try line([1, 0, 0, 1], voxel: 32)
    let add: @Sendable (inout Int, Int) throws -> Void = { $0 += $1 }
    let inside = try fold([fine, coarse], options: options(block: 4), mixed: true, initial: 0, merge: add, context()) { inputs, _, _ in
      try inputs[1].array.elements(Int32.self) == [1] ? Int(inputs[0].array.elements(Int32.self).reduce(0, +)) : 0
    }.result
    #expect(inside == 10 + 58)
    #expect(throws: BlockwiseError.self) { try fold([fine, coarse], options: options(block: 4), initial: 0, merge: add, context()) { _, _, _ in 0 } }
  }
}
