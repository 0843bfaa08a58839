import Arrays
import Execution
import Geometry
import Storage
import Testing

import Blockwise

@Suite struct JournalStatusTests {
  private struct Broken: Error, CustomStringConvertible { let description = "cannot" }

  /// Doubles a volume of 5 × 6 × 7 in blocks of 2; those of `failing` fail.
  private func double(_ path: String, failing: Set<Int64>) throws {
    let whole = Volume(try NDArray(.uint8, [5, 6, 7]))
    var options = BlockwiseOptions(name: "double", block: [2, 2, 2])
    (options.workers, options.retries) = (1, 0)
    _ = try BlockwiseStatement([whole], options: options, to: OutputSpec(path: path)) { inputs, block, _ in
      if failing.contains(block.index) { throw Broken() }
      return inputs[0].array
    }.execute(context())
  }

  @Test func mapsWhatIsDoneAndWhatFailed() throws {
    let folder = try TemporaryFolder(), path = folder.path + "/a.zarr/x"
    // 3 × 3 × 4 blocks; 5 is at (0, 1, 1), 35 at (2, 2, 3)
    #expect(throws: BlockwiseError.self) { try double(path, failing: [5, 35]) }
    let stage = try #require(try JournalFolder.status(of: path, mapped: Cancellation())?.stages.first), map = try #require(stage.map)
    #expect(stage.total == 36 && stage.finished == 34 && stage.missing == 0 && stage.done == 34 && stage.skipped == 0)
    #expect(stage.failed.map(\.block) == [5, 35] && stage.failed[0].error == "cannot" && stage.failed[0].tries == 1)
    #expect(stage.failed[1].voxels == (try VoxelRoi(offset: Coordinate([4, 4, 6]), shape: Coordinate([1, 2, 1]))))
    #expect(map.counts == [3, 3, 4] && map.axes == ["z", "y", "x"] && map.depth == 3 && map.step == 1)
    for row in 0..<3 {
      for column in 0..<4 {
        let isBad = [[1, 1], [2, 3]].contains([row, column])
        #expect(map.hasFailed(row, column) == isBad && map.shareFinished(row, column) == (isBad ? 2.0 / 3 : 1))
      }
    }
    // what is mended is neither failed nor missing
    try double(path, failing: [])
    let mended = try #require(try JournalFolder.status(of: path, mapped: Cancellation())?.stages.first)
    #expect(mended.finished == 36 && mended.failed.isEmpty && mended.missing == 0 && mended.skipped == 34 && mended.done == 36)
    #expect(mended.map?.hasFailed(1, 1) == false && mended.map?.shareFinished(2, 3) == 1)
    #expect(try JournalFolder.status(of: path)?.stages.first?.map == nil)
  }

  /// Blocks that tasks elsewhere have finished count before anybody takes them in, and looking changes no file.
  @Test func countsWhatTasksHaveDone() throws {
    let folder = try TemporaryFolder(), path = folder.path + "/a.zarr/x", journals = path + "/.dcs/"
    #expect(throws: BlockwiseError.self) { try double(path, failing: [1, 2, 3, 4]) }
    let hash = try #require(try JournalFolder.status(of: path)).plan.hash64
    try JournalFile(path: journals + "blocks.1-of-2.done", planHash: hash, count: 36, part: .init(first: 1, step: 2)).set(1, .written)
    try Files.writeAtomically("{\"failed\":[{\"block\":3,\"tries\":2,\"error\":\"too hot\"},{\"block\":-1},{\"block\":99}]}\n", journals + "blocks.2-of-2.report")
    let before = try Files.list(journals).map(\.name).sorted()
    let stage = try #require(try JournalFolder.status(of: path, mapped: Cancellation())?.stages.first)
    #expect(stage.finished == 33 && stage.failed.map(\.block) == [2, 3, 4] && stage.failed[1].error == "too hot")
    #expect(stage.map?.hasFailed(0, 1) == false && stage.map?.hasFailed(0, 2) == true)
    #expect(try Files.list(journals).map(\.name).sorted() == before)
  }

  /// Of more than a thousand blocks that fail, all places are known, and the first errors.
  @Test func manyFailures() throws {
    let folder = try TemporaryFolder(), path = folder.path + "/a.zarr/x"
    let whole = Volume(try NDArray(.uint8, [3000]))
    var options = BlockwiseOptions(name: "half", block: [10])
    (options.workers, options.retries) = (1, 0)
    #expect(throws: BlockwiseError.self) {
      _ = try BlockwiseStatement([whole], options: options, to: OutputSpec(path: path)) { inputs, block, _ in
        if block.index % 2 == 1 { throw Broken() }
        return inputs[0].array
      }.execute(context())
    }
    let stage = try #require(try JournalFolder.status(of: path, mapped: Cancellation())?.stages.first), map = try #require(stage.map)
    #expect(stage.failed.count == 150 && stage.failed[99].error == "cannot" && stage.failed[100].error == nil && stage.failed[149].voxels != nil)
    #expect(map.step == 2 && map.rows == 1 && map.columns == 150 && (0..<150).allSatisfy { map.hasFailed(0, $0) && map.shareFinished(0, $0) == 0.5 })
  }
}

extension String {
  /// Of a plan's text.
  fileprivate var hash64: UInt64 {
    var hash = StableHash()
    hash.add(self)
    return hash.value
  }
}
