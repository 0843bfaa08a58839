// Connected components of a mask, or of equal values, with 6, 18 or 26 neighbours (4 or 8 in 2D).
//
// Runs of a row instead of voxels (He, Chao & Suzuki 2008): count the runs of each row, list them, join touching runs of neighbouring rows by
// union–find with the lowest run as root (Rosenfeld & Pfaltz 1966), number the roots in run order, write rows. Since the root is the first run of
// its component in raster order, components are numbered by their first voxel, whatever the order of joins; so slabs run in parallel.
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
/// - Complexity: O(voxels + runs · α); 8 bytes a run besides the result.
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

    // where each row's runs begin
    var rowStart = [Int64](repeating: 0, count: box.rows + 1)
    try rowStart.withUnsafeMutableBufferPointer { starts in
      try context.forEach(slabs.count) { slab, _ in
        for row in slabs[slab] { starts[row + 1] = dcs_seg_count_runs(voxels + row * rowBytes, Int64(box.width), width, byValueFlag) }
      }
    }
    for row in 0..<box.rows { rowStart[row + 1] += rowStart[row] }
    let runCount = Int(rowStart[box.rows])
    guard runCount < Int(UInt32.max) else { throw SegmentationError.tooManyObjects(found: runCount, limit: Int(UInt32.max), dtype: .uint32) }

    let runs = try Buffer(count: runCount * MemoryLayout<dcs_run>.stride, zeroed: false)
    let parents = try Buffer(count: runCount * 4, zeroed: false)
    let run = runs.bytes.assumingMemoryBound(to: dcs_run.self), parent = parents.bytes.assumingMemoryBound(to: UInt32.self)

    return try rowStart.withUnsafeBufferPointer { starts in
      var forest = dcs_run_forest(
        runs: run, row_start: starts.baseAddress, parent: parent, values: voxels, width: width, by_value: byValueFlag,
        row_length: Int64(box.width), rows_a_plane: Int64(box.height), connectivity: Int32(connectivity))
      try withUnsafePointer(to: &forest) { forest in
        try context.forEach(slabs.count) { slab, _ in
          let rows = slabs[slab]
          for row in rows { dcs_seg_find_runs(voxels + row * rowBytes, Int64(box.width), width, byValueFlag, run + Int(starts[row])) }
          for i in Int(starts[rows.lowerBound])..<Int(starts[rows.upperBound]) { parent[i] = UInt32(truncatingIfNeeded: i) }
          dcs_seg_join_rows(forest, Int64(rows.lowerBound), Int64(rows.upperBound), Int64(rows.lowerBound), Int64(rows.upperBound))
        }
        // rows whose neighbours lie in an earlier slab: at most one plane and one row of each
        for rows in slabs.dropFirst() {
          try context.cancellation.check()
          let reach = min(rows.upperBound, rows.lowerBound + box.height + 1)
          dcs_seg_join_rows(forest, Int64(rows.lowerBound), Int64(reach), 0, Int64(rows.lowerBound))
        }
      }
      var numbered: UInt32 = 0
      for part in chunks(runCount) {
        try context.cancellation.check()
        numbered = dcs_seg_number_runs(parent, Int64(part.lowerBound), Int64(part.upperBound), numbered)
      }
      let count = Int(numbered)
      try withUnsafePointer(to: &forest) { forest in
        try labels.withMutableBytes { out in
          try context.forEach(slabs.count) { slab, _ in
            let rows = slabs[slab], used = Int(starts[rows.lowerBound])..<Int(starts[rows.upperBound])
            dcs_seg_fill_rows(forest, Int64(rows.lowerBound), Int64(rows.upperBound), out.baseAddress, Int32(dtype.size))
            // so the peak is the result, not the result and what it was made from
            runs.forget(used.lowerBound * MemoryLayout<dcs_run>.stride..<used.upperBound * MemoryLayout<dcs_run>.stride)
            parents.forget(used.lowerBound * 4..<used.upperBound * 4)
          }
        }
      }
      return (labels, count)
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
