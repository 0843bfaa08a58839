import Arrays
import Execution
import Geometry
import Segmentation
import Storage
import Testing

import Blockwise

private func randomMask(_ shape: [Int], density: Double, _ seed: UInt64) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "mask")
  return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt8(generator.uniform() < density ? 1 + generator.index(below: 3) : 0) }, shape)
}

private func labels(_ source: any ArraySource) throws -> [UInt32] { try source.read(try VoxelRoi(shape: source.shape), ReadContext()).elements(UInt32.self) }

private struct Broken: Error {}

@Suite struct LabelTests {
  /// The same components with the same numbers as the whole, for every block size, connectivity and number of workers.
  @Test(arguments: [1, 2, 3], [1, 3])
  func equalsTheWhole(connectivity: Int, workers: Int) throws {
    let shape = [5, 6, 7]
    for density in [0.15, 0.4, 0.7] {
      let mask = try randomMask(shape, density: density, UInt64(density * 100))
      let (whole, count) = try labelComponents(mask, connectivity: connectivity, context())
      let expected = try whole.elements(UInt32.self)
      for block in [[1, 1, 1], [1, 2, 3], [2, 2, 2], [3, 2, 1], [2, 6, 7], [5, 1, 7], [4, 5, 3], [5, 6, 7], [9, 9, 9]] {
        var options = BlockwiseOptions(name: "mask", block: block)
        options.workers = workers
        let result = try LabelStatement([Volume(mask)], connectivity: connectivity, options: options, to: .memory).execute(context(threads: 2))
        #expect(result.objects == count, "density \(density), block \(block)")
        #expect(try labels(result.output) == expected, "density \(density), block \(block)")
      }
    }
  }

  @Test func everyPlaneOfSmallMasks() throws {
    // All masks of 2 × 3 pixels, in blocks of one: every way in which two, three or four blocks can meet.
    for bits in 0..<64 {
      let mask = try NDArray((0..<6).map { (bits >> $0) & 1 == 1 }, [2, 3])
      for connectivity in 1...2 {
        let (whole, _) = try labelComponents(mask, connectivity: connectivity, context())
        let result = try LabelStatement([Volume(mask)], connectivity: connectivity, options: BlockwiseOptions(name: "mask", block: [1, 1]), to: .memory).execute(context())
        #expect(try labels(result.output) == whole.elements(UInt32.self), "mask \(bits), connectivity \(connectivity)")
      }
    }
  }

  /// Labels of up to 2⁶⁴ − 1 that touch across faces, edges and corners of blocks: only equal ones are joined.
  @Test(arguments: [1, 2, 3]) func equalValuesOnly(connectivity: Int) throws {
    var generator = KeyedGenerator(seed: 4, purpose: "values")
    let ids: [UInt64] = [0, 1, 2, 1 << 33, .max]
    let values = try NDArray((0..<5 * 6 * 7).map { _ in ids[generator.index(below: ids.count)] }, [5, 6, 7])
    let (whole, count) = try labelComponents(values, connectivity: connectivity, byValue: true, context())
    for block in [[1, 1, 1], [1, 2, 3], [2, 6, 7], [4, 5, 3], [9, 9, 9]] {
      let result = try LabelStatement([Volume(values)], connectivity: connectivity, byValue: true, options: BlockwiseOptions(name: "values", block: block), to: .memory).execute(context(threads: 2))
      #expect(result.objects == count, "block \(block)")
      #expect(try labels(result.output) == whole.elements(UInt32.self), "block \(block)")
    }
  }

  @Test func aThresholdMakesTheMaskOnTheWay() throws {
    var generator = KeyedGenerator(seed: 1, purpose: "values")
    let values = try NDArray((0..<11 * 9).map { _ in Float(generator.uniform()) }, [11, 9])
    let (whole, _) = try labelComponents(try threshold(values, above: 0.5, context()), context())
    let result = try LabelStatement([Volume(values)], options: BlockwiseOptions(name: "p > 0.5", block: [4, 4], context: [1, 2]), to: .memory) { inputs, _, context in
      try threshold(inputs[0].array, above: 0.5, context)
    }.execute(context())
    #expect(try labels(result.output) == whole.elements(UInt32.self))
  }

  /// Stopped at any block of either stage, then run again: byte-equal output.
  @Test func resumesInEitherStage() throws {
    let folder = try TemporaryFolder()
    let mask = try randomMask([9, 10], density: 0.5, 4)
    let (whole, count) = try labelComponents(mask, context())
    for crash in 0..<18 {
      let path = folder.path + "/a.zarr/\(crash)", calls = Counter()
      func run(failing: Bool) throws -> LabelResult {
        var options = BlockwiseOptions(name: "mask", parameters: [("function", "as it is")], block: [3, 4])
        (options.retries, options.workers) = (0, 1)
        return try LabelStatement([Volume(mask)], options: options, to: OutputSpec(path: path)) { inputs, _, _ in
          calls.add()
          if failing && calls.value == crash + 1 { throw Broken() }
          return inputs[0].array
        }.execute(context())
      }
      #expect(throws: BlockwiseError.self) { try run(failing: true) }
      let result = try run(failing: false)
      #expect(result.objects == count)
      #expect(try labels(result.output) == whole.elements(UInt32.self), "crash \(crash)")
      #expect(try StoredArray.open(path).attributes["objects"]?.int == count)
      #expect(Files.kind(path + "/.dcs/faces") == nil)
      let before = calls.value
      #expect(try run(failing: false).report.skipped == 9)
      #expect(calls.value == before)   // finished: not even read
    }
  }

  @Test func tornRecordsAreDoneAgain() throws {
    let folder = try TemporaryFolder()
    let mask = try randomMask([8, 8], density: 0.5, 5), path = folder.path + "/a.zarr/x"
    let (whole, _) = try labelComponents(mask, context())
    let calls = Counter()
    func run(crash: Int) throws -> LabelResult {
      var options = BlockwiseOptions(name: "mask", block: [4, 4])
      (options.retries, options.workers) = (0, 1)
      return try LabelStatement([Volume(mask)], options: options, to: OutputSpec(path: path)) { inputs, _, _ in
        calls.add()
        if calls.value == crash { throw Broken() }
        return inputs[0].array
      }.execute(context())
    }
    #expect(throws: BlockwiseError.self) { try run(crash: 5) }   // all faces, no labels
    let shard = path + "/.dcs/faces/0"
    var bytes = try Files.read(shard)
    bytes[bytes.count - 3] ^= 1
    try Files.writeAtomically(bytes, shard)
    let before = calls.value
    #expect(try labels(run(crash: -1).output) == whole.elements(UInt32.self))
    #expect(calls.value == before + 1 + 1)   // the faces of the torn one, then the labels of the block that failed
  }

  @Test func refusals() throws {
    let mask = try randomMask([4, 4, 4], density: 0.5, 6)
    #expect(throws: SegmentationError.self) { try LabelStatement([Volume(mask)], connectivity: 4, options: BlockwiseOptions(name: "m"), to: .memory) }
    #expect(throws: BlockwiseError.notAMask(.float32)) { try LabelStatement([Volume(NDArray([Float(1)], [1]))], options: BlockwiseOptions(name: "m"), to: .memory) }
    #expect(throws: BlockwiseError.self) { try LabelStatement([Volume(randomMask([2, 3, 3, 3], density: 0.5, 1))], options: BlockwiseOptions(name: "m"), to: .memory) }
    let tight = ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 600)
    var options = BlockwiseOptions(name: "m", block: [1, 1, 1])
    options.workers = 1
    #expect(throws: BlockwiseError.self) { try LabelStatement([Volume(mask)], options: options, to: .memory).execute(tight) }
    let empty = try LabelStatement([Volume(NDArray([UInt8](), [0, 3]))], options: BlockwiseOptions(name: "m", block: [2, 2]), to: .memory).execute(context())
    #expect(empty.objects == 0 && empty.output.shape == [0, 3])
  }
}

@Suite struct FoldTests {
  @Test(arguments: [1, 4])
  func mergesInBlockOrder(workers: Int) throws {
    let source = Volume(try NDArray((0..<50).map { Int32($0) }, [50]))
    var options = BlockwiseOptions(name: "list", block: [3])
    options.workers = workers
    let (list, report) = try fold([source], options: options, initial: [Int32](), merge: { $0 += $1 }, context()) { volumes, _, _ in try volumes[0].array.elements(Int32.self) }
    #expect(list == (0..<50).map { Int32($0) })
    #expect(report.done == 17)
    #expect(throws: BlockwiseError.self) { try fold([source], options: options, initial: 0, merge: { $0 += $1 }, context()) { _, block, _ in if block.index == 3 { throw Broken() }; return 1 } }
  }

  @Test func sizesOfBlocksAreThoseOfTheWhole() throws {
    let a = try randomMask([6, 7, 8], density: 0.6, 1)
    for block in [[1, 1, 1], [4, 3, 5], [6, 7, 8]] {
      let options = BlockwiseOptions(name: "score", block: block)
      #expect(try sizesBlockwise(Volume(a), options: options, context()) == sizes(a, context()))
    }
  }
}
