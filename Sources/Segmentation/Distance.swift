// Exact Euclidean distance from each voxel of a mask to the nearest voxel outside it, or from each voxel of a label to the nearest of another.
//
// One axis at a time (Saito & Toriwaki 1994; Meijster, Roerdink & Hesselink 2000; Felzenszwalb & Huttenlocher 2012): the squared distance in a row by two scans, then along y
// and along z the lower envelope of parabolas (CKernels/seg_distance.c says how). With labels each line falls into runs of one label, as in `edt` (Silversmith 2021).
// mask      [z, y, x], bool or integer; with `each` labels: any integers
// distance  [z, y, x], float32, in units of the voxel size; centre to centre
// Accuracy: the algorithm is exact; squares are kept as float32, so results are within 2 units in the last place, and are
// the correctly rounded root wherever squares stay below 2²⁴ units (integer voxel sizes).
// Floor: mask read once, float32 volume written and then rewritten twice. Checked against its plain twin and scipy (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

#if canImport(Glibc)
import Glibc
#endif

/// What lies outside the array.
package enum DistanceBorder: Sendable { case nothing, background }

/// Distance from every non-zero voxel to the nearest zero voxel; 0 on zero voxels.
///
/// - Parameter each: every label by itself: to the nearest voxel of another value, which may be 0.
/// - Parameter voxelSize: one length an axis, above 0.
/// - Parameter border: with `.background` the array is surrounded by zero voxels.
/// - Returns: float32; +infinity everywhere if there is no zero voxel (and no border).
/// - Throws: `SegmentationError.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels).
package func distanceTransform(_ mask: NDArray, voxelSize: [Double], border: DistanceBorder = .nothing, each: Bool = false, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(mask, "distance")
  try checkDiscrete("distance", mask)
  let sizes = try box.perAxis(voxelSize, missing: 1, "voxel size", "distance")
  try checkVoxelSize("distance", sizes)
  var distances = try result(.float32, mask.shape, context)
  if box.isEmpty { return distances }
  let packed = try mask.contiguous()

  try distances.withMutableElements(Float.self) { out in
    try packed.withBytes { voxels in
      guard let out = out.baseAddress, let voxels = voxels.baseAddress else { return }
      let slabs = pieces(box.rows, context.pool.threads * 8)
      let labels = each ? LabelVoxels(bytes: voxels, size: packed.dtype.size) : nil
      try planeSquares(box, voxels, packed.dtype.size, each: each, sizes, out, context)
      try envelope(box, .z, even: out, odd: nil, within: labels, out: out, step: sizes[0], context)
      if border == .background { try limitByBorder(box, out, sizes, context) }
      try context.forEach(slabs.count) { slab, _ in
        dcs_seg_square_roots(out + slabs[slab].lowerBound * box.width, Int64(slabs[slab].count * box.width))
      }
    }
  }
  return distances
}

/// The passes along x and y: squared distances in each plane.
func planeSquares(_ box: Box, _ voxels: UnsafeRawPointer, _ size: Int, each: Bool, _ sizes: [Double], _ out: UnsafeMutablePointer<Float>, _ context: ExecutionContext) throws {
  let xTable = squares(box.width, step: sizes[2]), slabs = pieces(box.rows, context.pool.threads * 8)
  let scratch = try WorkerScratch(context, bytes: 2 * box.width)
  try context.forEach(slabs.count) { slab, worker in
    let sites = scratch[worker].assumingMemoryBound(to: UInt8.self)
    for row in slabs[slab] {
      let line = voxels + row * box.width * size
      dcs_seg_is_zero(line, Int64(box.width), Int32(size), sites)
      if each {
        dcs_seg_differs(line, line + size, Int64(box.width - 1), Int32(size), sites + box.width)
        dcs_seg_nearest_other(sites + box.width, sites, Int64(box.width), xTable, out + row * box.width)
      } else {
        dcs_seg_nearest_site(sites, Int64(box.width), xTable, out + row * box.width)
      }
    }
  }
  try envelope(box, .y, even: out, odd: nil, within: each ? LabelVoxels(bytes: voxels, size: size) : nil, out: out, step: sizes[1], context)
}

/// A packed volume of labels, `size` bytes each.
struct LabelVoxels { let bytes: UnsafeRawPointer, size: Int }

/// Lower envelopes along one axis of squared distances; see `dcs_seg_envelope_columns`. `step` is the distance between samples of `even`.
///
/// `odd` has one sample fewer along the axis (its last plane or row is ignored), in an array of the same strides. `within` keeps to runs of one label, whose ends are 0 away.
enum EnvelopeAxis { case z, y }
func envelope(_ box: Box, _ axis: EnvelopeAxis, even: UnsafePointer<Float>, odd: UnsafePointer<Float>?, within labels: LabelVoxels? = nil, out: UnsafeMutablePointer<Float>, step: Double, _ context: ExecutionContext) throws {
  let length = axis == .z ? box.depth : box.height
  if length == 1 {
    if even != UnsafePointer(out) { memcpy(out, even, box.count * 4) }
    return
  }
  let sampleStep = odd == nil ? step : step / 2
  let table = squares(odd == nil ? length : 2 * length, step: sampleStep)
  let tile = Int(DCS_SEG_TILE), tiles = (box.width + tile - 1) / tile
  let scratch = try WorkerScratch(context, bytes: Int(labels == nil ? dcs_seg_line_scratch(Int64(length), odd == nil ? 0 : 1) : dcs_seg_run_scratch(Int64(length))))
  // an item: all tiles of one plane (y) or one row (z), or single tiles where that would leave threads idle
  let outer = axis == .z ? box.height : box.depth, step = outer < context.pool.threads * 4 ? 1 : tiles
  try context.forEach(outer * (tiles / step)) { item, worker in
    let first = axis == .z ? item / (tiles / step) * box.width : item / (tiles / step) * box.plane
    let firstTile = item % (tiles / step) * step
    for column in stride(from: firstTile * tile, to: min(box.width, (firstTile + step) * tile), by: tile) {
      if let labels {
        dcs_seg_envelope_runs(
          even + first + column, labels.bytes + (first + column) * labels.size, Int32(labels.size), out + first + column,
          Int64(length), Int64(axis == .z ? box.plane : box.width), Int64(min(tile, box.width - column)), table, sampleStep, scratch[worker])
        continue
      }
      dcs_seg_envelope_columns(
        even + first + column, odd.map { $0 + first + column }, out + first + column,
        Int64(length), Int64(axis == .z ? box.plane : box.width), Int64(min(tile, box.width - column)), table, sampleStep, scratch[worker])
    }
  }
}

/// (k · step)² for k in 0...count, rounded once.
func squares(_ count: Int, step: Double) -> [Float] { (0...count).map { Float(Double($0) * step * (Double($0) * step)) } }

/// With zero voxels all around, the nearest of them is straight ahead along one axis.
private func limitByBorder(_ box: Box, _ out: UnsafeMutablePointer<Float>, _ sizes: [Double], _ context: ExecutionContext) throws {
  func limit(_ axis: Int, _ i: Int) -> Float {
    guard axis >= 3 - box.rank else { return .infinity }
    let distance = Double(min(i + 1, box.extents[axis] - i)) * sizes[axis]
    return Float(distance * distance)
  }
  let xLimits = (0..<box.width).map { limit(2, $0) }
  let slabs = pieces(box.rows, context.pool.threads * 8)
  try context.forEach(slabs.count) { slab, _ in
    for row in slabs[slab] {
      dcs_seg_limit_row(out + row * box.width, Int64(box.width), min(limit(0, row / box.height), limit(1, row % box.height)), xLimits)
    }
  }
}

/// One piece of 64-byte aligned memory for each thread of a region.
struct WorkerScratch {
  private let buffer: Buffer
  private let stride: Int
  /// Never refused.
  private static let small = 1 << 26

  init(_ context: ExecutionContext, bytes: Int) throws(ArrayError) {
    stride = (bytes + 64 + 63) / 64 * 64   // a line apart, so that threads do not share one
    let (total, overflow) = stride.multipliedReportingOverflow(by: context.pool.threads)
    guard !overflow, total <= max(context.memoryBudget, Self.small) else { throw .overBudget(bytes: overflow ? .max : total, budget: context.memoryBudget) }
    buffer = try Buffer(count: total, zeroed: false)
  }

  subscript(worker: Int) -> UnsafeMutableRawPointer { buffer.bytes + worker * stride }
}

// MARK: Plain twin

/// The definition, in double: the nearest of all zero voxels, or with `each` of all voxels of another value. O(voxels²).
package func plainDistance(_ mask: NDArray, voxelSize: [Double], border: DistanceBorder = .nothing, each: Bool = false) throws -> [Double] {
  let box = try Box(mask, "distance")
  let sizes = try box.perAxis(voxelSize, missing: 1, "voxel size", "distance")
  let values = try plainIds(mask)
  let grow = (0..<3).map { border == .background && $0 >= 3 - box.rank ? 1 : 0 }
  var sites: [(Int, Int, Int, value: UInt64)] = []
  for z in -grow[0]..<box.depth + grow[0] { for y in -grow[1]..<box.height + grow[1] { for x in -grow[2]..<box.width + grow[2] {
    let inside = z >= 0 && z < box.depth && y >= 0 && y < box.height && x >= 0 && x < box.width
    let value = inside ? values[z * box.plane + y * box.width + x] : 0
    if each || value == 0 { sites.append((z, y, x, value)) }
  } } }
  return values.indices.map { voxel in
    if values[voxel] == 0 { return 0 }
    let z = voxel / box.plane, y = voxel / box.width % box.height, x = voxel % box.width
    var nearest = Double.infinity
    for site in sites where site.value != values[voxel] {
      let (dz, dy, dx) = (Double(z - site.0) * sizes[0], Double(y - site.1) * sizes[1], Double(x - site.2) * sizes[2])
      nearest = min(nearest, dz * dz + dy * dy + dx * dx)
    }
    return nearest.squareRoot()
  }
}
