// A request to stop is heard within a fifth of a second of work, whatever the kernel is doing.
//
// Volumes are large enough that each kernel works far longer than that. Work is counted in the time of this thread, so a busy machine is no failure.

import Arrays
import Execution
import Testing
import Segmentation

#if canImport(Glibc)
import Glibc
#endif

private func seconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

@Suite(.serialized) struct CancellationTests {
  private static let kernels: [(name: String, dtype: DType, run: @Sendable (NDArray, ExecutionContext) throws -> Void)] = [
    ("label", .uint8, { for _ in 0..<9 { _ = try labelComponents($0, connectivity: 3, $1) } }), ("distance", .uint8, { for _ in 0..<9 { _ = try distanceTransform($0, voxelSize: [4, 4, 40], $1) } }),
    ("distance each", .uint32, { for _ in 0..<9 { _ = try distanceTransform($0, voxelSize: [4, 4, 40], each: true, $1) } }), ("gaussian", .float32, { _ = try gaussian($0, sigma: [40, 40, 40], $1) }),
    ("median", .uint8, { _ = try median($0, radius: [3, 3, 3], $1) }), ("erode by a ball", .uint8, { for _ in 0..<9 { _ = try erode($0, .ball(radius: 12, voxelSize: [1, 1, 1]), $1) } }),
    ("dilate by a box", .uint16, { for _ in 0..<9 { _ = try dilate($0, .box(radius: [60, 60, 60]), $1) } }), ("sizes", .uint64, { for _ in 0..<90 { _ = try sizes($0, $1) } }),
    ("compact", .uint32, { for _ in 0..<90 { _ = try compact($0, $1) } }), ("fill holes", .uint8, { for _ in 0..<9 { _ = try fillHoles($0, $1) } }), ("objects", .uint32, { for _ in 0..<90 { _ = try objects($0, $1) } }),
  ]

  @Test(arguments: 0..<11) func isHeardSoon(kernel: Int) async throws {
    let (name, dtype, run) = Self.kernels[kernel], edge = 160
    var random = KeyedGenerator(seed: 8, purpose: "cancel")
    var words = [UInt8](repeating: 0, count: edge * edge * edge)
    for i in words.indices { words[i] = i % 3 == 0 ? UInt8(random.index(below: 4)) : words[i - 1] }
    let values = try NDArray(words, [edge, edge, edge]).cast(to: dtype), cancellation = Cancellation()
    let context = ExecutionContext(pool: ThreadPool(threads: 1), cancellation: cancellation)
    let canceller = Task.detached {
      try await Task.sleep(for: .milliseconds(30))
      cancellation.cancel()
    }
    let begin = seconds()
    #expect(throws: Cancelled.self, "\(name)") { try run(values, context) }
    #expect(seconds() - begin < 0.23, "\(name) went on for \(seconds() - begin) s")
    try await canceller.value
  }
}
