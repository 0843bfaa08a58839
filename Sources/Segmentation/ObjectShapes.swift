// What shape each object of a label volume has: its surface, its Euler number, its principal axes. Blocks add.
//
// surface       the area of the faces of its voxels behind which it does not go on: those to other objects, to background, and to the outside of the volume
// Euler number  lumps − tunnels + hollows, voxels that share a corner being connected: 1 for a ball, 0 for a ring, 2 for a shell
// axes          of the ellipsoid (ellipse, segment) with the same covariance, its voxels being points: 2 √((rank + 2) variance) long
// Floor: labels read once more; corners between unlike voxels cost one look-up an object. Checked against its plain twin and skimage.measure.regionprops (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Faces and corners of one object, or of the part of it that a block owns.
package struct ObjectCorners: Equatable, Sendable {
  private let rank: Int
  /// Quarters of the faces that show, across z, y and x, of which the first are left out where there are fewer axes.
  private var quarters: SIMD3<Int>
  private var eighths: Int

  init(_ corner: dcs_seg_corner, rank: Int) {
    (self.rank, quarters, eighths) = (rank, SIMD3(Int(corner.faces.0), Int(corner.faces.1), Int(corner.faces.2)), Int(corner.euler))
  }

  /// Faces that show across each axis; whole once all corners are counted.
  package var faces: [Int] { (3 - rank..<3).map { quarters[$0] / 4 } }
  package var eulerNumber: Int { eighths / 8 }

  package mutating func add(_ other: ObjectCorners) {
    quarters &+= other.quarters
    eighths += other.eighths
  }

  /// Length (area, …) of the faces that show.
  package func surface(voxelSize: [Double]) -> Double {
    let voxel = voxelSize.reduce(1, *)
    return zip(faces, voxelSize).reduce(0) { $0 + Double($1.0) * voxel / $1.1 }
  }
}

/// The corners of a volume, by id.
///
/// - Parameter own: of a block with neighbours about it, the corners to count, named by the voxel after them; nil: all, those at the upper ends of the volume too.
/// - Throws: `SegmentationError.rank`, `.dtype`; `ArrayError.noMemory`; `Cancelled`.
package func objectCorners(_ labels: NDArray, own: [Range<Int>]? = nil, _ context: ExecutionContext) throws -> [UInt64: ObjectCorners] {
  let box = try Box(labels, "objects")
  try checkIds("objects", labels, context)
  if box.isEmpty { return [:] }
  let packed = try labels.contiguous(), size = packed.dtype.size, extents = box.extents.map(Int64.init)
  let ranges = (0..<3).map { axis in axis < 3 - box.rank ? 0..<2 : own?[axis - 3 + box.rank] ?? 0..<box.extents[axis] + 1 }
  let scratch = try WorkerScratch(context, bytes: Int(dcs_seg_corners_scratch(Int64(box.width), Int32(size))))
  let found = Mutex<[UInt64: ObjectCorners]>([:]), slabs = pieces(ranges[1].count, max(1, box.plane >> 20)).map { $0.lowerBound + ranges[1].lowerBound..<$0.upperBound + ranges[1].lowerBound }
  try packed.withBytes { voxels in
    guard let voxels = voxels.baseAddress else { return }
    // a few planes at a time share a table
    let planes = pieces(ranges[0].count, (ranges[0].count + 15) / 16)
    try context.forEach(planes.count * slabs.count) { item, worker in
      let table = try CornerTable()
      for plane in planes[item / slabs.count] {
        try context.cancellation.check()
        try table.add(voxels, size, extents, plane + ranges[0].lowerBound, slabs[item % slabs.count], ranges[2], scratch[worker])
      }
      let here = table.take(rank: box.rank)
      found.withLock { found in for (id, corners) in here where found[id]?.add(corners) == nil { found[id] = corners } }
    }
  }
  return found.withLock { $0 }
}

/// Owner of a C table.
private struct CornerTable: ~Copyable {
  private let table: OpaquePointer

  init() throws(ArrayError) {
    guard let table = dcs_seg_corners_create() else { throw .noMemory(bytes: 1 << 14) }
    self.table = table
  }

  deinit { dcs_seg_corners_destroy(table) }

  func add(_ voxels: UnsafeRawPointer, _ size: Int, _ extents: [Int64], _ z: Int, _ y: Range<Int>, _ x: Range<Int>, _ scratch: UnsafeMutableRawPointer) throws(ArrayError) {
    guard dcs_seg_corners_add_rows(
      table, voxels, Int32(size), extents, Int64(z), Int64(y.lowerBound), Int64(y.upperBound), Int64(x.lowerBound), Int64(x.upperBound), scratch) == 0
    else { throw .noMemory(bytes: Int(clamping: dcs_seg_corners_size(table)) &* 4 &* MemoryLayout<dcs_seg_corner>.stride) }
  }

  func take(rank: Int) -> [(UInt64, ObjectCorners)] {
    let found = [dcs_seg_corner](unsafeUninitializedCapacity: Int(dcs_seg_corners_size(table))) { buffer, count in
      dcs_seg_corners_take(table, buffer.baseAddress)
      count = buffer.count
    }
    return found.map { ($0.id, ObjectCorners($0, rank: rank)) }
  }
}

// MARK: Principal axes

/// Lengths, longest first, and unit vectors along them, of which the entry furthest from 0 is above 0. Where lengths are equal, which directions they have is open.
package func principalAxes(covariance: [[Double]]) -> (lengths: [Double], directions: [[Double]]) {
  let rank = covariance.count
  let (values, vectors) = eigen(covariance)
  let order = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
  let directions = order.map { index -> [Double] in
    let vector = vectors.map { $0[index] }, largest = vector.max { abs($0) < abs($1) } ?? 1
    return largest < 0 ? vector.map { 0 - $0 } : vector
  }
  return (order.map { 2 * (Double(rank + 2) * max(0, values[$0])).squareRoot() }, directions)
}

/// Eigenvalues and, in columns, eigenvectors of a symmetric matrix (Jacobi 1846).
private func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
  var a = matrix
  var v = matrix.indices.map { i in matrix.indices.map { $0 == i ? 1.0 : 0 } }
  for _ in 0..<32 {
    for p in a.indices { for q in stride(from: p + 1, to: a.count, by: 1) where a[p][q] != 0 {
      let theta = (a[q][q] - a[p][p]) / (2 * a[p][q]), t = (theta < 0 ? -1 : 1) / (abs(theta) + hypot(theta, 1)), c = 1 / hypot(t, 1), s = t * c
      for k in a.indices { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
      for k in a.indices { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
      (a[p][q], a[q][p]) = (0, 0)
      for k in a.indices { (v[k][p], v[k][q]) = (c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]) }
    } }
  }
  return (a.indices.map { a[$0][$0] }, v)
}

// MARK: Plain twin

/// The definition: faces voxel by voxel; cubes, faces, edges and corners of the object as sets.
package func plainObjectCorners(_ labels: NDArray) throws -> [UInt64: (faces: [Int], euler: Int)] {
  let box = try Box(labels, "objects"), ids = try plainIds(labels)
  func id(_ at: [Int]) -> UInt64 { zip(at, box.extents).allSatisfy { $0 >= 0 && $0 < $1 } ? ids[at[0] * box.plane + at[1] * box.width + at[2]] : 0 }
  var all: [UInt64: (faces: [Int], euler: Int)] = [:], cells: [UInt64: Set<[Int]>] = [:]
  for voxel in ids.indices where ids[voxel] != 0 {
    let at = [voxel / box.plane, voxel / box.width % box.height, voxel % box.width]
    var faces = all[ids[voxel]]?.faces ?? [Int](repeating: 0, count: box.rank)
    for axis in 3 - box.rank..<3 { for step in [-1, 1] {
      var near = at
      near[axis] += step
      if id(near) != ids[voxel] { faces[axis - 3 + box.rank] += 1 }
    } }
    all[ids[voxel]] = (faces, 0)
    // in half voxels: odd along an axis inside a cell, even on its ends
    for dz in 0...2 { for dy in 0...2 { for dx in 0...2 { cells[ids[voxel], default: []].insert([2 * at[0] + dz, 2 * at[1] + dy, 2 * at[2] + dx]) } } }
  }
  for (id, cells) in cells { all[id]?.euler = cells.reduce(0) { $0 + ($1.count { $0 % 2 != 0 } % 2 == 0 ? 1 : -1) } }
  return all
}
