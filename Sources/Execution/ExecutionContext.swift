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

  package func with(progress: any ProgressSink) -> ExecutionContext {
    var copy = ExecutionContext(pool: pool, cancellation: cancellation, progress: progress, memoryBudget: memoryBudget)
    copy.stopsAtFirstFailure = stopsAtFirstFailure
    return copy
  }
}
