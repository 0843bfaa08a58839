import Execution
import Glibc
import Storage
import Testing

import Blockwise

@Suite struct JournalFileTests {
  @Test func remembersAcrossOpenings() throws {
    let folder = try TemporaryFolder()
    let count = 2 * JournalFile.blocksPerPage + 5
    let marks: [Int64] = [0, 1, 7, 8, JournalFile.blocksPerPage - 1, JournalFile.blocksPerPage, count - 1]
    do {
      let journal = try JournalFile(path: folder.path + "/a", planHash: 42, count: count)
      for mark in marks { try journal.set(mark, .written) }
      try journal.set(marks[0], .written)
      #expect(journal.finished == Int64(marks.count))
    }
    let again = try JournalFile(path: folder.path + "/a", planHash: 42, count: count)
    #expect(again.finished == Int64(marks.count))
    try again.set(2, .empty)
    #expect(try again.mark(of: 2) == .empty && again.mark(of: 1) == .written && again.mark(of: 3) == .unfinished)
    try again.set(2, .unfinished)
    #expect(again.damagedPages == 0)
    for index in 0..<count { #expect(try again.isFinished(index) == marks.contains(index)) }
    try again.set(7, .unfinished)
    #expect(try !JournalFile(path: folder.path + "/a", planHash: 42, count: count).isFinished(7))
  }

  /// Journals of parts hold only their own blocks, and come together in the whole, whatever it held before.
  @Test func partsComeTogether() throws {
    let folder = try TemporaryFolder(), count = 2 * JournalFile.blocksPerPage + 5, tasks: Int64 = 3
    let whole = try JournalFile(path: folder.path + "/blocks.done", planHash: 42, count: count)
    try whole.set(1, .written)
    try whole.set(5, .empty)
    var finished: Set<Int64> = [1, 5]
    for task in 0..<tasks {
      let path = folder.path + "/blocks.\(task)-of-\(tasks).done"
      do {
        let part = try JournalFile(path: path, planHash: 42, count: count, part: .init(first: task, step: tasks))
        #expect(part.count == (count - task + tasks - 1) / tasks)
        for index in stride(from: task, to: count, by: Int(7 * tasks)) {
          try part.set(index, index % 2 == 0 ? .written : .empty)
          finished.insert(index)
        }
        #expect(part.covers(task) && !part.covers(task + 1) && !part.covers(count + 3) && !part.covers(-tasks + task))
      }
      let standing = try #require(try JournalFile.standing(at: path))
      var seen: [Int64] = []
      try standing.forEachFinished(Cancellation()) { seen.append($0) }
      #expect(seen == Array(stride(from: task, to: count, by: Int(7 * tasks))))
      #expect((Files.size(path) ?? 0) <= 3 * JournalFile.pageBytes)   // the whole has four
      try whole.add(standing)
    }
    let again = try JournalFile(path: folder.path + "/blocks.done", planHash: 42, count: count)
    #expect(again.finished == Int64(finished.count) && whole.finished == again.finished && again.damagedPages == 0)
    for index in 0..<count { #expect(try again.isFinished(index) == finished.contains(index)) }
    #expect(try again.mark(of: 5) == .empty && again.mark(of: 6 * 7) == .written && again.mark(of: 21) == .empty)
  }

  @Test func anotherPlanOrCountIsRefused() throws {
    let folder = try TemporaryFolder()
    _ = try JournalFile(path: folder.path + "/a", planHash: 1, count: 9)
    #expect(throws: BlockwiseError.self) { try JournalFile(path: folder.path + "/a", planHash: 2, count: 9) }
    #expect(throws: BlockwiseError.self) { try JournalFile(path: folder.path + "/a", planHash: 1, count: 10) }
  }

  /// Every single flipped byte of a page with marks must be noticed: those blocks are done again.
  @Test func everyDamagedByteIsNoticed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a"
    do {
      let journal = try JournalFile(path: path, planHash: 1, count: 100)
      for index in 0..<100 where index % 3 == 0 { try journal.set(Int64(index), .written) }
    }
    let file = open(path, O_RDWR)
    defer { close(file) }
    for offset in Array(4096..<4120) + Array(8100..<8192) {
      var byte: UInt8 = 0
      #expect(pread(file, &byte, 1, off_t(offset)) == 1)
      var flipped = byte ^ 0x10
      pwrite(file, &flipped, 1, off_t(offset))
      let journal = try JournalFile(path: path, planHash: 1, count: 100)
      #expect(journal.damagedPages == 1, "byte \(offset)")
      #expect(journal.finished == 0)
      pwrite(file, &byte, 1, off_t(offset))
    }
    for offset in 0..<40 {
      var byte: UInt8 = 0
      #expect(pread(file, &byte, 1, off_t(offset)) == 1)
      var flipped = byte ^ 0x01
      pwrite(file, &flipped, 1, off_t(offset))
      #expect(throws: BlockwiseError.self, "byte \(offset)") { try JournalFile(path: path, planHash: 1, count: 100) }
      pwrite(file, &byte, 1, off_t(offset))
    }
    #expect(try JournalFile(path: path, planHash: 1, count: 100).finished == 34)
    // A page cut short counts as unfinished too, a head cut short is an error.
    ftruncate(file, 8000)
    #expect(try JournalFile(path: path, planHash: 1, count: 100).finished == 0)
    ftruncate(file, 100)
    #expect(throws: BlockwiseError.self) { try JournalFile(path: path, planHash: 1, count: 100) }
  }

  @Test func marksFromManyThreads() throws {
    let folder = try TemporaryFolder()
    let journal = try JournalFile(path: folder.path + "/a", planHash: 1, count: 4000)
    try onThreads(8, tick: {}) { worker in
      for index in stride(from: Int64(worker), to: 4000, by: 8) { try? journal.set(index, .written) }
    }
    #expect(journal.finished == 4000)
    #expect(try JournalFile(path: folder.path + "/a", planHash: 1, count: 4000).finished == 4000)
  }
}
