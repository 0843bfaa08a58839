import Geometry
import Testing

import Blockwise

@Suite struct TilingTests {
  @Test func everyVoxelOnceForEverySizeAndFit() throws {
    for length in 0...13 {
      for size in 1...14 {
        for context in [0, 1, 5] {
          for fit in [Tiling.Fit.valid, .overhang, .shrink] {
            let total = try VoxelRoi(offset: Coordinate([3]), shape: Coordinate([length]))
            let tiling = try Tiling(total: total, block: [size], before: [context], after: [context + 1], fit: fit)
            var next = 3
            for index in 0..<tiling.count {
              let block = try tiling.block(index)
              #expect(block.writeRoi.offset[0] == next, "\(length) \(size) \(fit)")
              next = block.writeRoi.end[0]
              #expect(block.readRoi.offset[0] == block.writeRoi.offset[0] - context)
              #expect(block.readRoi.end[0] == block.writeRoi.end[0] + context + 1)
              #expect(!block.writeRoi.isEmpty)
              if fit != .shrink { #expect(block.writeRoi.shape[0] == size) }
            }
            switch fit {
            case .valid: #expect(next - 3 == length / size * size)
            case .overhang: #expect(next - 3 == (length + size - 1) / size * size)
            case .shrink: #expect(next - 3 == length)
            }
          }
        }
      }
    }
  }

  @Test func numbersAreRasterOrder() throws {
    let tiling = try Tiling(total: VoxelRoi(shape: [5, 4, 7]), block: [2, 3, 3], context: [0, 0, 0])
    #expect(tiling.counts == [3, 2, 3])
    var index: Int64 = 0
    for z in 0..<3 { for y in 0..<2 { for x in 0..<3 {
      #expect(tiling.position(of: index) == [z, y, x])
      #expect(tiling.index(at: [z, y, x]) == index)
      index += 1
    } } }
    #expect(index == tiling.count)
    #expect(tiling.index(at: [0, 2, 0]) == nil)
    #expect(tiling.index(at: [-1, 0, 0]) == nil)
  }

  @Test func aBillionBlocksCostNothing() throws {
    let tiling = try Tiling(total: VoxelRoi(shape: [1 << 30, 1 << 30, 1 << 30]), block: [1 << 10, 1 << 10, 1 << 10], context: [64, 64, 64])
    #expect(tiling.count == 1 << 60)
    let last = try tiling.block(tiling.count - 1)
    #expect(last.writeRoi.end.values == [1 << 30, 1 << 30, 1 << 30])
  }

  @Test func refusals() throws {
    let total = try VoxelRoi(shape: [4, 4])
    #expect(throws: BlockwiseError.emptyBlock([0, 2])) { try Tiling(total: total, block: [0, 2], context: [0, 0]) }
    #expect(throws: BlockwiseError.negativeContext([0, -1])) { try Tiling(total: total, block: [2, 2], context: [0, -1]) }
    #expect(throws: BlockwiseError.blockRank("block", expected: 2, found: [2])) { try Tiling(total: total, block: [2], context: [0, 0]) }
    #expect(throws: BlockwiseError.noSuchBlock(4, count: 4)) { try Tiling(total: total, block: [2, 2], context: [0, 0]).block(4) }
    let huge = try VoxelRoi(shape: [.max - 8, .max - 8])
    #expect(throws: BlockwiseError.tooManyBlocks(total: huge, block: [1, 1])) { try Tiling(total: huge, block: [1, 1], context: [0, 0]) }
    #expect(throws: BlockwiseError.self) { try Tiling(total: huge, block: [1 << 40, 1 << 40], context: [.max, 0]) }
  }
}
