// What each object of a label volume covers: voxels, bounds, centre, and how it spreads. Blocks add.
//
// labels  [z, y, x], bool or integer, nothing negative, 0 = background
// Floor: labels read once; one hash look-up a run of equal neighbours along x. Checked against scipy.ndimage (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution
import Synchronization

/// One object; bounds and sums count voxels along the axes of the array that it came from. One flat piece of memory, because there are millions of them.
package struct ObjectExtent: Equatable, Sendable {
  package let id: UInt64
  package private(set) var count: Int
  private let rank: Int
  // along z, y, x, of which the first are left out where there are fewer axes
  private var lower, upper: Triple<Int>
  private var sum: Triple<Int128>
  /// Of zz, yy, xx, and of zy, zx, yx.
  private var squares, mixed: Triple<Int128>

  init(_ object: dcs_seg_object, rank: Int) {
    (id, count, self.rank) = (object.id, Int(object.count), rank)
    let (begin, end, sum, p) = (object.begin, object.end, object.sum, object.products)
    lower = Triple(Int(begin.0), Int(begin.1), Int(begin.2))
    upper = Triple(Int(end.0), Int(end.1), Int(end.2))
    self.sum = Triple(Int128(sum.0), Int128(sum.1), Int128(sum.2))
    func wide(_ words: (UInt64, UInt64)) -> Int128 { Int128(truncatingIfNeeded: UInt128(words.1) << 64 | UInt128(words.0)) }
    (squares, mixed) = (Triple(wide(p.0), wide(p.1), wide(p.2)), Triple(wide(p.3), wide(p.4), wide(p.5)))
  }

  /// The axes that there are, of z, y and x.
  private var axes: Range<Int> { 3 - rank..<3 }

  /// Half-open.
  package var begin: [Int] { axes.map { lower[$0] } }
  package var end: [Int] { axes.map { upper[$0] } }
  /// Of the indices of its voxels.
  package var sums: [Int128] { axes.map { sum[$0] } }
  /// Of the products of those, one a pair of axes: [a][b] with b ≥ a.
  package var products: [[Int128]] { axes.map { a in (a..<3).map { $0 == a ? squares[a] : mixed[a + $0 - 1] } } }

  /// The same object in a block that begins at `offset` of the whole.
  package func shifted(by offset: [Int]) -> ObjectExtent {
    var moved = self
    let all = [Int](repeating: 0, count: 3 - rank) + offset, by = Triple(Int128(all[0]), Int128(all[1]), Int128(all[2]))
    for a in axes {
      moved.squares[a] += 2 * by[a] * sum[a] + by[a] * by[a] * Int128(count)
      for b in a + 1..<3 { moved.mixed[a + b - 1] += by[a] * sum[b] + by[b] * sum[a] + by[a] * by[b] * Int128(count) }
      moved.lower[a] += Int(by[a])
      moved.upper[a] += Int(by[a])
      moved.sum[a] += by[a] * Int128(count)
    }
    return moved
  }

  package mutating func add(_ other: ObjectExtent) {
    count += other.count
    for a in axes {
      lower[a] = min(lower[a], other.lower[a])
      upper[a] = max(upper[a], other.upper[a])
      sum[a] += other.sum[a]
      squares[a] += other.squares[a]
      mixed[a] += other.mixed[a]
    }
  }

  /// Mean index of its voxels along axis `a` of `rank`.
  package func centroid(_ axis: Int) -> Double { Double(sum[axis + 3 - rank]) / Double(count) }
  package var centroid: [Double] { (0..<rank).map { centroid($0) } }

  /// Of the indices of its voxels, [a][b]; taken about its lower corner, so that it loses nothing far from the origin.
  package var covariance: [[Double]] {
    let n = Double(count), corner = axes.map { Int128(lower[$0]) }, sums = sums, products = products
    let means = sums.indices.map { Double(sums[$0] - corner[$0] * Int128(count)) / n }
    return sums.indices.map { i in
      sums.indices.map { j in
        let (a, b) = (min(i, j), max(i, j))
        let about = products[a][b - a] - corner[a] * sums[b] - corner[b] * sums[a] + corner[a] * corner[b] * Int128(count)
        return Double(about) / n - means[a] * means[b]
      }
    }
  }
}

/// Something for each of three axes, or of three pairs of them.
private struct Triple<T: Equatable & Sendable>: Equatable, Sendable {
  private var a, b, c: T

  init(_ a: T, _ b: T, _ c: T) { (self.a, self.b, self.c) = (a, b, c) }

  subscript(place: Int) -> T {
    get { place == 0 ? a : place == 1 ? b : c }
    set {
      switch place {
      case 0: a = newValue
      case 1: b = newValue
      default: c = newValue
      }
    }
  }
}

/// The objects of a volume, ascending by id; `function` is what the user called.
///
/// - Throws: `SegmentationError.rank`, `.dtype`; `ArrayError.noMemory`; `Cancelled`.
package func objects(_ labels: NDArray, for function: String = "objects", _ context: ExecutionContext) throws -> [ObjectExtent] {
  let box = try Box(labels, function)
  try checkIds(function, labels, context)
  if box.isEmpty { return [] }
  let packed = try labels.contiguous()
  let parts = pieces(box.rows, (box.count + (1 << 20) - 1) >> 20)
  let all = try ObjectTable(), lock = Mutex(())
  try packed.withBytes { voxels in
    guard let voxels = voxels.baseAddress else { return }
    try context.forEach(parts.count) { part, _ in
      let table = try ObjectTable()
      for rows in pieces(parts[part].count, (parts[part].count * box.width) >> 16) {   // each voxel may be an object: small enough to be stopped soon
        try context.cancellation.check()
        try table.addRows(voxels, packed.dtype.size, box, rows: parts[part].lowerBound + rows.lowerBound..<parts[part].lowerBound + rows.upperBound)
      }
      // sums do not depend on the order of adding
      try lock.withLock { _ in try all.add(table, context) }
    }
  }
  return try all.extents(rank: box.rank, context)
}

/// Owner of a C table.
private struct ObjectTable: ~Copyable {
  private let table: OpaquePointer

  /// - Throws: `ArrayError.noMemory`, as all of its methods do.
  init() throws(ArrayError) {
    guard let table = dcs_seg_objects_create() else { throw .noMemory(bytes: 1 << 13) }
    self.table = table
  }

  deinit { dcs_seg_objects_destroy(table) }

  private var all: UnsafeBufferPointer<dcs_seg_object> { UnsafeBufferPointer(start: dcs_seg_objects_all(table), count: Int(dcs_seg_objects_size(table))) }

  private func require(_ status: Int32) throws(ArrayError) {
    guard status == 0 else { throw .noMemory(bytes: Int(clamping: dcs_seg_objects_size(table)) &* 2 &* MemoryLayout<dcs_seg_object>.stride) }
  }

  func addRows(_ voxels: UnsafeRawPointer, _ size: Int, _ box: Box, rows: Range<Int>) throws(ArrayError) {
    try require(dcs_seg_objects_add_rows(table, voxels, Int32(size), Int64(box.height), Int64(box.width), Int64(rows.lowerBound), Int64(rows.upperBound)))
  }

  /// - Throws: `Cancelled`, too.
  func add(_ other: borrowing ObjectTable, _ context: ExecutionContext) throws {
    let parts = other.all
    for few in pieces(parts.count, parts.count >> 14) {
      try context.cancellation.check()
      for index in few { try withUnsafePointer(to: parts[index]) { try require(dcs_seg_objects_add(table, $0)) } }
    }
  }

  /// Ascending by id.
  ///
  /// - Throws: `Cancelled`.
  func extents(rank: Int, _ context: ExecutionContext) throws -> [ObjectExtent] {
    let all = all, order = try ascending(all.enumerated().map { IdPair($1.id, UInt64($0)) }, context)
    var found: [ObjectExtent] = []
    found.reserveCapacity(all.count)
    for few in pieces(order.count, order.count >> 14) {
      try context.cancellation.check()
      for pair in order[few] { found.append(ObjectExtent(all[Int(pair.b)], rank: rank)) }
    }
    return found
  }
}

// MARK: Plain twin

package struct PlainObject {
  package var id: UInt64, count: Int, begin: [Int], end: [Int], sums: [Int128], products: [[Int128]]
}

/// The definition, voxel by voxel.
package func plainObjects(_ labels: NDArray) throws -> [PlainObject] {
  let box = try Box(labels, "objects")
  var all: [UInt64: PlainObject] = [:]
  for (voxel, id) in try plainIds(labels).enumerated() where id != 0 {
    let at = box.index(of: voxel)
    var one = all[id] ?? PlainObject(id: id, count: 0, begin: at, end: at, sums: at.map { _ in 0 }, products: at.indices.map { at[$0...].map { _ in 0 } })
    one.count += 1
    for axis in at.indices {
      one.begin[axis] = min(one.begin[axis], at[axis])
      one.end[axis] = max(one.end[axis], at[axis] + 1)
      one.sums[axis] += Int128(at[axis])
      for other in axis..<at.count { one.products[axis][other - axis] += Int128(at[axis] * at[other]) }
    }
    all[id] = one
  }
  return all.values.sorted { $0.id < $1.id }
}
