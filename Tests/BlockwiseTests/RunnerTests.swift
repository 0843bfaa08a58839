import Execution
import Geometry
import Storage
import Synchronization
import Testing

import Blockwise

private struct Broken: Error, CustomStringConvertible { var description: String { "broken on purpose" } }

private struct Mistaken: LastingError { var isLasting: Bool { true } }

private func tiling(_ blocks: Int) throws -> Tiling { try Tiling(total: VoxelRoi(shape: [blocks * 2]), block: [2], context: [0]) }

@Suite struct RunnerTests {
  @Test(arguments: [1, 2, 7])
  func everyBlockOnce(workers: Int) throws {
    for blocks in [0, 1, 2, 50] {
      let seen = Mutex([Int64]())
      let run = BlockRun(stage: "test", tiling: try tiling(blocks)) { _, _ in { block, _ in seen.withLock { $0.append(block.index) }; return .written } }
      let report = try run.run(workers: workers, retries: 0, context())
      #expect(seen.withLock { $0.sorted() } == (0..<Int64(blocks)).map { $0 })
      #expect(report.done == Int64(blocks) && report.isComplete && report.untried == 0)
    }
  }

  @Test(arguments: [1, 3])
  func failuresAreRetriedThenNamed(workers: Int) throws {
    let tries = Mutex([Int64: Int]())
    let run = BlockRun(stage: "test", tiling: try tiling(20)) { _, _ in
      { block, _ in
        let attempt = tries.withLock { $0[block.index, default: 0] += 1; return $0[block.index] ?? 0 }
        if block.index == 5 || (block.index == 9 && attempt < 3) { throw Broken() }
        return .written
      }
    }
    let report = try run.run(workers: workers, retries: 2, context())
    #expect(report.done == 19)
    #expect(report.failed.count == 1)
    #expect(report.failureText == "1 of 20 blocks failed after 3 tries: block 5, voxels [10:12]: broken on purpose")
    #expect(tries.withLock { $0[9] } == 3)
  }

  /// A mistake in the function stays one: it is not tried again, the other blocks are done.
  @Test func mistakesAreNotRetried() throws {
    let tries = Mutex([Int64: Int]())
    let run = BlockRun(stage: "test", tiling: try tiling(20)) { _, _ in
      { block, _ in
        tries.withLock { $0[block.index, default: 0] += 1 }
        if block.index == 5 { throw Mistaken() }
        return .written
      }
    }
    let report = try run.run(workers: 1, retries: 2, context())
    #expect(report.done == 19 && report.failed.map(\.tries) == [1])
    #expect(tries.withLock { $0[5] } == 1)
  }

  @Test func givesUpWhenNothingSucceeds() throws {
    let run = BlockRun(stage: "test", tiling: try tiling(1000)) { _, _ in { _, _ in throw Broken() } }
    let report = try run.run(workers: 1, retries: 1, context())
    #expect(report.failed.count == BlockRun.hopeless)
    #expect(report.untried == 1000 - Int64(BlockRun.hopeless))
  }

  @Test func aFullDiskEndsTheRunAtOnce() throws {
    let seen = Mutex([Int64]())
    let run = BlockRun(stage: "test", tiling: try tiling(1000)) { _, _ in
      { block, _ in
        seen.withLock { $0.append(block.index) }
        if block.index >= 3 { throw StorageError.diskFull(path: "out.zarr") }
        return .written
      }
    }
    let report = try run.run(workers: 1, retries: 5, context())
    #expect(seen.withLock { $0 } == [0, 1, 2, 3])
    #expect(report.failureText == "1 of 1,000 blocks failed after 1 try: block 3, voxels [6:8]; stopped there, 996 blocks were not tried: disk full: cannot write out.zarr")
  }

  @Test func resumesWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    for broken in [0, 3, 19] as [Int64] {
      let path = folder.path + "/\(broken)"
      let first = BlockRun(stage: "test", tiling: try tiling(20), journal: try JournalFile(path: path, planHash: 1, count: 20)) { _, _ in
        { block, _ in if block.index == broken { throw Broken() }; return .written }
      }
      #expect(try first.run(workers: 2, retries: 0, context()).done == 19)
      let seen = Mutex([Int64]())
      let second = BlockRun(stage: "test", tiling: try tiling(20), journal: try JournalFile(path: path, planHash: 1, count: 20)) { _, _ in
        { block, _ in seen.withLock { $0.append(block.index) }; return .written }
      }
      let report = try second.run(workers: 2, retries: 0, context())
      #expect(seen.withLock { $0 } == [broken])
      #expect(report.skipped == 19 && report.done == 1 && report.isComplete)
    }
  }

  /// The journal says finished, but the bytes are gone: the block is done again.
  @Test func trustsOnlyWhatTheBytesConfirm() throws {
    let folder = try TemporaryFolder()
    let journal = try JournalFile(path: folder.path + "/a", planHash: 1, count: 10)
    for index in 0..<10 { try journal.set(Int64(index), index == 5 ? .empty : .written) }
    let seen = Mutex([Int64]())
    let run = BlockRun(stage: "test", tiling: try tiling(10), journal: journal, verify: { block, mark in mark == .empty || block.index % 4 != 1 }) { _, _ in
      { block, _ in seen.withLock { $0.append(block.index) }; return .written }
    }
    let report = try run.run(workers: 1, retries: 0, context())
    #expect(seen.withLock { $0 } == [1, 9])   // block 5 was empty: there is nothing to miss
    #expect(report.distrusted == 2 && report.skipped == 8 && journal.finished == 10)
  }

  @Test(arguments: [1, 2])
  func firstInterruptFinishesTheBlockInFlight(workers: Int) throws {
    let folder = try TemporaryFolder()
    let journal = try JournalFile(path: folder.path + "/a", planHash: 1, count: 100)
    let stopping = context()
    let run = BlockRun(stage: "test", tiling: try tiling(100), journal: journal) { _, _ in
      { block, inner in
        if block.index == 10 { stopping.cancellation.cancel() }
        try inner.cancellation.check()
        return .written
      }
    }
    do {
      _ = try run.run(workers: workers, retries: 2, path: "out", stopping)
      Issue.record("was not interrupted")
    } catch let error as BlockwiseError {
      #expect(error.isInterruption)
      #expect(error.hint == "run the same line again to continue")
    }
    #expect(journal.finished >= 11 && journal.finished <= 11 + Int64(workers))
    #expect(try journal.isFinished(10))
  }

  @Test func secondInterruptDropsTheBlockInFlight() throws {
    let folder = try TemporaryFolder()
    let journal = try JournalFile(path: folder.path + "/a", planHash: 1, count: 100)
    let stopping = context()
    let run = BlockRun(stage: "test", tiling: try tiling(100), journal: journal) { _, _ in
      { block, inner in
        guard block.index == 10 else { return .written }
        stopping.cancellation.cancel()
        stopping.cancellation.cancel()
        while true { try inner.cancellation.check() }
      }
    }
    #expect(throws: BlockwiseError.interrupted(done: 10, total: 100, path: nil)) { try run.run(workers: 1, retries: 2, stopping) }
    #expect(try !journal.isFinished(10))
  }

  @Test func aWorkerThatCannotStartEndsTheRun() throws {
    let run = BlockRun(stage: "test", tiling: try tiling(5)) { _, _ in throw Broken() }
    #expect(throws: Broken.self) { try run.run(workers: 2, retries: 3, context()) }
  }
}
