/// What every long operation is given: threads, a way to be stopped, a place to report, and how much memory it may take.
package struct ExecutionContext: Sendable {
  package let pool: ThreadPool
  package let cancellation: Cancellation
  package let progress: any ProgressSink
  /// Bytes that one result may take in memory.
  package let memoryBudget: Int
  /// Give up at the first block that fails after all tries, in place of going on with the others.
  package var stopsAtFirstFailure = false
  /// Set in a process that does a part of somebody else's blocks.
  package var shard: Shard?

  package init(pool: ThreadPool, cancellation: Cancellation = Cancellation(), progress: any ProgressSink = SilentProgress(), memoryBudget: Int = 4 << 30) {
    (self.pool, self.cancellation, self.progress, self.memoryBudget) = (pool, cancellation, progress, memoryBudget)
  }

  /// The same but for what is given.
  package func with(pool: ThreadPool? = nil, progress: (any ProgressSink)? = nil, memoryBudget: Int? = nil) -> ExecutionContext {
    var copy = ExecutionContext(
      pool: pool ?? self.pool, cancellation: cancellation, progress: progress ?? self.progress, memoryBudget: memoryBudget ?? self.memoryBudget)
    (copy.stopsAtFirstFailure, copy.shard) = (stopsAtFirstFailure, shard)
    return copy
  }
}

/// Blocks `index`, `index + count`, `index + 2 count`, … of a plan.
package struct Shard: Sendable, Equatable {
  package var index: Int
  package var count: Int
  /// Of the plan that the process that began the work has written: another one is refused. Of several outputs one after the other, "+" between them.
  package var plan: String
  package init(index: Int, count: Int, plan: String) { (self.index, self.count, self.plan) = (index, count, plan) }

  /// That of one output.
  package func plan(_ number: Int) -> String {
    let plans = plan.split(separator: "+")
    return number < plans.count ? String(plans[number]) : plan
  }

  package var name: String { "\(index)-of-\(count)" }
}
