// What several test modules need: seeded arrays, temporary folders, comparisons.

import Arrays
import Execution
import Storage
import Testing

/// Random elements of any type: integers over their whole range, floats normal with deviation 10, bools fair.
package func randomArray(_ dtype: DType, _ shape: [Int], seed: UInt64 = 0) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "test array \(dtype)")
  var array = try NDArray(dtype, shape)
  if dtype.isFloat {
    let values = (0..<array.count).map { _ in 10 * generator.normal() }
    return try NDArray(values, shape).cast(to: dtype)
  }
  array.withMutableBytes { for i in $0.indices { $0[i] = dtype == .bool ? UInt8(generator.next() >> 63) : UInt8(truncatingIfNeeded: generator.next() >> 32) } }
  return array
}

/// Random whole numbers in `range`, as any type that holds them.
package func randomIntegers(_ range: ClosedRange<Int>, _ dtype: DType, _ shape: [Int], seed: UInt64 = 0) throws -> NDArray {
  var generator = KeyedGenerator(seed: seed, purpose: "test integers")
  let values = (0..<shape.reduce(1, *)).map { _ in Int64(Int.random(in: range, using: &generator)) }
  return try NDArray(values, shape).cast(to: dtype)
}

/// An empty folder that is removed afterwards, with all it then holds.
package func withTemporaryDirectory<R>(_ body: (_ path: String) throws -> R) throws -> R {
  let path = try Files.makeTemporaryFolder()
  defer { try? Files.removeTree(path) }
  return try body(path)
}

/// Same shape, and |a − b| ≤ absolute + relative · |b| everywhere; NaN matches NaN. Names the worst voxel.
package func expectClose(
  _ a: NDArray, _ b: NDArray, absolute: Double = 1e-6, relative: Double = 1e-5, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try #require(a.shape == b.shape, comment, sourceLocation: sourceLocation)
  let left = try a.cast(to: .float64, .clip).elements(Double.self), right = try b.cast(to: .float64, .clip).elements(Double.self)
  var worst = (excess: 0.0, index: -1)
  for i in left.indices where !(left[i].isNaN && right[i].isNaN) && left[i] != right[i] {
    let excess = abs(left[i] - right[i]) - absolute - relative * abs(right[i])
    if !(excess <= worst.excess) { worst = (excess.isNaN ? .infinity : excess, i) }
  }
  guard worst.index >= 0 else { return }
  Issue.record("\(comment.map { "\($0): " } ?? "")element \(worst.index) of \(a.shape): \(left[worst.index]) against \(right[worst.index])", sourceLocation: sourceLocation)
}

package func expectClose(_ a: Double, _ b: Double, absolute: Double = 1e-9, relative: Double = 1e-9, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(abs(a - b) <= absolute + relative * abs(b) || (a.isNaN && b.isNaN) || a == b, comment, sourceLocation: sourceLocation)
}

/// The lengths at which loops go wrong: nothing, one, two, a few, a prime, and around `edge`.
package func edgeLengths(_ edge: Int) -> [Int] { [0, 1, 2, 3, 7, edge - 1, edge, edge + 1] }
