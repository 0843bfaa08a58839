// The median of a small box around each voxel.
//
// values  [z, y, x], any dtype, NaN not allowed for      result  same dtype and shape
// Outside the array values are mirrored about its faces. Selection without branches over 64 neighbouring windows (CKernels/seg_rank.c).
// Checked against its plain twin and scipy.ndimage.median_filter (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

/// The middle value of each window of 2 · radius + 1 voxels an axis. Where a window holds NaN the result is some value of the window.
///
/// - Throws: `SegmentationError.rank`, `.parameter` beyond 1331 values a window; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels · window²), 64 voxels at a time.
package func median(_ values: NDArray, radius: [Int], _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(values, "median")
  let radii = try box.perAxis(radius, missing: 0, "radius", "median"), limit = 1331
  guard radii.allSatisfy({ (0...limit / 2).contains($0) }), radii.reduce(1, { $0 * (2 * $1 + 1) }) <= limit else {
    throw SegmentationError.parameter(function: "median", name: "radius", expected: "0 or more, at most \(limit) voxels in a window", found: "\(radius)")
  }
  var out = try result(values.dtype, values.shape, context)
  if box.isEmpty { return out }
  let packed = try values.contiguous(), size = values.dtype.size
  let sources = (0..<3).map { mirrored(box.extents[$0], radii[$0]) }
  let across = 2 * radii[2] + 1, rowsAWindow = (2 * radii[0] + 1) * (2 * radii[1] + 1)
  let paddedBytes = (box.width + 2 * radii[2]) * size, rowStride = (paddedBytes + 63) / 64 * 64
  let select = Int(dcs_seg_median_scratch(Int64(rowsAWindow * across)))
  let scratch = try WorkerScratch(context, bytes: (select + 63) / 64 * 64 + rowsAWindow * rowStride)
  try out.withMutableBytes { out in
    try packed.withBytes { source in
      guard let out = out.baseAddress, let source = source.baseAddress else { return }
      try context.forEach(box.rows) { row, worker in
        let held = scratch[worker], padded = held + (select + 63) / 64 * 64
        let z = row / box.height, y = row % box.height
        var rows: [UnsafeRawPointer?] = []
        for dz in 0...2 * radii[0] { for dy in 0...2 * radii[1] {
          let line = source + (sources[0][z + dz] * box.height + sources[1][y + dy]) * box.width * size
          let target = padded + rows.count * rowStride
          (target + radii[2] * size).copyMemory(from: line, byteCount: box.width * size)
          for i in Array(0..<radii[2]) + Array(radii[2] + box.width..<sources[2].count) { (target + i * size).copyMemory(from: line + sources[2][i] * size, byteCount: size) }
          rows.append(UnsafeRawPointer(target))
        } }
        dcs_seg_median_rows(rows, Int64(rowsAWindow), Int64(across), Int64(box.width), Int32(size), values.dtype.kind, out + row * box.width * size, held)
      }
    }
  }
  return out
}

// MARK: Plain twin

/// The definition: sort each window. As doubles.
package func plainMedian(_ values: NDArray, radius: [Int]) throws -> [Double] {
  let box = try Box(values, "median")
  let r = try box.perAxis(radius, missing: 0, "radius", "median")
  func doubles<T: Element>(_: T.Type) throws -> [Double] { try values.elements(T.self).map(\.double) }
  let numbers = try doubles(values.dtype.type)
  func reflect(_ i: Int, _ count: Int) -> Int {
    var i = i
    while i < 0 || i >= count { i = i < 0 ? -1 - i : 2 * count - 1 - i }
    return i
  }
  return numbers.indices.map { voxel in
    let z = voxel / box.plane, y = voxel / box.width % box.height, x = voxel % box.width
    var window: [Double] = []
    for dz in -r[0]...r[0] { for dy in -r[1]...r[1] { for dx in -r[2]...r[2] {
      window.append(numbers[reflect(z + dz, box.depth) * box.plane + reflect(y + dy, box.height) * box.width + reflect(x + dx, box.width)])
    } } }
    return window.sorted()[window.count / 2]
  }
}
