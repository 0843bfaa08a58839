import Execution

/// Cuts `0..<count` into runs of `grain` and calls `body` for each, on the pool where there is one. The cut does not depend on threads.
func forEachRange(_ count: Int, grain: Int = 1 << 16, _ pool: ThreadPool?, _ body: (_ run: Int, Range<Int>) throws -> Void) throws {
  let runs = (count + grain - 1) / grain
  func go(_ run: Int) throws { try body(run, run * grain..<min(count, (run + 1) * grain)) }
  if let pool, runs > 1 { try pool.forEach(runs) { run, _ in try go(run) } } else { for run in 0..<runs { try go(run) } }
}

/// The index of an element of a C-ordered array.
func voxelIndex(_ linear: Int, _ shape: [Int]) -> [Int] {
  var rest = linear, index = [Int](repeating: 0, count: shape.count)
  for axis in stride(from: shape.count - 1, through: 0, by: -1) where shape[axis] > 0 { (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
  return index
}
