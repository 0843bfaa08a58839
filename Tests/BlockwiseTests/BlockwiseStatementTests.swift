import Arrays
import Execution
import Geometry
import Storage
import Synchronization
import Testing

import Blockwise

/// Sum over a window that is longer after than before, mirrored at the edges: what a wrong crop or context shows at once.
private func windowSum(_ volume: NDArray, before: Int, after: Int) throws -> NDArray {
  let shape = volume.shape, values = try volume.elements(Int32.self)
  var result = [Int32](repeating: 0, count: values.count)
  for y in 0..<shape[0] { for x in 0..<shape[1] {
    var sum: Int32 = 0
    for dy in -before...after { for dx in -before...after { sum += values[reflected(y + dy, shape[0]) * shape[1] + reflected(x + dx, shape[1])] * Int32(3 + dy) * Int32(5 + dx) } }
    result[y * shape[1] + x] = sum
  } }
  return try NDArray(result, shape)
}

private func noise(_ shape: [Int], _ seed: UInt64 = 1) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "test")
  return try NDArray((0..<shape.reduce(1, *)).map { _ in Int32(generator.index(below: 1000)) }, shape)
}

private struct Broken: Error {}

private func filter(_ name: String = "window", block: [Int], context: Int = 2) -> BlockwiseOptions {
  BlockwiseOptions(name: name, parameters: [("function", "window sum")], block: block, context: [context, context])
}

@Suite struct BlockwiseStatementTests {
  /// blockwise(f) == f(whole), for every block size, every sufficient context, one and three workers.
  @Test(arguments: [1, 3])
  func equalsTheWhole(workers: Int) throws {
    let whole = Volume(try noise([7, 6]))
    let expected = try windowSum(whole.array, before: 1, after: 2).elements(Int32.self)
    for height in 1...8 { for width in 1...7 { for margin in 2...4 { for crops in [false, true] {
      var options = filter(block: [height, width], context: margin)
      options.workers = workers
      let statement = try BlockwiseStatement([whole], options: options, to: .memory) { inputs, block, _ in
        let result = try windowSum(inputs[0].array, before: 1, after: 2)
        return crops ? try result.slice(offset: [margin, margin], shape: block.writeRoi.shape.values) : result
      }
      let result = try statement.execute(context())
      let volume = try #require(result.output as? Volume)
      #expect(try volume.array.elements(Int32.self) == expected, "block \(height) \(width), context \(margin)")
      #expect(volume.grid == whole.grid)
    } } } }
  }

  @Test func tooLittleContextShows() throws {
    let whole = Volume(try noise([7, 6]))
    let expected = try windowSum(whole.array, before: 1, after: 2).elements(Int32.self)
    let statement = try BlockwiseStatement([whole], options: filter(block: [3, 3], context: 1), to: .memory) { inputs, _, _ in try windowSum(inputs[0].array, before: 1, after: 2) }
    let volume = try #require(try statement.execute(context()).output as? Volume)
    #expect(try volume.array.elements(Int32.self) != expected)
  }

  /// A region of the world, a second input with channels and another corner, channels in the result.
  @Test func inputsMeetOnOneGrid() throws {
    let voxel = WorldCoordinate([Rational(4), Rational(8)])
    let first = try Volume(noise([6, 5]), Grid(axes: [.y, .x], voxelSize: voxel, offset: Coordinate([Rational(40), Rational(80)])))
    let second = try Volume(noise([2, 9, 9], 2), Grid(axes: [.c, .y, .x], voxelSize: voxel, offset: Coordinate([Rational(32), Rational(72)])))
    var options = BlockwiseOptions(name: "join", block: [2, 2], context: [1, 0])
    options.roi = try WorldRoi(offset: Coordinate([Rational(46), Rational(88)]), shape: Coordinate([Rational(10), Rational(24)]))
    let statement = try BlockwiseStatement([first, second], options: options, to: .memory) { inputs, block, _ in
      #expect(inputs[0].grid.offset == inputs[1].grid.offset)
      #expect(inputs[1].shape == [2] + inputs[0].shape)
      return inputs[1].array
    }
    let volume = try #require(try statement.execute(context()).output as? Volume)
    #expect(volume.shape == [2, 3, 3])   // y voxels 1 to 4 of the first, snapped out; x voxels 1 to 4
    #expect(volume.grid.offset.values == [Rational(44), Rational(88)] && volume.grid.axes == [.c, .y, .x])
    #expect(try volume.array.elements(Int32.self) == second.array.slice(offset: [0, 3, 2], shape: [2, 3, 3]).elements(Int32.self))
  }

  @Test func inputsThatDoNotMeet() throws {
    func volume(_ shape: [Int], voxel: Int, offset: Rational) throws -> Volume {
      try Volume(noise(shape), Grid(axes: [.x], voxelSize: Coordinate([Rational(voxel)]), offset: Coordinate([offset])))
    }
    func message(_ other: Volume) throws -> String {
      do {
        _ = try BlockwiseStatement([try volume([4], voxel: 4, offset: .zero), other], options: BlockwiseOptions(name: "f", block: [2]), to: .memory) { inputs, _, _ in inputs[0].array }
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(try message(volume([4], voxel: 8, offset: .zero)) == "inputs cover different regions: input 1 [0:16] nm, input 2 [0:32] nm")
    #expect(try message(volume([4], voxel: 4, offset: Rational(2))) == "input 2 lies -0.5 voxel off the grid of input 1 along x")
    #expect(try message(volume([5], voxel: 4, offset: .zero)) == "inputs cover different regions: input 1 [0:16] nm, input 2 [0:20] nm")
    #expect(try message(volume([4], voxel: 4, offset: .zero)) == "no error")
  }

  @Test func wrongResultsAreNamed() throws {
    let whole = Volume(try noise([4]))
    func failure(_ options: BlockwiseOptions, _ kernel: @escaping BlockKernel) throws -> String {
      do {
        _ = try BlockwiseStatement([whole], options: options, to: .memory, kernel: kernel).execute(context())
        return "no error"
      } catch { return "\(error)" }
    }
    let options = BlockwiseOptions(name: "f", block: [2], context: [1])
    #expect(try failure(options) { _, _, _ in try NDArray([Int32](repeating: 0, count: 3), [3]) }
      == "2 of 2 blocks failed after 1 try: block 0, voxels [0:2]; block 1, voxels [2:4]: the function returned shape (3); expected the block (2) or block and context (4)")
    var narrow = options
    narrow.dtype = .uint8
    narrow.retries = 0
    #expect(try failure(narrow) { inputs, block, _ in try NDArray([Int32](repeating: block.index == 1 ? 300 : 3, count: 2), [2]) }
      == "1 of 2 blocks failed after 1 try: block 1, voxels [2:4]: 2 of 2 values do not fit uint8, first 300 at voxel (2)")
    var tight = options
    tight.dtype = .int32
    let small = ExecutionContext(pool: ThreadPool(threads: 1), memoryBudget: 10)
    #expect(throws: BlockwiseError.self) { try BlockwiseStatement([whole], options: tight, to: .memory) { inputs, _, _ in inputs[0].array }.execute(small) }
  }

  @Test func uniqueIds() throws {
    let whole = Volume(try NDArray((0..<12).map { UInt64($0 % 4) }, [12]))
    var options = BlockwiseOptions(name: "ids", block: [4])
    options.ids = .unique
    let ids = try BlockwiseStatement([whole], options: options, to: .memory) { inputs, _, _ in inputs[0].array }.execute(context())
    let values = try #require(ids.output as? Volume).array.elements(UInt64.self)
    var expected: [UInt64] = []
    for block: UInt64 in 0..<3 { expected += [0, block << 62 | 1, block << 62 | 2, block << 62 | 3] }
    #expect(values == expected)
    let large = try BlockwiseStatement([Volume(try NDArray([UInt64.max, 0, 0], [3]))], options: BlockwiseOptions(name: "ids", block: [1]), to: .memory) { i, _, _ in i[0].array }
    #expect(try #require(large.execute(context()).output as? Volume).array.elements(UInt64.self) == [.max, 0, 0])
  }

  /// Ids that are too large beside the number of blocks are refused, and what is said leads to wide ones, which have room for them.
  @Test func wideIds() throws {
    let whole = Volume(try NDArray([0, 1, UInt64.max, 0, 7, UInt64.max - 1], [6]))
    func made(_ ids: Ids) throws -> NDArray {
      var options = BlockwiseOptions(name: "ids", block: [2])
      (options.ids, options.retries) = (ids, 0)
      let result = try BlockwiseStatement([whole], options: options, to: .memory) { inputs, _, _ in inputs[0].array }.execute(context(threads: 2))
      return try #require(result.output as? Volume).array
    }
    do {
      _ = try made(.unique)
      Issue.record("an id was cut")
    } catch BlockwiseError.blocksFailed(let report, _) {
      let cause = try #require(report.failed.first?.cause as? BlockwiseError)
      #expect(cause == .tooManyIds(block: 1, largest: .max, blocks: 3) && report.failureText.hasSuffix("ids=\"wide\" has room for it"))
    }
    let wide = try made(.wide)
    #expect(wide.shape == [2, 6])
    #expect(try wide.elements(UInt64.self) == [0, 0, 1, 0, 2, 2, 0, 1, .max, 0, 7, .max - 1])
  }

  // MARK: On disk

  /// A crash at any block, then the same statement again: byte-equal files, and only the missing blocks are done.
  @Test(arguments: [1, 2])
  func resumeAfterACrashIsByteEqual(workers: Int) throws {
    let folder = try TemporaryFolder()
    let whole = Volume(try noise([11, 7]))
    func statement(_ path: String, crashAt: Int64?, done: Counter) throws -> BlockwiseStatement {
      var options = filter(block: [4, 3])
      (options.workers, options.retries) = (workers, 0)
      return try BlockwiseStatement([whole], options: options, to: OutputSpec(path: path)) { inputs, block, _ in
        if block.index == crashAt { throw Broken() }
        done.add()
        return try windowSum(inputs[0].array, before: 1, after: 2)
      }
    }
    let straight = folder.path + "/a.zarr/straight"
    _ = try statement(straight, crashAt: nil, done: Counter()).execute(context())
    let expected = try windowSum(whole.array, before: 1, after: 2).elements(Int32.self)
    let bytes = try tree(straight)
    for crash in 1..<9 as Range<Int64> {
      let path = folder.path + "/a.zarr/crash\(crash)"
      #expect(throws: BlockwiseError.self) { try statement(path, crashAt: crash, done: Counter()).execute(context()) }
      let stage = try #require(try JournalFolder.status(of: path)?.stages.first)
      #expect(stage.name == "blocks" && stage.finished == 8 && stage.total == 9)
      let done = Counter()
      let result = try statement(path, crashAt: nil, done: done).execute(context())
      #expect(done.value == 1)   // the missing one; the result's type is known from the output
      #expect(result.report.skipped == 8 && result.report.done == 1)
      #expect(try tree(path) == bytes)
      #expect(try #require(result.output as? StoredArray).readAll(ReadContext()).elements(Int32.self) == expected)
      #expect(try JournalFolder.status(of: path)?.isComplete == true)
    }
  }

  @Test func chunksThatVanishedAreMadeAgain() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/x", whole = Volume(try noise([8, 8]))
    func run() throws -> Report {
      try BlockwiseStatement([whole], options: filter(block: [4, 4]), to: OutputSpec(path: path)) { inputs, _, _ in inputs[0].array }.execute(context()).report
    }
    #expect(try run().done == 4)
    #expect(try run().skipped == 4)
    let bytes = try tree(path)
    try Files.remove(path + "/1/0")
    let report = try run()
    #expect(report.skipped == 3 && report.done == 1 && report.distrusted == 1)
    #expect(try tree(path) == bytes)
  }

  @Test func halfWrittenFilesAreSwept() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/x", whole = Volume(try noise([8, 8]))
    func run() throws { _ = try BlockwiseStatement([whole], options: filter(block: [4, 4]), to: OutputSpec(path: path)) { inputs, _, _ in inputs[0].array }.execute(context()) }
    try run()
    let bytes = try tree(path)
    let left = [path + "/1/" + Files.temporaryName(), path + "/" + Files.temporaryName()]
    for file in left { try Files.writeAtomically([1, 2, 3], file) }
    try run()
    for file in left { #expect(Files.kind(file) == nil) }
    #expect(try tree(path) == bytes)
  }

  @Test func aPlanCountsWhatIsRead() throws {
    let source = CountingSource(Volume(try noise([11, 7])))
    var options = filter(block: [4, 3], context: 0)
    options.context = nil
    let statement = try BlockwiseStatement([source], options: options, to: OutputSpec(path: "nowhere.zarr/x")) { inputs, _, _ in inputs[0].array }
    let inMemory = try BlockwiseStatement([source], options: { var o = options; o.dtype = .int32; return o }(), to: .memory) { inputs, _, _ in inputs[0].array }
    _ = try inMemory.execute(context())
    #expect(try statement.plan().stages[0].bytesRead == 11 * 7 * 4)
    #expect(source.voxels.value == 11 * 7 + 4 * 3)   // and the first block, for its type
    #expect(try Tiling(total: VoxelRoi(shape: [11, 7]), block: [4, 3], context: [2, 1]).voxelsRead == (11 + 3 * 4) * (7 + 3 * 2))
  }

  /// Blocks of fill value leave no chunk; they are still trusted.
  @Test func emptyBlocksStayDone() throws {
    let folder = try TemporaryFolder()
    let whole = Volume(try NDArray((0..<16).map { Int32($0 < 4 ? $0 + 1 : 0) }, [16]))
    func run() throws -> Report {
      try BlockwiseStatement([whole], options: BlockwiseOptions(name: "copy", block: [4]), to: OutputSpec(path: folder.path + "/a.zarr/x")) { inputs, _, _ in inputs[0].array }
        .execute(context()).report
    }
    #expect(try run().done == 4)
    let again = try run()
    #expect(again.skipped == 4 && again.distrusted == 0)
  }

  @Test func anotherPlanIsRefusedAndReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/x", whole = Volume(try noise([8, 8]))
    func run(_ volume: Volume, block: Int = 4, replace: Bool = false, resume: Bool = true, text: String = "copy") throws -> String {
      let options = BlockwiseOptions(name: "copy", parameters: [("function", text)], block: [block, block])
      do {
        let result = try BlockwiseStatement([volume], options: options, to: OutputSpec(path: path, resume: resume, replace: replace)) { inputs, _, _ in inputs[0].array }.execute(context())
        return "done \(result.report.done) skipped \(result.report.skipped)"
      } catch { return "\(error)".split(separator: "/").last.map(String.init) ?? "" }
    }
    #expect(try run(whole) == "done 4 skipped 0")
    #expect(try run(whole, block: 8) == "x exists with another plan: chunks on disk (4, 4), here (8, 8)")
    #expect(try run(whole, text: "a\nb") == "x exists with another plan: function on disk copy, here a\\nb")
    #expect(try run(Volume(try noise([8, 8], 3))).hasPrefix("x was made from other voxels: its input in memory was bytes "))
    #expect(try run(whole, resume: false) == "x exists and was not made by this statement")
    #expect(try run(whole) == "done 0 skipped 4")
    #expect(try run(whole, block: 8, replace: true) == "done 1 skipped 0")
    #expect(try run(whole, block: 8, replace: true) == "done 1 skipped 0")
    #expect(try run(whole, block: 8) == "done 0 skipped 1")
  }

  @Test func arraysOfOthersAndInputsAreLeftAlone() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/x"
    let other = try StoredArray.create(path, ArraySpec(.int32, [8], chunks: [4]))
    try other.write(try noise([8]), ReadContext())
    let input = try StoredArray.open(path)
    func run(_ source: any ArraySource, replace: Bool) throws {
      _ = try BlockwiseStatement([source], options: BlockwiseOptions(name: "copy", block: [4]), to: OutputSpec(path: path, replace: replace)) { i, _, _ in i[0].array }.execute(context())
    }
    #expect(throws: BlockwiseError.outputExists(path: path)) { try run(Volume(try noise([8])), replace: false) }
    #expect(throws: BlockwiseError.outputIsInput(path: path)) { try run(input, replace: true) }
    #expect(throws: BlockwiseError.outputIsInput(path: path)) { try run(SourceView(input).walking(axis: 0, begin: 1, step: 1, count: 4), replace: true) }
    #expect(try input.readAll(ReadContext()).elements(Int32.self) == noise([8]).elements(Int32.self))
    try run(Volume(try noise([8], 9)), replace: true)
    #expect(try StoredArray.open(path).readAll(ReadContext()).elements(Int32.self) == noise([8], 9).elements(Int32.self))
  }

  /// An input that was written anew by another program, in the same form: the time of its document tells. What is as it was goes on.
  @Test func inputsWrittenAnewAreNoticed() throws {
    let folder = try TemporaryFolder(), input = folder.path + "/in.zarr/a", path = folder.path + "/a.zarr/x"
    func write(_ seed: UInt64) throws {
      try StoredArray.create(input, ArraySpec(.int32, [8, 8], chunks: [4, 4]), replace: true).write(try noise([8, 8], seed), ReadContext())
    }
    func run(replace: Bool = false) throws -> Report {
      try BlockwiseStatement([try StoredArray.open(input)], options: filter(block: [4, 4]), to: OutputSpec(path: path, replace: replace)) { inputs, _, _ in inputs[0].array }.execute(context()).report
    }
    try write(1)
    #expect(try run().done == 4)
    #expect(try run().skipped == 4)
    try write(2)
    do {
      _ = try run()
      Issue.record("what was made of other voxels was taken for this")
    } catch let error as BlockwiseError {
      guard case .inputChanged(path, input, let old, let new) = error else { throw error }
      #expect(old != new && error.hint == "replace=true starts it anew")
    }
    #expect(try run(replace: true).done == 4)
    #expect(try run().skipped == 4)
    #expect(try StoredArray.open(path).readAll(ReadContext()).elements(Int32.self) == noise([8, 8], 2).elements(Int32.self))
    // values stored into it afterwards
    let edited = try StoredArray.open(input, mode: .edit)
    try edited.edited()
    #expect(throws: BlockwiseError.self) { try run() }
  }

  @Test func unfinishedInputsAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.zarr/x"
    var options = BlockwiseOptions(name: "copy", block: [4])
    options.retries = 0
    #expect(throws: BlockwiseError.self) {
      try BlockwiseStatement([Volume(try noise([8]))], options: options, to: OutputSpec(path: path)) { i, b, _ in if b.index == 1 { throw Broken() }; return i[0].array }.execute(context())
    }
    let half = try StoredArray.open(path)
    #expect(throws: BlockwiseError.inputIncomplete(path: path, done: 1, total: 2)) {
      try BlockwiseStatement([half], options: options, to: .memory) { i, _, _ in i[0].array }.execute(context())
    }
  }

  @Test func blocksAndChunks() throws {
    let whole = Volume(try noise([10]))
    func plan(block: Int, chunks: Int) throws -> [Int] {
      try BlockwiseStatement([whole], options: BlockwiseOptions(name: "copy", block: [block]), to: OutputSpec(path: "nowhere.zarr/x", chunks: [chunks])) { i, _, _ in i[0].array }.plan().output.chunks
    }
    #expect(try plan(block: 4, chunks: 2) == [2])
    #expect(try plan(block: 16, chunks: 16) == [10])
    #expect(throws: BlockwiseError.notMultiple(block: [4], chunks: [3])) { try plan(block: 4, chunks: 3) }
    #expect(BlockwiseError.notMultiple(block: [4], chunks: [3]).hint == "block=(6)")
  }

  @Test func aPlanTouchesNothing() throws {
    let folder = try TemporaryFolder()
    let whole = Volume(try noise([8, 8]))
    let statement = try BlockwiseStatement([whole], options: filter(block: [4, 4]), to: OutputSpec(path: folder.path + "/a.zarr/x")) { _, _, _ in throw Broken() }
    let text = try statement.plan().describe(workers: 2)
    #expect(text.contains("4 blocks of (4, 4), context (2, 2)"))
    #expect(Files.kind(folder.path + "/a.zarr") == nil)
  }
}

struct CountingSource: ArraySource {
  let base: Volume
  let voxels = Counter()
  init(_ base: Volume) { self.base = base }
  var dtype: DType { base.dtype }
  var shape: [Int] { base.shape }
  var grid: Grid { base.grid }
  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    for _ in 0..<(try roi.count()) { voxels.add() }
    return try base.read(roi, context)
  }
}

/// All files of an array but its journal, with their bytes.
private func tree(_ path: String, _ below: String = "") throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for entry in try Files.list(path) where entry.name != JournalFolder.name {
    let child = path + "/" + entry.name
    if entry.isFolder { files.merge(try tree(child, below + entry.name + "/")) { a, _ in a } } else { files[below + entry.name] = try Files.read(child) }
  }
  return files
}
