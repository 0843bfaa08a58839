// Filling holes: background that cannot reach the edge of the array.
//
// labels  [z, y, x], bool or integer       result  same dtype and shape
// A hole is a face-connected component of 0 that touches no face of the array. It is filled if a single id surrounds it; a hole between several ids belongs to none of them and stays.
// For a mask this is scipy.ndimage.binary_fill_holes (Tests/Fixtures/segmentation).

import Arrays
import Execution

/// Gives each hole the id that surrounds it.
///
/// - Throws: `SegmentationError.rank`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels); labels of the background besides the result.
package func fillHoles(_ labels: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "fill_holes")
  try checkDiscrete("fill_holes", labels)
  let packed = try labels.contiguous(), size = packed.dtype.size
  let (background, count) = try labelComponents(isBackground(packed, context), connectivity: 1, dtype: .uint32, context)
  if count == 0 { return labels }

  // what surrounds component c: nothing seen yet, one id, or no single id (several, or the edge of the array)
  var owner = [UInt64](repeating: 0, count: count + 1)
  var open = [Bool](repeating: false, count: count + 1)
  var filled = packed
  try background.withElements(UInt32.self) { holes in
    try packed.withBytes { voxels in
      guard let base = voxels.baseAddress else { return }
      func meet(_ hole: Int, _ other: Int) {
        let neighbour = id(base, other, size)
        if neighbour == 0 { return }
        if owner[hole] == 0 { owner[hole] = neighbour } else if owner[hole] != neighbour { open[hole] = true }
      }
      for z in 0..<box.depth {
        try context.cancellation.check()
        for y in 0..<box.height {
          let edge = (box.rank == 3 && (z == 0 || z == box.depth - 1)) || (box.rank >= 2 && (y == 0 || y == box.height - 1))
          for x in 0..<box.width {
            let voxel = z * box.plane + y * box.width + x, hole = Int(holes[voxel])
            if hole == 0 || open[hole] { continue }
            if edge || x == 0 || x == box.width - 1 { open[hole] = true; continue }
            meet(hole, voxel - 1)
            meet(hole, voxel + 1)
            if box.rank >= 2 { meet(hole, voxel - box.width); meet(hole, voxel + box.width) }
            if box.rank == 3 { meet(hole, voxel - box.plane); meet(hole, voxel + box.plane) }
          }
        }
      }
    }
    try filled.withMutableBytes { out in
      guard let out = out.baseAddress else { return }
      let parts = chunks(box.count)
      try context.forEach(parts.count) { part, _ in
        for voxel in parts[part] where holes[voxel] != 0 {
          let hole = Int(holes[voxel])
          if open[hole] { continue }
          withUnsafeBytes(of: owner[hole].littleEndian) { bytes in
            if let source = bytes.baseAddress { (out + voxel * size).copyMemory(from: source, byteCount: size) }
          }
        }
      }
    }
  }
  return filled
}
