// Least or greatest value of a wide box, at a cost that does not depend on its radius; along z and y by tiles of lines, along x row by row (CKernels/seg_rank.c).
//
// values  [z, y, x], bool or integer       result  same dtype and shape
// Cost: three comparisons a voxel along z and y, log₂ of the window along x; the volume is read and written once an axis. Checked against `plainMorph`.

import Arrays
import CKernels
import Execution

struct WideBox {
  let box: Box
  let dtype: DType
  let greatest: Bool
  private var size: Int { dtype.size }

  /// - Parameter radius: voxels to each side along z, y, x.
  func run(_ radius: [Int], _ source: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ context: ExecutionContext) throws {
    // beyond the extent a window holds no more
    let reach = (0..<3).map { min(radius[$0], box.extents[$0] - 1) }
    try columns(count: box.depth, stride: box.plane, groups: box.height, apart: box.width, reach[0], source, out, context)
    try columns(count: box.height, stride: box.width, groups: box.depth, apart: box.plane, reach[1], out, out, context)
    if reach[2] > 0 { try rows(reach[2], out, context) }
  }

  /// Lines along z or y: `groups` of `width` lines side by side.
  private func columns(
    count: Int, stride: Int, groups: Int, apart: Int, _ radius: Int, _ source: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ context: ExecutionContext
  ) throws {
    let tile = max(1, min(box.width, 512 / size)), tiles = (box.width + tile - 1) / tile, held = count * tile * size, stripe = (held + 63) / 64 * 64
    let scratch = try WorkerScratch(context, bytes: stripe + Int(dcs_seg_extreme_scratch(Int64(count), Int64(radius), Int64(tile), Int32(size))))
    try context.forEach(groups * tiles) { item, worker in
      let first = item % tiles * tile, width = min(tile, box.width - first), offset = (item / tiles * apart + first) * size, copy = scratch[worker]
      for line in 0..<count { (copy + line * tile * size).copyMemory(from: source + offset + line * stride * size, byteCount: width * size) }
      dcs_seg_extreme_columns(
        copy, Int64(tile), Int64(count), Int64(width), Int64(radius), Int32(size), dtype.kind, greatest ? 1 : 0, out + offset, Int64(stride), copy + stripe)
    }
  }

  private func rows(_ radius: Int, _ out: UnsafeMutableRawPointer, _ context: ExecutionContext) throws {
    let parts = pieces(box.rows, (box.count + (1 << 18) - 1) >> 18)
    let scratch = try WorkerScratch(context, bytes: (box.width + 2 * radius) * size)
    try context.forEach(parts.count) { part, worker in
      let padded = scratch[worker]
      for row in parts[part] {
        let line = out + row * box.width * size
        (padded + radius * size).copyMemory(from: line, byteCount: box.width * size)
        for i in 0..<radius {
          (padded + i * size).copyMemory(from: line, byteCount: size)
          (padded + (radius + box.width + i) * size).copyMemory(from: line + (box.width - 1) * size, byteCount: size)
        }
        dcs_seg_extreme_row(padded, Int64(box.width), Int64(2 * radius + 1), Int32(size), dtype.kind, greatest ? 1 : 0, line)
      }
    }
  }
}
