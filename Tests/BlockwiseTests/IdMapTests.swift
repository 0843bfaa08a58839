import Arrays
import Blockwise
import Execution
import Geometry
import Segmentation
import Storage
import Testing
import TestSupport

@Suite struct IdMapTests {
  private func labels(_ shape: [Int], seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "ids")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt32(generator.index(below: 4) == 0 ? 0 : 10 * generator.index(below: 9)) }, shape)
  }

  private func values(_ source: any ArraySource) throws -> [UInt64] { try source.read(try VoxelRoi(shape: source.shape), ReadContext()).cast(to: .uint64).elements(UInt64.self) }

  /// New ids for every block size are those of the whole, and so is their count.
  @Test(arguments: [[1, 1], [2, 3], [5, 4], [7, 8], [64, 64]], [true, false]) func relabelsLikeTheWhole(block: [Int], compact: Bool) throws {
    let folder = try TemporaryFolder(), array = try labels([7, 8], seed: 1)
    let relabelling = Relabelling(merges: [IdPair(10, 30), IdPair(30, 80), IdPair(20, 40)], map: [IdPair(50, 10), IdPair(60, 7)], isCompact: compact)
    let (map, objects) = try relabelling.renumbered(try sizes(array, context()).ids, context())
    let expected = try values(Volume(try relabel(array, map, unmapped: .refuse, context())))
    #expect(Set(expected).subtracting([0]).count == objects && objects > 2)
    for path in [nil, folder.path + "/a.zarr/r"] {
      let statement = IdMapStatement(Volume(array), relabelling, options: BlockwiseOptions(name: "relabel", block: block), to: OutputSpec(path: path))
      let result = try statement.execute(context(threads: 2))
      #expect(try values(result.output) == expected)
      if let path { #expect(try StoredArray.open(path).attributes["objects"]?.int == objects) }
    }
  }

  /// Ids that pass 2⁶⁴ get the numbers that they would get as ordinary ids, for every block size, and again after a chunk was lost.
  @Test(arguments: [[1, 1], [2, 3], [5, 4], [64, 64]]) func numbersWideIds(block: [Int]) throws {
    let folder = try TemporaryFolder(), array = try labels([7, 8], seed: 4), ids = try array.elements(UInt32.self)
    let words = ids.map { id -> (UInt64, UInt64) in
      let (low, passed) = UInt64(id).addingReportingOverflow(.max - 35)
      return id == 0 ? (0, 0) : (passed ? 1 : 0, low)
    }
    #expect(Set(words.map(\.0)) == [0, 1])
    let wide = try Volume(try NDArray(words.map(\.0) + words.map(\.1), [2, 7, 8]), try Grid(axes: [.c, .y, .x], voxelSize: Coordinate([Rational(4), Rational(4)]), offset: Coordinate([Rational(8), Rational(12)])))
    let (map, objects) = try Relabelling().renumbered(try sizes(array, context()).ids, context())
    let expected = try values(Volume(try relabel(array, map, unmapped: .refuse, context())))
    for path in [nil, folder.path + "/a.zarr/r"] {
      let statement = IdMapStatement(wide: wide, options: BlockwiseOptions(name: "relabel", block: block), to: OutputSpec(path: path))
      let result = try statement.execute(context(threads: 2))
      #expect(try values(result.output) == expected && result.output.grid == wide.grid.dropping(axis: 0))
      guard let path else { continue }
      #expect(try StoredArray.open(path).attributes["objects"]?.int == objects)
      #expect(try statement.execute(context()).report.done == 0)
    }
    #expect(throws: BlockwiseError.self) {
      try IdMapStatement(wide: wide, options: BlockwiseOptions(name: "relabel", block: block), to: .memory).execute(ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 30 * objects))
    }
  }

  /// A finished statement reads nothing when it is run again; with a chunk lost it makes that chunk again.
  @Test func finishedIsFinished() throws {
    let folder = try TemporaryFolder(), array = try labels([12, 12], seed: 2), path = folder.path + "/a.zarr/r"
    func statement() -> IdMapStatement {
      IdMapStatement(Volume(array), Relabelling(), options: BlockwiseOptions(name: "relabel", block: [4, 4]), to: OutputSpec(path: path))
    }
    let first = try statement().execute(context())
    #expect(first.report.done == 9)
    let second = try statement().execute(context())
    #expect(second.report.done == 0 && second.report.skipped == 9)
    let chunk = try #require(try Files.list(path).first { $0.name.first?.isNumber == true })
    try Files.removeTree(path + "/" + chunk.name)
    let third = try statement().execute(context())
    #expect(third.report.done > 0 && third.report.done < 9)
    #expect(try values(third.output) == values(first.output))
  }

  /// What the plan says of the first pass is what is read: each chunk once.
  @Test func plansBothPasses() throws {
    let array = ChunkedSource(try labels([12, 10], seed: 3), chunks: [4, 5])
    let statement = IdMapStatement(array, Relabelling(), options: BlockwiseOptions(name: "relabel", block: nil), to: .memory)
    let stages = try statement.plan().stages
    #expect(stages.map(\.name).first == "ids" && stages.count == 2 && !stages[0].decidesBytes)
    #expect(stages[0].bytesRead == 12 * 10 * 4)
    _ = try statement.execute(context())
    #expect(array.reads.count == array.chunkCount)
  }
}

@Suite struct OrderedFoldTests {
  struct No: Error, Equatable {}

  /// A merge that fails ends the fold with what it threw, whichever block is slow, and is not tried again.
  @Test(arguments: [1, 6], [0, 1, 5]) func aMergeThatFails(workers: Int, slow: Int) throws {
    let values = try NDArray((0..<6).map { Int64($0) }, [6]), merges = Counter()
    #expect(throws: No.self) {
      _ = try fold(
        [Volume(values)], options: { var o = BlockwiseOptions(name: "f", block: [1]); o.workers = workers; return o }(), initial: Int64(0),
        merge: { (sum: inout Int64, part: Int64) in
          merges.add()
          if part == 2 { throw No() }
          sum += part
        }, context(threads: workers)
      ) { volumes, block, _ in
        if block.index == Int64(slow) { usleep(30_000) }
        return try volumes[0].array.elements(Int64.self)[0]
      }
    }
    #expect(merges.value == 3)   // blocks 0, 1 and 2, once each
  }
}

import Glibc
