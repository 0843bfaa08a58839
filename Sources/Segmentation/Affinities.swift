// Which voxels belong with their neighbours: targets of affinity tasks; and one channel a class: targets of one-hot tasks.
//
// labels      [z, y, x], bool or integer
// affinities  [offset, z, y, x], uint8: 1 where voxel p and voxel p + offset carry the same label other than 0; 0 where p + offset lies outside
// one-hot     [class, z, y, x], uint8: 1 where the label is the class
// Source: Turaga et al. 2010; the convention (stored at p, the lower end) is gunpowder's and DaCapo's. Checked against plain twins and numpy.

import Arrays
import CKernels
import Execution

/// Marks which voxels share an object with the voxel at each offset.
///
/// - Parameter neighborhood: offsets in voxels, one number an axis each; any sign, any length.
/// - Parameter backgroundAsObject: 0 counts as a label like any other.
/// - Throws: `SegmentationError.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(offsets · voxels); allocates the result only.
package func affinities(_ labels: NDArray, neighborhood: [[Int]], backgroundAsObject: Bool = false, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "affinities")
  try checkDiscrete("affinities", labels)
  let offsets = try neighborhood.map { offset throws(SegmentationError) in try box.perAxis(offset, missing: 0, "each offset", "affinities") }
  var targets = try result(.uint8, [offsets.count] + labels.shape, context, zeroed: true)
  if box.isEmpty || offsets.isEmpty { return targets }
  let packed = try labels.contiguous(), size = packed.dtype.size
  try targets.withMutableBytes { out in
    try packed.withBytes { voxels in
      guard let out = out.baseAddress?.assumingMemoryBound(to: UInt8.self), let voxels = voxels.baseAddress else { return }
      try context.forEach(offsets.count * box.depth) { item, _ in
        let offset = offsets[item / box.depth], z = item % box.depth
        let columns = inside(offset[2], box.width)
        guard inside(offset[0], box.depth).contains(z), !columns.isEmpty else { return }
        for y in inside(offset[1], box.height) {
          let here = (z * box.height + y) * box.width + columns.lowerBound
          let there = ((z + offset[0]) * box.height + y + offset[1]) * box.width + columns.lowerBound + offset[2]
          dcs_seg_same(voxels + here * size, voxels + there * size, Int64(columns.count), Int32(size), backgroundAsObject ? 1 : 0, out + item / box.depth * box.count + here)
        }
      }
    }
  }
  return targets
}

/// Positions i in 0..<extent for which i + offset is one too.
private func inside(_ offset: Int, _ extent: Int) -> Range<Int> {
  let shift = min(max(offset, -extent), extent)   // an offset may be any Int
  return max(0, -shift)..<max(max(0, -shift), min(extent, extent - shift))
}

/// One channel a class.
///
/// - Parameter classes: the label of each channel, in order; 0 is a class if it is named.
/// - Throws: `SegmentationError.rank`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
package func oneHot(_ labels: NDArray, classes: [UInt64], _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "one_hot")
  try checkIds("one_hot", labels, context)
  var targets = try result(.uint8, [classes.count] + labels.shape, context, zeroed: true)
  let packed = try labels.contiguous(), size = packed.dtype.size
  let parts = chunks(box.count)
  try targets.withMutableBytes { out in
    try packed.withBytes { voxels in
      try context.forEach(classes.count * parts.count) { item, _ in
        guard let out = out.baseAddress, let voxels = voxels.baseAddress else { return }
        let channel = item / parts.count, range = parts[item % parts.count]
        guard size == 8 || classes[channel] >> UInt64(8 * size) == 0 else { return }   // no voxel can hold it
        dcs_seg_equals(
          voxels + range.lowerBound * size, classes[channel], Int64(range.count), Int32(size),
          (out + channel * box.count + range.lowerBound).assumingMemoryBound(to: UInt8.self))
      }
    }
  }
  return targets
}

// MARK: Plain twins

package func plainAffinities(_ labels: NDArray, neighborhood: [[Int]], backgroundAsObject: Bool) throws -> [UInt8] {
  let box = try Box(labels, "affinities")
  let ids = try plainIds(labels)
  return try neighborhood.flatMap { offset in
    let o = try box.perAxis(offset, missing: 0, "each offset", "affinities")
    return ids.indices.map { voxel -> UInt8 in
      let z = voxel / box.plane + o[0], y = voxel / box.width % box.height + o[1], x = voxel % box.width + o[2]
      guard z >= 0, z < box.depth, y >= 0, y < box.height, x >= 0, x < box.width else { return 0 }
      let other = ids[z * box.plane + y * box.width + x]
      return ids[voxel] == other && (backgroundAsObject || other != 0) ? 1 : 0
    }
  }
}
