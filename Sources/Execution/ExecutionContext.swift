/// What every long operation is given: threads, a way to be stopped, a place to report, and how much memory it may take.
package struct ExecutionContext: Sendable {
  package let pool: ThreadPool
  package let cancellation: Cancellation
  package let progress: any ProgressSink
  /// Bytes that one result may take in memory.
  package let memoryBudget: Int
  /// Give up at the first block that fails after all tries, in place of going on with the others.
  package var stopsAtFirstFailure = false

  package init(pool: ThreadPool, cancellation: Cancellation = Cancellation(), progress: any ProgressSink = SilentProgress(), memoryBudget: Int = 4 << 30) {
    (self.pool, self.cancellation, self.progress, self.memoryBudget) = (pool, cancellation, progress, memoryBudget)
  }

  /// The same but for what is given.
  package func with(pool: ThreadPool? = nil, progress: (any ProgressSink)? = nil, memoryBudget: Int? = nil) -> ExecutionContext {
    var copy = ExecutionContext(
      pool: pool ?? self.pool, cancellation: cancellation, progress: progress ?? self.progress, memoryBudget: memoryBudget ?? self.memoryBudget)
    copy.stopsAtFirstFailure = stopsAtFirstFailure
    return copy
  }
}
