import CKernels
import Execution
import Synchronization
import Testing

@Suite struct PoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyItemRunsOnce(threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    for count in [0, 1, 2, 7, 1000] {
      let seen = Mutex([Int](repeating: 0, count: count))
      try pool.forEach(count) { item, worker in
        #expect((0..<threads).contains(worker))
        seen.withLock { $0[item] += 1 }
      }
      #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }

  @Test func regionsInsideRegionsRun() throws {
    let pool = ThreadPool(threads: 3), total = Atomic<Int>(0)
    try pool.forEach(10) { _, _ in try pool.forEach(10) { _, _ in total.add(1, ordering: .relaxed) } }
    #expect(total.load(ordering: .relaxed) == 100)
  }

  @Test func theFailureOfTheLowestItemIsThrown() throws {
    struct Bad: Error, Equatable { let item: Int }
    let pool = ThreadPool(threads: 1)
    #expect(throws: Bad(item: 3)) { try pool.forEach(10) { item, _ in if item >= 3 { throw Bad(item: item) } } }
    try pool.forEach(2) { _, _ in }
  }

  /// Items begun when somebody asks to stop are finished, no others begun; regions of other threads and later ones go through.
  @Test(arguments: [1, 3]) func whoWatchesIsStopped(threads: Int) throws {
    let pool = ThreadPool(threads: threads), cancellation = Cancellation(), count = Atomic<Int>(0)
    try cancellation.asked { asked, place in
      dcs_pool_watch(asked, place)
      defer { dcs_pool_watch(nil, nil) }
      try pool.forEach(1000) { _, _ in
        if count.add(1, ordering: .relaxed).newValue == 10 { cancellation.cancel() }
      }
    }
    #expect((10..<10 + threads).contains(count.load(ordering: .relaxed)))
    try pool.forEach(100) { _, _ in count.add(1, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) >= 110)
  }

  @Test func cancellationCountsRequests() throws {
    let cancellation = Cancellation()
    try cancellation.check()
    cancellation.cancel()
    #expect(throws: Cancelled()) { try cancellation.check() }
    #expect(!cancellation.isUrgent)
    cancellation.cancel()
    #expect(cancellation.isUrgent)
    cancellation.reset()
    try cancellation.check()
  }
}

@Suite struct KeyedGeneratorTests {
  @Test func keysDecideEverything() {
    func draw(_ seed: UInt64, _ purpose: String, _ index: UInt64) -> [UInt64] {
      var generator = KeyedGenerator(seed: seed, purpose: purpose, index: index)
      return (0..<4).map { _ in generator.next() }
    }
    #expect(draw(1, "a", 0) == draw(1, "a", 0))
    let others = [draw(2, "a", 0), draw(1, "b", 0), draw(1, "a", 1)]
    #expect(!others.contains(draw(1, "a", 0)) && Set(others).count == 3)
  }

  @Test func momentsAreRight() {
    var generator = KeyedGenerator(seed: 3, purpose: "moments")
    let count = 100_000
    let uniform = (0..<count).map { _ in generator.uniform() }, normal = (0..<count).map { _ in generator.normal() }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.005)
    #expect(abs(normal.reduce(0, +) / Double(count)) < 0.02)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.03)
  }
}
