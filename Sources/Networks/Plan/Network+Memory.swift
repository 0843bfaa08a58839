// What a network's tensors take while it runs, without running it.

import Execution

extension Network {
  /// Bytes alive while each step of a prediction is computed, by the step's name: its tensors, its scratch, and the input and output.
  ///
  /// - Throws: `.layer` for a size that does not fit, `ArrayError`.
  package func memory(input: [Int]) throws -> [String: Int] {
    let plan = try Plan(self, batch: 1, input: input, training: false, backend: CPUBackend(pool: ThreadPool(threads: 1)))
    var alive: [String: Int] = [:]
    for (time, step) in plan.steps.enumerated() {
      alive[step.name] = plan.storages.reduce(0) { sum, storage in
        let isHeld = storage.kind == .input || (storage.first <= time && time <= storage.last)
        return sum + (isHeld ? 4 * storage.floats : 0)
      }
    }
    return alive
  }

  /// The largest legal input, of about the proportions of `input` and no longer along any axis, whose pass fits in the memory budget; nil if none does.
  package func largestInput(like input: [Int], training: Bool, _ context: ExecutionContext) -> [Int]? {
    guard let legal = legalSizes(), let backend = try? CPUBackend(pool: context.pool) else { return nil }
    func size(_ part: Int) -> [Int] {
      legal.smallest.indices.map { axis in legal.smallest[axis] + max(0, input[axis] - legal.smallest[axis]) / legal.step[axis] * part / 64 * legal.step[axis] }
    }
    func fits(_ part: Int) -> Bool {
      guard let plan = try? Plan(self, batch: 1, input: size(part), training: training, backend: backend) else { return false }
      return plan.arenaFloats <= context.memoryBudget / 4
    }
    guard fits(0) else { return nil }
    var (low, high) = (0, 64)   // the first fits
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return size(low)
  }
}
