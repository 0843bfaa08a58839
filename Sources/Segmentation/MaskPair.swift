// Two masks of one volume in one byte a voxel: what every distance between them starts from.
//
// predicted, truth, mask  [z, y, x], bool or integer; foreground where not 0; voxels where the mask is 0 belong to neither
// flags                   [z, y, x], uint8, the bits of `MaskPair`
// A surface voxel is a foreground voxel with a face neighbour that is background, outside the array, or not counted.
// The nearest foreground voxel of a background voxel is always a surface voxel, so that one distance transform a mask serves errors and surfaces alike.
// Floor: each input read once, one byte a voxel written. Checked against scipy's erosion (Tests/Fixtures/segmentation/surfaces, scores).

import Arrays
import Execution

package enum MaskPair {
  package static let predicted: UInt8 = 1, truth: UInt8 = 2, predictedSurface: UInt8 = 4, truthSurface: UInt8 = 8, counted: UInt8 = 16
}

/// Of two masks in memory.
///
/// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
package func maskPair(_ predicted: NDArray, _ truth: NDArray, mask: NDArray? = nil, _ context: ExecutionContext) throws -> NDArray {
  try markSurfaces(try foregrounds(predicted, truth, mask: mask, context), context)
}

/// Adds the surfaces to the bits of `foregrounds`.
///
/// - Parameter before, after: planes at either end that are there as neighbours only (0 or 1); they are left out of the result.
/// - Parameter flat: the planes are the rows of an image, [y, 1, x], which has no faces along the axis of one voxel.
package func markSurfaces(_ raw: NDArray, before: Int = 0, after: Int = 0, flat: Bool = false, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(raw, name), firstRow = box.rank == 3 ? before * box.height : 0
  var shape = raw.shape
  if box.rank == 3 { shape[0] -= before + after }
  var flags = try result(.uint8, shape, context)
  if flags.count == 0 { return flags }
  let slabs = pieces(flags.count / box.width, context.pool.threads * 8)
  try flags.withMutableElements(UInt8.self) { out in
    try raw.withElements(UInt8.self) { raw in
      guard let out = out.baseAddress, let raw = raw.baseAddress else { return }
      try context.forEach(slabs.count) { slab, _ in
        for row in slabs[slab] { markSurface(box, raw, row: row + firstRow, flat: flat, out + row * box.width) }
      }
    }
  }
  return flags
}

/// The bits `predicted`, `truth` and `counted` of each voxel.
///
/// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
package func foregrounds(_ predicted: NDArray, _ truth: NDArray, mask: NDArray? = nil, _ context: ExecutionContext) throws -> NDArray {
  for other in [truth] + (mask.map { [$0] } ?? []) { try checkSameShape(name, predicted, other) }
  for array in [predicted, truth] + (mask.map { [$0] } ?? []) { try checkDiscrete(name, array) }
  _ = try Box(predicted, name)
  let a = try asBytes(predicted, context), b = try asBytes(truth, context), m = try mask.map { try asBytes($0, context) }
  var raw = try result(.uint8, predicted.shape, context)
  let parts = chunks(raw.count)
  try raw.withMutableElements(UInt8.self) { out in
    try a.withBytes { a in
      try b.withBytes { b in
        try withOptionalBytes(m) { m in
          let m = m?.assumingMemoryBound(to: UInt8.self)
          try context.forEach(parts.count) { part, _ in
            for i in parts[part] { out[i] = (a[i] != 0 ? MaskPair.predicted : 0) | (b[i] != 0 ? MaskPair.truth : 0) | MaskPair.counted }
            if let m { for i in parts[part] where m[i] == 0 { out[i] = 0 } }
          }
        }
      }
    }
  }
  return raw
}

/// Copies a row, and adds the bits of the surfaces. A row at the edge of the array is all surface.
private func markSurface(_ box: Box, _ raw: UnsafePointer<UInt8>, row: Int, flat: Bool, _ out: UnsafeMutablePointer<UInt8>) {
  let hasRows = box.rank >= 2 && !flat, z = row / box.height, y = row % box.height, width = box.width, here = raw + row * width, both = MaskPair.predicted | MaskPair.truth
  let onEdge = (box.rank == 3 && (z == 0 || z == box.depth - 1)) || (hasRows && (y == 0 || y == box.height - 1))
  if onEdge || width < 3 {
    for x in 0..<width { out[x] = here[x] | (here[x] & both) << 2 }
    return
  }
  let up = box.rank == 3 ? here - box.plane : here, down = box.rank == 3 ? here + box.plane : here
  let north = hasRows ? here - width : here, south = hasRows ? here + width : here
  for x in 1..<width - 1 {
    let inner = here[x - 1] & here[x + 1] & north[x] & south[x] & up[x] & down[x]
    out[x] = here[x] | (here[x] & ~inner & both) << 2
  }
  for x in [0, width - 1] { out[x] = here[x] | (here[x] & both) << 2 }
}

/// 0 where a voxel has any of `bits`, else 1: what a distance transform measures to.
package func lacking(_ bits: UInt8, _ flags: NDArray, _ context: ExecutionContext) throws -> NDArray {
  var sites = try result(.uint8, flags.shape, context)
  let parts = chunks(flags.count)
  try sites.withMutableElements(UInt8.self) { out in
    try flags.withElements(UInt8.self) { flags in
      try context.forEach(parts.count) { part, _ in for i in parts[part] { out[i] = flags[i] & bits == 0 ? 1 : 0 } }
    }
  }
  return sites
}

private let name = "distance_scores"
