import Arrays
import Execution
import Geometry
import Synchronization
import TestSupport
import Testing

private typealias E = ArrayExpression

@Suite struct PassTests {
  /// Written three times, read once: every chunk of every source, however axes are broadcast and wherever a view begins.
  @Test(arguments: [[1, 1, 1], [7, 7, 7], [16, 32, 5], [40, 50, 60], [64, 64, 64]]) func everyChunkIsReadOnce(_ chunks: [Int]) throws {
    let array = try randomIntegers(0...200, .uint8, [40, 50, 60].map { chunks == [1, 1, 1] ? $0 / 8 : $0 }, seed: 1)
    let source = ChunkedSource(array, chunks: chunks)
    let doubled = try E.combine(.add, E(source), E.combine(.multiply, E(source), E(SourceView(source))))
    let expected = try E.combine(.add, E(array), E.combine(.multiply, E(array), E(array))).evaluate(serial).array
    for threads in 1...3 {
      source.forget()
      #expect(try doubled.evaluate(ExecutionContext(pool: ThreadPool(threads: threads))).array.isIdentical(to: expected))
      #expect(source.reads.count == source.chunkCount && source.reads.values.allSatisfy { $0 == 1 }, "\(chunks)")
    }
  }

  @Test func channelsDoNotRereadAMask() throws {
    let affs = ChunkedSource(try randomArray(.float32, [3, 20, 30, 40], seed: 1), chunks: [1, 8, 8, 8])
    let mask = ChunkedSource(try randomIntegers(0...1, .uint8, [20, 30, 40], seed: 2), chunks: [8, 8, 8])
    _ = try E.combine(.multiply, E(affs), E(mask)).evaluate(serial)
    #expect(affs.reads.count == affs.chunkCount && affs.reads.values.allSatisfy { $0 == 1 })
    #expect(mask.reads.count == mask.chunkCount && mask.reads.values.allSatisfy { $0 == 1 })
  }

  @Test(arguments: [0, 3, 8, 11]) func viewsKeepToTheChunksOfTheirBase(_ begin: Int) throws {
    let source = ChunkedSource(try randomIntegers(0...9, .uint8, [64, 24], seed: 1), chunks: [8, 8])
    let down = try SourceView(source).walking(axis: 0, begin: begin, step: 1, count: 50)
    let up = try SourceView(source).walking(axis: 0, begin: begin + 49, step: -1, count: 50)
    for view in [down, up] {
      let chunks = try #require(view.chunking)
      // A view's blocks, cut at its chunking, must each lie in one row of chunks.
      for index in 0..<50 where (index - chunks.origin[0]) % 8 != 0 && index > 0 {
        let walk = view.walks[0]
        #expect((walk.begin + index * walk.step) / 8 == (walk.begin + (index - 1) * walk.step) / 8)
      }
      source.forget()
      #expect(try E.combine(.add, E(view), E(.int(0))).evaluate(serial).array.isSame(as: view.read(VoxelRoi(shape: view.shape), ReadContext())))
    }
  }

  /// Any box of an expression is that box of the whole.
  @Test func everyBoxOfASmallExpression() throws {
    let a = ChunkedSource(try randomIntegers(0...99, .int32, [3, 4, 5], seed: 3), chunks: [2, 3, 2]), row = try randomIntegers(0...9, .int32, [5], seed: 4)
    let expression = try E.combine(.subtract, E(a), E(Volume(row, Grid(unknown: [.x]))))
    let whole = try expression.evaluate(serial).array
    for z in 0..<3 { for y in 0..<4 { for x in 0..<5 { for dz in 0...(3 - z) { for dy in 0...(4 - y) { for dx in 0...(5 - x) {
      let roi = try VoxelRoi(offset: Coordinate([z, y, x]), shape: Coordinate([dz, dy, dx]))
      #expect(try expression.read(roi, ReadContext()).isIdentical(to: whole.slice(offset: [z, y, x], shape: [dz, dy, dx])))
    } } } } } }
    #expect(throws: ArrayError.outside(axis: 1, begin: 0, end: 5, length: 4)) { try expression.read(VoxelRoi(shape: [3, 5, 5]), ReadContext()) }
  }

  @Test(arguments: [1, 2, 3]) func blocksForAWriterTileTheWhole(_ threads: Int) throws {
    let source = ChunkedSource(try randomIntegers(0...99, .uint8, [50, 70, 90], seed: 3), chunks: [9, 10, 11])
    let expression = try E.compare(.greater, E(source), E(.float(40.5)))
    let whole = try expression.evaluate(serial).array
    for chunks in [nil, Chunking(shape: [16, 16, 16]), Chunking(shape: [50, 7, 33])] {
      let seen = Mutex((voxels: 0, wrong: 0))
      try expression.forEachBlock(chunks: chunks, ExecutionContext(pool: ThreadPool(threads: threads))) { roi, block in
        let same = try block.isIdentical(to: whole.slice(offset: roi.offset.values, shape: roi.shape.values))
        let aligned = chunks.map { chunks in (0..<3).allSatisfy { roi.offset[$0] % chunks.shape[$0] == 0 && (roi.end[$0] % chunks.shape[$0] == 0 || roi.end[$0] == whole.shape[$0]) } } ?? true
        seen.withLock { $0.voxels += block.count; if !same || !aligned { $0.wrong += 1 } }
      }
      #expect(seen.withLock { $0.voxels } == whole.count && seen.withLock { $0.wrong } == 0)
    }
  }

  @Test func errorsOfTheFirstBlockWin() throws {
    struct Broken: ArraySource {
      let dtype = DType.uint8, shape = [64 << 21], grid = Grid(unknownOfRank: 1)
      var chunking: Chunking? { Chunking(shape: [1 << 21]) }
      func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
        throw ArrayError.outside(axis: 0, begin: roi.offset[0], end: roi.end[0], length: 64 << 21)
      }
    }
    let expression = try E.combine(.add, E(Broken()), E(.int(1)))
    for threads in 1...3 {
      for _ in 0..<20 {
        let context = ExecutionContext(pool: ThreadPool(threads: threads))
        #expect(throws: ArrayError.outside(axis: 0, begin: 0, end: 1 << 21, length: 64 << 21)) { try expression.evaluate(context) }
      }
    }
  }

  @Test func cancellationStopsBetweenBlocks() throws {
    let context = ExecutionContext(pool: ThreadPool(threads: 2))
    let expression = try E.combine(.add, E(NDArray(.uint8, [1 << 22])), E(.int(1)))
    context.cancellation.cancel()
    #expect(throws: Cancelled()) { try expression.evaluate(context) }
  }

  struct BoxMean: LocalFilter {
    let radius: Int
    let edge: EdgeRule?
    func dtype(for input: DType) throws -> DType { .float64 }
    func halo(for grid: Grid) throws -> (before: [Int], after: [Int]) { ([radius, 0], [radius + 1, 0]) }
    func apply(_ padded: NDArray, _ grid: Grid) throws -> NDArray {
      let values = try padded.cast(to: .float64).elements(Double.self), width = padded.shape[1], rows = padded.shape[0] - 2 * radius - 1
      return try NDArray((0..<rows * width).map { i in (0...2 * radius + 1).reduce(0.0) { $0 + values[i + $1 * width] } }, [rows, width])
    }
  }

  /// A filter's halo streams: any cut gives the whole's values, at the edges too.
  @Test(arguments: [EdgeRule.reflect, .symmetric, .edge, .constant(.int(3))]) func filtersStreamWithTheirHalo(_ edge: EdgeRule) throws {
    for radius in [0, 1, 4, 9] {
      let array = try randomIntegers(0...9, .uint8, [7, 4], seed: 5), filter = BoxMean(radius: radius, edge: edge)
      let padded = try array.padded(before: [radius, 0], after: [radius + 1, 0], edge)
      let whole = try filter.apply(padded, Grid(unknownOfRank: 2))
      let source = ChunkedSource(array, chunks: [3, 3])
      let smooth = try E(source).filtered(filter), difference = try E.combine(.subtract, E(source), smooth)
      let found = try smooth.evaluate(serial).array, less = try difference.evaluate(serial).array
      #expect(try found.isIdentical(to: whole))
      #expect(try less.isIdentical(to: E.combine(.subtract, E(array), E(whole)).evaluate(serial).array))
      for z in 0..<7 { for count in 1...(7 - z) {
        let roi = try VoxelRoi(offset: Coordinate([z, 1]), shape: Coordinate([count, 2]))
        #expect(try smooth.read(roi, ReadContext()).isIdentical(to: whole.slice(offset: [z, 1], shape: [count, 2])))
      } }
    }
  }
}
