import Arrays
import Execution
import Geometry
import Segmentation
import Storage
import TestSupport
import Testing

import Blockwise

@Suite struct TouchingTests {
  private func labels(_ shape: [Int], _ seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "labels")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt64(generator.index(below: 6)) }, shape)
  }

  private func bytes(_ shape: [Int], _ seed: UInt64) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "affinities")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt8(generator.index(below: 256)) }, shape)
  }

  /// What attributes say of blocks comes from a file: lengths near the largest integer neither trap nor count.
  @Test func blocksFromAttributes() throws {
    func blocks(_ shape: Int, _ origin: Int) -> IdBlocks? {
      IdBlocks(attributes: ["dcs": ["unique_blocks": .array([JSON(shape)]), "unique_blocks_origin": .array([JSON(origin)])]], rank: 1)
    }
    #expect(blocks(4, 3)?.origin == [3] && blocks(4, -1)?.origin == [3] && blocks(4, .min)?.origin == [0])
    #expect(blocks(.max, 5) == nil && blocks(-1, 0) == nil)
    let far = try #require(blocks(.max / 4, -1))
    let view = SourceView(ChunkedSource(try NDArray(.uint8, [10]), chunks: [10]))
    #expect(far.seen(by: view.walks).shape == [.max / 4])
  }

  /// All faces of the whole, each once, for any block size.
  @Test(arguments: [[5, 6, 7], [8, 9]]) func equalsTheWhole(shape: [Int]) throws {
    let ids = try labels(shape, 1), offsets = shape.indices.map { axis in shape.indices.map { $0 == axis ? (axis == 1 ? -1 : 1) : 0 } }
    let affinities = try bytes([shape.count] + shape, 2)
    let grid = Grid(unknown: [.c] + Axis.defaults(rank: shape.count))
    for block in [[1, 1, 1], [1, 2, 3], [2, 2, 2], [3, 4, 5], [5, 6, 7], [9, 9, 9]].map({ Array($0.suffix(shape.count)) }) {
      var statement = TouchingStatement(Volume(ids), options: BlockwiseOptions(name: "touching", block: block))
      #expect(try statement.execute(context(threads: 2)) == plainContacts(ids), "block \(block)")
      statement.affinities = try Volume(affinities, grid)
      statement.offsets = offsets
      #expect(try statement.execute(context()) == plainContacts(ids, affinities: affinities.cast(to: .float32), offsets: offsets), "block \(block)")
    }
  }

  /// Only faces between the blocks that made the labels, whatever blocks they are read in.
  @Test func betweenBlocks() throws {
    let shape = [7, 8], ids = try labels(shape, 3), values = try ids.elements(UInt64.self)
    var expected: [IdPair: Int] = [:]
    for y in 0..<7 { for x in 0..<8 { for (dy, dx) in [(1, 0), (0, 1)] where y + dy < 7 && x + dx < 8 {
      let a = values[y * 8 + x], b = values[(y + dy) * 8 + x + dx]
      let crosses = y / 3 != (y + dy) / 3 || x / 4 != (x + dx) / 4
      if crosses, a != 0, b != 0, a != b { expected[IdPair(min(a, b), max(a, b)), default: 0] += 1 }
    } } }
    for block in [[3, 4], [6, 8], [1, 1], [2, 5], [7, 8]] {
      var statement = TouchingStatement(Volume(ids), options: BlockwiseOptions(name: "touching", block: block))
      statement.between = IdBlocks([3, 4])
      let found = try statement.execute(context())
      #expect(Dictionary(uniqueKeysWithValues: found.map { (IdPair($0.a, $0.b), $0.faces) }) == expected, "block \(block)")
    }
  }

  @Test func objectsOfBlocksAreThoseOfTheWhole() throws {
    let ids = try labels([5, 6, 7], 4), corners = try objectCorners(ids, context())
    for block in [nil, [1, 1, 1], [2, 3, 4], [5, 6, 7]] {
      for wanted in [false, true] {
        let found = try objectsBlockwise(Volume(ids), corners: wanted, options: BlockwiseOptions(name: "objects", block: block), context(threads: 2))
        #expect(try found.extents == objects(ids, moments: wanted, context()) && found.corners == (wanted ? corners : [:]))
      }
    }
  }
}
