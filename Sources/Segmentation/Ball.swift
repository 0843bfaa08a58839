// Erosion by a small ball, exact: every voxel under it is looked at, 64 at a time (CKernels/seg_ball.c).
//
// Dilation is erosion of the background. What lies outside the array takes no part, so it counts as what is eroded.
// mask  [z, y, x], bool or integer      result  bool
// Cost: one word operation per 64 voxels for each row of the ball, and two for each step along x; so large balls are left to the distance transform, whose cost does not depend on them.
// Checked against its plain twin (`plainMorph`) and scipy (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

#if canImport(Glibc)
import Glibc
#endif

struct Ball {
  private let zRadius: Int, yRadius: Int
  /// [zRadius + 1, yRadius + 1]: voxels to each side along x, −1 where the ball has none.
  private let halfWidths: [Int32]
  /// Word operations, at which the distance transform is about as fast.
  private static let limit = 3000

  /// nil for a ball that is large in voxels of `sizes`.
  init?(_ reach: Double, _ sizes: [Double], _ box: Box) {
    func inside(_ z: Int, _ y: Int, _ x: Int) -> Bool {
      let (dz, dy, dx) = (Double(z) * sizes[0], Double(y) * sizes[1], Double(x) * sizes[2])
      return (dz * dz + dy * dy + dx * dx).squareRoot() <= reach
    }
    /// The last of 0, 1, … up to `extent` − 1 that is inside; −1 if none is.
    func last(_ extent: Int, _ inside: (Int) -> Bool) -> Int {
      var count = 0
      while count < min(extent, Self.limit), inside(count) { count += 1 }
      return count - 1
    }
    zRadius = max(0, last(box.depth) { inside($0, 0, 0) })
    yRadius = max(0, last(box.height) { inside(0, $0, 0) })
    guard (2 * zRadius + 1) * (2 * yRadius + 1) <= 2 * Self.limit else { return nil }
    var widths: [Int32] = []
    for z in 0...zRadius { for y in 0...yRadius { widths.append(Int32(last(box.width) { inside(z, y, $0) })) } }
    halfWidths = widths
    let rows = (2 * zRadius + 1) * (2 * yRadius + 1), steps = (2 * zRadius + 1) * Int(widths.first ?? 0) * 3
    guard rows + steps <= Self.limit else { return nil }
  }

  /// True where all voxels under the ball are foreground; with `background`, where any is.
  func erode(_ mask: NDArray, _ box: Box, background: Bool, _ context: ExecutionContext) throws -> NDArray {
    var out = try result(.bool, mask.shape, context)
    if box.isEmpty { return out }
    let packed = try mask.contiguous(), size = packed.dtype.size
    let words = (box.width + 63) / 64, bandRows = 64, bands = pieces(box.height, (box.height + bandRows - 1) / bandRows)
    // some planes at a time, in bits, with those that they see
    let slabs = pieces(box.depth, (box.depth + max(16, 2 * zRadius) - 1) / max(16, 2 * zRadius)), planeWords = box.height * words
    let bits = try Buffer(count: min(box.depth, (slabs.map(\.count).max() ?? 0) + 2 * zRadius) * planeWords * 8, zeroed: false)
    let bit = bits.bytes.assumingMemoryBound(to: UInt64.self)
    let bandWords = (bands.map(\.count).max() ?? 0) * words
    let scratch = try WorkerScratch(context, bytes: max(box.width, (bandWords + 2 * words) * 8))
    var held = 0..<0   // planes of which there are bits
    try packed.withBytes { voxels in
      try out.withMutableBytes { out in
        guard let voxels = voxels.baseAddress, let out = out.baseAddress else { return }
        for slab in slabs {
          let seen = max(0, slab.lowerBound - zRadius)..<min(box.depth, slab.upperBound + zRadius), kept = max(0, held.upperBound - seen.lowerBound)
          memmove(bit, bit + (seen.lowerBound - held.lowerBound) * (kept > 0 ? planeWords : 0), kept * planeWords * 8)
          held = seen
          let first = (seen.lowerBound + kept) * box.height, rows = pieces((seen.count - kept) * box.height, ((seen.count - kept) * box.height + 255) / 256)
          try context.forEach(rows.count) { part, worker in
            let zeros = scratch[worker].assumingMemoryBound(to: UInt8.self)
            for row in rows[part] {
              dcs_seg_is_zero(voxels + (first + row) * box.width * size, Int64(box.width), Int32(size), zeros)
              dcs_seg_pack_bits(zeros, Int64(box.width), background ? 1 : 0, bit + (kept * box.height + row) * words)
            }
          }
          try halfWidths.withUnsafeBufferPointer { widths in
            let ball = dcs_seg_ball(
              bits: bit, depth: Int64(seen.count), height: Int64(box.height), words: Int64(words), z_radius: Int64(zRadius), y_radius: Int64(yRadius), half_widths: widths.baseAddress)
            try context.forEach(slab.count * bands.count) { item, worker in
              let z = slab.lowerBound + item / bands.count, band = bands[item % bands.count], eroded = scratch[worker].assumingMemoryBound(to: UInt64.self)
              withUnsafePointer(to: ball) { dcs_seg_erode_bits($0, Int64(z - seen.lowerBound), Int64(band.lowerBound), Int64(band.upperBound), eroded, eroded + bandWords) }
              for y in band {
                let line = out + (z * box.height + y) * box.width
                dcs_seg_unpack_bits(eroded + (y - band.lowerBound) * words, Int64(box.width), background ? 1 : 0, line.assumingMemoryBound(to: UInt8.self))
              }
            }
          }
        }
      }
    }
    return out
  }
}
