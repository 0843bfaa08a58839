// Connected components of a mask, or of equal values, with 6, 18 or 26 neighbours (4 or 8 in 2D).
//
// Runs of a row instead of voxels (He, Chao & Suzuki 2008): mark where the runs of each row begin, join touching runs of neighbouring rows by
// union–find with the lowest run as root (Rosenfeld & Pfaltz 1966), number the roots in run order, write rows. Since the root is the first run of
// its component in raster order, components are numbered by their first voxel, whatever the order of joins; so slabs run in parallel.
// The forest lies at the front of the result, which is then written from its end: no run's id is further in than its first voxel.
// mask        [z, y, x], bool or any integer, 0 = background
// components  [z, y, x], uint32 or uint64, 0 = background, 1...count in raster order
// Floor: the mask is read three times, the labels are written once. Limits: 2³² − 1 runs, one volume in memory; blocks are joined by ContactPairs.swift.
// Checked against its plain twin, scipy.ndimage.label and cc3d (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

/// The type of ids 1, 2, … of at most one object a voxel: what `label` and `relabel` give unless another is asked for, in memory and block by block.
package func idType(voxels: Int) -> DType { voxels <= UInt32.max ? .uint32 : .uint64 }

/// Numbers the connected components.
///
/// - Parameter mask: `[z, y, x]`, `[y, x]` or `[x]`, bool or integer; 0 is background.
/// - Parameter connectivity: 1 faces, 2 edges, 3 corners; at most the number of axes.
/// - Parameter byValue: neighbours belong together only if their values are equal (input is a label volume or classes), not merely both non-zero.
/// - Parameter dtype: `.uint32` or `.uint64`, of the result; nil: `idType`.
/// - Returns: labels 1...count by first voxel in raster order, 0 for background, and their count.
/// - Throws: `SegmentationError.connectivity`, `.dtype`, `.rank`, `.tooManyObjects`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels + runs · α); a bit a voxel besides the result.
package func labelComponents(_ mask: NDArray, connectivity: Int = 1, byValue: Bool = false, dtype asked: DType? = nil, _ context: ExecutionContext) throws -> (labels: NDArray, count: Int) {
  let box = try Box(mask, "label")
  try checkDiscrete("label", mask)
  try checkConnectivity(connectivity, rank: box.rank)
  let dtype = asked ?? idType(voxels: mask.count)
  guard dtype == .uint32 || dtype == .uint64 else { throw SegmentationError.dtype(function: "label", expected: "uint32 or uint64 for its result", found: dtype) }
  var labels = try result(dtype, mask.shape, context)
  if box.isEmpty { return (labels, 0) }
  let packed = try mask.contiguous()
  let width = Int32(packed.dtype.size), byValueFlag: Int32 = byValue ? 1 : 0
  let slabs = pieces(box.rows, max(context.pool.threads * 4, box.count >> 22))   // small enough to be stopped soon

  return try packed.withBytes { bytes in
    guard let voxels = bytes.baseAddress else { return (labels, 0) }
    let rowBytes = box.width * packed.dtype.size

    let words = (box.width + 63) / 64
    let marks = try Buffer(count: box.rows * words * 8, zeroed: false)
    let runStarts = marks.bytes.assumingMemoryBound(to: UInt64.self)
    var rowStart = [Int64](repeating: 0, count: box.rows + 1)
    try rowStart.withUnsafeMutableBufferPointer { starts in
      try context.forEach(slabs.count) { slab, _ in
        for row in slabs[slab] { starts[row + 1] = dcs_seg_mark_runs(voxels + row * rowBytes, Int64(box.width), width, byValueFlag, runStarts + row * words) }
      }
    }
    for row in 0..<box.rows { rowStart[row + 1] += rowStart[row] }
    let runCount = Int(rowStart[box.rows])
    guard runCount < Int(UInt32.max) else { throw SegmentationError.tooManyObjects(found: runCount, limit: Int(UInt32.max), dtype: .uint32) }

    let count = try labels.withMutableBytes { out in
      guard let front = out.baseAddress else { return 0 }
      return try rowStart.withUnsafeBufferPointer { starts in
        let parent = front.bindMemory(to: UInt32.self, capacity: runCount)
        var forest = dcs_run_forest(
          starts: runStarts, row_start: starts.baseAddress, parent: parent, values: voxels, width: width, by_value: byValueFlag,
          row_length: Int64(box.width), rows_a_plane: Int64(box.height), connectivity: Int32(connectivity))
        return try withUnsafePointer(to: &forest) { forest in
          try joinRuns(forest, slabs, planeRows: box.height, context)
          var numbered: UInt32 = 0
          for part in chunks(runCount) {
            try context.cancellation.check()
            numbered = dcs_seg_number_runs(parent, Int64(part.lowerBound), Int64(part.upperBound), numbered)
          }
          try fillRows(forest, pieces(box.rows, box.count >> 20), front, width: Int32(dtype.size), context)
          return Int(numbered)
        }
      }
    }
    return (labels, count)
  }
}

/// Slabs on all threads, then the rows whose neighbours lie in an earlier slab: at most one plane and one row of each.
private func joinRuns(_ forest: UnsafePointer<dcs_run_forest>, _ slabs: [Range<Int>], planeRows: Int, _ context: ExecutionContext) throws {
  guard let parent = forest.pointee.parent, let starts = forest.pointee.row_start else { return }
  try context.forEach(slabs.count) { slab, _ in
    let rows = slabs[slab], lower = Int64(rows.lowerBound), upper = Int64(rows.upperBound)
    for run in Int(starts[rows.lowerBound])..<Int(starts[rows.upperBound]) { parent[run] = UInt32(truncatingIfNeeded: run) }
    dcs_seg_join_rows(forest, lower, upper, lower, upper)
  }
  for rows in slabs.dropFirst() {
    try context.cancellation.check()
    dcs_seg_join_rows(forest, Int64(rows.lowerBound), Int64(min(rows.upperBound, rows.lowerBound + planeRows + 1)), 0, Int64(rows.lowerBound))
  }
}

/// Writes the volume over the ids at its front: bands from the last to the first, each with a copy of its ids.
private func fillRows(_ forest: UnsafePointer<dcs_run_forest>, _ bands: [Range<Int>], _ front: UnsafeMutableRawPointer, width: Int32, _ context: ExecutionContext) throws {
  guard let parent = forest.pointee.parent, let starts = forest.pointee.row_start else { return }
  var ids: [UInt32] = []
  for band in bands.reversed() {
    let base = Int(starts[band.lowerBound])
    ids.removeAll(keepingCapacity: true)
    ids.append(contentsOf: UnsafeBufferPointer(start: parent + base, count: Int(starts[band.upperBound]) - base))
    let parts = pieces(band.count, context.pool.threads * 2)
    try ids.withUnsafeBufferPointer { ids in
      try context.forEach(parts.count) { part, _ in
        let begin = band.lowerBound + parts[part].lowerBound, end = band.lowerBound + parts[part].upperBound
        dcs_seg_fill_rows(forest, Int64(begin), Int64(end), ids.baseAddress.map { $0 + (Int(starts[begin]) - base) }, front, width)
      }
    }
  }
}

func checkConnectivity(_ connectivity: Int, rank: Int) throws(SegmentationError) {
  guard connectivity >= 1, connectivity <= rank else { throw .connectivity(connectivity, rank: rank) }
}

// MARK: Plain twin

/// The definition: flood each component from its first voxel in raster order.
package func plainComponents(_ mask: NDArray, connectivity: Int, byValue: Bool) throws -> (labels: [UInt64], count: Int) {
  let box = try Box(mask, "label")
  try checkConnectivity(connectivity, rank: box.rank)
  let values = try plainIds(mask)
  let near = plainNeighbours(connectivity)
  var labels = [UInt64](repeating: 0, count: values.count), count = 0
  for seed in values.indices where values[seed] != 0 && labels[seed] == 0 {
    count += 1
    labels[seed] = UInt64(count)
    var stack = [seed]
    while let voxel = stack.popLast() {
      let z = voxel / box.plane, y = voxel / box.width % box.height, x = voxel % box.width
      for (dz, dy, dx) in near {
        let (nz, ny, nx) = (z + dz, y + dy, x + dx)
        guard (0..<box.depth).contains(nz), (0..<box.height).contains(ny), (0..<box.width).contains(nx) else { continue }
        let other = nz * box.plane + ny * box.width + nx
        guard values[other] != 0, labels[other] == 0, !byValue || values[other] == values[voxel] else { continue }
        labels[other] = UInt64(count)
        stack.append(other)
      }
    }
  }
  return (labels, count)
}

func plainNeighbours(_ connectivity: Int) -> [(Int, Int, Int)] {
  var near: [(Int, Int, Int)] = []
  for dz in -1...1 { for dy in -1...1 { for dx in -1...1 {
    let axes = abs(dz) + abs(dy) + abs(dx)
    if axes > 0 && axes <= connectivity { near.append((dz, dy, dx)) }
  } } }
  return near
}

/// Any bool or integer array as ids: its bits, zero-extended.
package func plainIds(_ array: NDArray) throws -> [UInt64] {
  switch array.dtype.size {
  case 1: try array.contiguous().withBytes { $0.map(UInt64.init) }
  case 2: try array.contiguous().withBytes { $0.bindMemory(to: UInt16.self).map(UInt64.init) }
  case 4: try array.contiguous().withBytes { $0.bindMemory(to: UInt32.self).map(UInt64.init) }
  default: try array.contiguous().withBytes { Array($0.bindMemory(to: UInt64.self)) }
  }
}
