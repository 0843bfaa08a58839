// Seeded watershed: seeds grow over a landscape, lowest places first, until they meet (Beucher & Meyer 1993).
//
// The voxel that is lowest among those reached, and of equal ones the one reached first, gives its label to its open face neighbours. Seeds enter in raster order.
// heights  [z, y, x], any type, taken as float32; NaN is above everything
// seeds    [z, y, x], bool or integer, 0 = open            labels  [z, y, x], uint32 or uint64: the seeds' ids; 0 where no seed can reach
// Limits: fewer than 2³² voxels. Checked against its plain twin, and skimage.segmentation.watershed on landscapes without equal heights (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

/// Floods a landscape from seeds.
///
/// - Parameter mask: voxels that may be flooded; seeds outside it are dropped.
/// - Returns: uint64 for 64-bit seeds, else uint32.
/// - Throws: `SegmentationError.rank`, `.shapes`, `.dtype`, `.extent`; `ArrayError.overBudget`, `.noMemory`; `Cancelled`.
/// - Complexity: O(voxels · log(voxels on the shores)).
package func watershed(_ heights: NDArray, seeds: NDArray, mask: NDArray? = nil, _ context: ExecutionContext) throws -> NDArray {
  let name = "watershed", box = try Box(heights, name)
  try checkSameShape(name, heights, seeds)
  try checkIds(name, seeds)
  if let mask {
    try checkSameShape(name, heights, mask)
    try checkDiscrete(name, mask)
  }
  guard box.count < Int(UInt32.max) else { throw SegmentationError.extent(function: name, shape: heights.shape, limit: Int(UInt32.max) - 1) }
  var labels = try seedLabels(seeds, mask: mask, context)
  if box.isEmpty { return labels }
  let floats = try asFloat32(heights, context), inside = try mask.map { try asBytes($0, context) }, size = labels.dtype.size
  try labels.withMutableBytes { labels in
    try floats.withElements(Float.self) { heights in
      try withOptionalBytes(inside) { inside in
        let flood = try Flood(heights, inside, box, labels.baseAddress, size)
        try flood.run(box, context, name)
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

  init(_ heights: UnsafeBufferPointer<Float>, _ mask: UnsafeRawPointer?, _ box: Box, _ labels: UnsafeMutableRawPointer?, _ size: Int) throws(ArrayError) {
    guard let handle = dcs_seg_flood_create(
      heights.baseAddress, mask?.assumingMemoryBound(to: UInt8.self), Int64(box.depth), Int64(box.height), Int64(box.width), labels, Int32(size))
    else { throw .noMemory(bytes: 1 << 14) }
    self.handle = handle
  }

  deinit { dcs_seg_flood_destroy(handle) }

  func run(_ box: Box, _ context: ExecutionContext, _ name: String) throws {
    for part in chunks(box.count) {
      try context.cancellation.check()
      guard dcs_seg_flood_seed(handle, Int64(part.lowerBound), Int64(part.upperBound)) == 0 else { throw ArrayError.noMemory(bytes: box.count * 16) }
    }
    var left: Int64 = 1
    while left > 0 {
      try context.cancellation.check()
      left = dcs_seg_flood_run(handle, 1 << 18)
    }
    if left < 0 { throw ArrayError.noMemory(bytes: box.count * 16) }
  }
}

// MARK: Plain twin

/// The definition: look through all reached voxels for the next one. O(voxels²).
package func plainWatershed(_ heights: NDArray, seeds: NDArray, mask: NDArray? = nil) throws -> [UInt64] {
  let box = try Box(heights, "watershed"), values = try heights.elements(Float.self), inside = try mask.map(plainIds)
  var labels = try plainIds(seeds)
  if let inside { for voxel in labels.indices where inside[voxel] == 0 { labels[voxel] = 0 } }
  var reached = labels.indices.filter { labels[$0] != 0 }   // in order of arrival
  func isNearer(_ a: Float, _ b: Float) -> Bool { a < b || (b.isNaN && !a.isNaN) }
  while var next = reached.indices.first {
    for other in reached.indices where isNearer(values[reached[other]], values[reached[next]]) { next = other }
    let voxel = reached.remove(at: next), z = voxel / box.plane, y = voxel / box.width % box.height, x = voxel % box.width
    for (dz, dy, dx) in plainNeighbours(1) {
      let (nz, ny, nx) = (z + dz, y + dy, x + dx)
      guard (0..<box.depth).contains(nz), (0..<box.height).contains(ny), (0..<box.width).contains(nx) else { continue }
      let near = nz * box.plane + ny * box.width + nx
      if labels[near] == 0, inside.map({ $0[near] != 0 }) ?? true {
        labels[near] = labels[voxel]
        reached.append(near)
      }
    }
  }
  return labels
}
