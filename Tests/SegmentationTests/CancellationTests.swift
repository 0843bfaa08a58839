// A kernel that was asked to stop throws `Cancelled`, and gives nothing. How soon it hears of it while it works is measured on the program: Tests/Program/kernels.sh.

import Arrays
import Execution
import Segmentation
import TestSupport
import Testing

@Suite struct CancellationTests {
  private static let kernels: [(name: String, dtype: DType, run: @Sendable (NDArray, ExecutionContext) throws -> Void)] = [
    ("label", .uint8, { _ = try labelComponents($0, connectivity: 3, $1) }), ("distance", .uint8, { _ = try distanceTransform($0, voxelSize: [4, 4, 40], $1) }),
    ("distance each", .uint32, { _ = try distanceTransform($0, voxelSize: [4, 4, 40], each: true, $1) }), ("gaussian", .float32, { _ = try gaussian($0, sigma: [4, 4, 4], $1) }),
    ("median", .uint8, { _ = try median($0, radius: [3, 3, 3], $1) }), ("erode by a ball", .uint8, { _ = try erode($0, .ball(radius: 5, voxelSize: [1, 1, 1]), $1) }),
    ("dilate by a box", .uint16, { _ = try dilate($0, .box(radius: [6, 6, 6]), $1) }), ("sizes", .uint64, { _ = try sizes($0, $1) }),
    ("compact", .uint32, { _ = try compact($0, $1) }), ("compact by first voxel", .int32, { _ = try compact($0, order: .byFirstVoxel, $1) }), ("fill holes", .uint8, { _ = try fillHoles($0, $1) }), ("objects", .uint32, { _ = try objects($0, $1) }),
    ("scores", .uint32, { _ = try PartitionScores(contingency($0, $0, $1), background: true, $1.cancellation) }),
  ]

  @Test(arguments: kernels.indices) func isHeard(kernel: Int) throws {
    let (name, dtype, run) = Self.kernels[kernel], cancellation = Cancellation()
    let values = try randomIntegers(0...3, dtype, [24, 24, 24]), context = ExecutionContext(pool: ThreadPool(threads: 2), cancellation: cancellation)
    try run(values, context)
    cancellation.cancel()
    #expect(throws: Cancelled.self, "\(name)") { try run(values, context) }
  }
}
