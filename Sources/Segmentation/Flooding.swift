// Seeded watershed: seeds grow over a landscape, lowest places first, until they meet (Beucher & Meyer 1993).
//
// The flood rises. The voxel that is lowest among those reached, and of equal ones the one reached first, gives its label to its open neighbours; what lies below the flood is
// reached at the flood's height. Seeds enter in raster order, neighbours are reached faces first, then across edges, then across corners, each in raster order.
// heights  [z, y, x], any type; uint8, uint16 and bool as they are, others as float32; NaN is above everything
// seeds    [z, y, x], bool or integer, 0 = open            labels  [z, y, x], uint32 or uint64: the seeds' ids; 0 where no seed can reach
// Limits: fewer than 2³² voxels. Checked against its plain twin, and skimage.segmentation.watershed 0.26, which has the same order but among seeds of one height
// (Tests/Fixtures/segmentation). Floor: heights and labels read and written once, in the order of the flood: about five cache lines a voxel.

import Arrays
import CKernels
import Execution

/// Floods a landscape from seeds.
///
/// - Parameter mask: voxels that may be flooded; seeds outside it are dropped.
/// - Parameter connectivity: 1 faces, 2 also edges, 3 also corners.
/// - Returns: uint64 for 64-bit seeds, else uint32.
/// - Throws: `SegmentationError.rank`, `.shapes`, `.dtype`, `.connectivity`, `.extent`; `ArrayError.overBudget`, `.noMemory`; `Cancelled`.
/// - Complexity: O(voxels); 4 bytes a voxel for integers of up to 16 bits, else up to 12, beside labels and float32 heights.
package func watershed(_ heights: NDArray, seeds: NDArray, mask: NDArray? = nil, connectivity: Int = 1, _ context: ExecutionContext) throws -> NDArray {
  let name = "watershed", box = try Box(heights, name)
  try checkConnectivity(connectivity, rank: box.rank)
  try checkSameShape(name, heights, seeds)
  try checkIds(name, seeds, context)
  if let mask {
    try checkSameShape(name, heights, mask)
    try checkDiscrete(name, mask)
  }
  guard box.count < Int(UInt32.max) else { throw SegmentationError.extent(function: name, shape: heights.shape, limit: Int(UInt32.max) - 1) }
  var labels = try seedLabels(seeds, mask: mask, context)
  if box.isEmpty { return labels }
  let isSmall = [.bool, .uint8, .uint16].contains(heights.dtype), landscape = try isSmall ? heights.contiguous() : asFloat32(heights, context)
  let queue = box.count &* (isSmall ? 4 : 12)
  guard queue <= context.memoryBudget else { throw ArrayError.overBudget(bytes: queue, budget: context.memoryBudget) }
  let inside = try mask.map { try asBytes($0, context) }, size = labels.dtype.size
  try labels.withMutableBytes { labels in
    try landscape.withBytes { heights in
      try withOptionalBytes(inside) { inside in
        let flood = try Flood(heights.baseAddress, landscape.dtype.size, inside, box, connectivity, labels.baseAddress, size)
        try flood.run(context)
      }
    }
  }
  return labels
}

/// The seeds as uint32 or uint64, 0 outside the mask.
private func seedLabels(_ seeds: NDArray, mask: NDArray?, _ context: ExecutionContext) throws -> NDArray {
  var labels = try relabel(seeds, [], dtype: seeds.dtype.size == 8 ? .uint64 : .uint32, context)
  guard let mask else { return labels }
  let inside = try asBytes(mask, context), size = labels.dtype.size
  inside.withBytes { inside in
    labels.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for voxel in inside.indices where inside[voxel] == 0 { (base + voxel * size).initializeMemory(as: UInt8.self, repeating: 0, count: size) }
    }
  }
  return labels
}

/// Owner of the C flood.
private struct Flood: ~Copyable {
  private let handle: OpaquePointer
  private let count: Int

  init(
    _ heights: UnsafeRawPointer?, _ heightSize: Int, _ mask: UnsafeRawPointer?, _ box: Box, _ connectivity: Int, _ labels: UnsafeMutableRawPointer?, _ labelSize: Int
  ) throws(ArrayError) {
    let extents = box.extents.map(Int64.init)
    guard let handle = dcs_seg_flood_create(heights, Int32(heightSize), mask?.assumingMemoryBound(to: UInt8.self), extents, Int32(connectivity), labels, Int32(labelSize)) else {
      throw .noMemory(bytes: box.count / 8)
    }
    (self.handle, count) = (handle, box.count)
  }

  deinit { dcs_seg_flood_destroy(handle) }

  func run(_ context: ExecutionContext) throws {
    func require(_ status: Int32) throws { if status != 0 { throw ArrayError.noMemory(bytes: count &* 12) } }
    func overAll(_ body: (OpaquePointer?, Int64, Int64) -> Void) throws {
      for part in chunks(count) {
        try context.cancellation.check()
        body(handle, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
    try overAll(dcs_seg_flood_survey)
    try require(dcs_seg_flood_divide(handle))
    try overAll(dcs_seg_flood_expect)
    try require(dcs_seg_flood_lay_out(handle))
    try overAll(dcs_seg_flood_seed)
    var status: Int32 = 1
    while status > 0 {
      try context.cancellation.check()
      status = dcs_seg_flood_run(handle, 1 << 16)
    }
    try require(status)
  }
}

// MARK: Plain twin

/// The definition: look through all reached voxels for the next one. O(voxels²).
package func plainWatershed(_ heights: NDArray, seeds: NDArray, mask: NDArray? = nil, connectivity: Int = 1) throws -> [UInt64] {
  let box = try Box(heights, "watershed"), values = try heights.cast(to: .float32).elements(Float.self), inside = try mask.map(plainIds)
  let near = plainNeighbours(connectivity).map { [$0.0, $0.1, $0.2] }, byDistance = (1...3).flatMap { moved in near.filter { $0.count { $0 != 0 } == moved } }
  var labels = try plainIds(seeds)
  if let inside { for voxel in labels.indices where inside[voxel] == 0 { labels[voxel] = 0 } }
  func isAbove(_ a: Float, _ b: Float) -> Bool { a > b || (a.isNaN && !b.isNaN) }
  var reached = labels.indices.filter { labels[$0] != 0 }.map { (voxel: $0, height: values[$0]) }   // in order of arrival
  while var next = reached.indices.first {
    for other in reached.indices where isAbove(reached[next].height, reached[other].height) { next = other }
    let (voxel, flood) = reached.remove(at: next), at = [voxel / box.plane, voxel / box.width % box.height, voxel % box.width]
    for step in byDistance {
      let to = zip(at, step).map { $0 + $1 }
      guard zip(to, box.extents).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
      let other = to[0] * box.plane + to[1] * box.width + to[2]
      guard labels[other] == 0, inside.map({ $0[other] != 0 }) ?? true else { continue }
      labels[other] = labels[voxel]
      reached.append((other, isAbove(values[other], flood) ? values[other] : flood))
    }
  }
  return labels
}
