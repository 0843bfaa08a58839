// What each object of a label volume covers: voxels, bounds, centre, and how it spreads. Blocks add.
//
// labels  [z, y, x], bool or integer, nothing negative, 0 = background
// Floor: labels read once; one hash look-up a run of equal neighbours along x. Checked against scipy.ndimage (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution
import Synchronization

/// One object; bounds and sums count voxels along the axes of the array that it came from.
package struct ObjectExtent: Equatable, Sendable {
  package let id: UInt64
  package private(set) var count: Int
  /// Half-open.
  package private(set) var begin, end: [Int]
  /// Of the indices of its voxels.
  package private(set) var sums: [Int128]
  /// Of the products of those, one a pair of axes: [a][b] with b ≥ a.
  package private(set) var products: [[Int128]]

  init(_ object: dcs_seg_object, rank: Int) {
    id = object.id
    count = Int(object.count)
    func axes(_ values: (Int64, Int64, Int64)) -> [Int] { Array([Int(values.0), Int(values.1), Int(values.2)].suffix(rank)) }
    (begin, end, sums) = (axes(object.begin), axes(object.end), axes(object.sum).map { Int128($0) })
    func wide(_ product: (UInt64, UInt64)) -> Int128 { Int128(truncatingIfNeeded: UInt128(product.1) << 64 | UInt128(product.0)) }
    let p = object.products, all = [[p.0, p.3, p.4], [p.1, p.5], [p.2]]
    products = all.suffix(rank).map { $0.map(wide) }
  }

  /// The same object in a block that begins at `offset` of the whole.
  package func shifted(by offset: [Int]) -> ObjectExtent {
    var moved = self
    for a in offset.indices {
      for b in a..<offset.count {
        let (da, db) = (Int128(offset[a]), Int128(offset[b]))
        moved.products[a][b - a] += da * sums[b] + db * sums[a] + da * db * Int128(count)
      }
    }
    for axis in offset.indices {
      moved.begin[axis] += offset[axis]
      moved.end[axis] += offset[axis]
      moved.sums[axis] += Int128(offset[axis]) * Int128(count)
    }
    return moved
  }

  package mutating func add(_ other: ObjectExtent) {
    count += other.count
    for axis in begin.indices {
      begin[axis] = min(begin[axis], other.begin[axis])
      end[axis] = max(end[axis], other.end[axis])
      sums[axis] += other.sums[axis]
      for place in products[axis].indices { products[axis][place] += other.products[axis][place] }
    }
  }

  /// Mean index of its voxels, one an axis.
  package var centroid: [Double] { sums.map { Double($0) / Double(count) } }

  /// Of the indices of its voxels, [a][b]; taken about its lower corner, so that it loses nothing far from the origin.
  package var covariance: [[Double]] {
    let n = Double(count), corner = begin.map { Int128($0) }
    let means = sums.indices.map { Double(sums[$0] - corner[$0] * Int128(count)) / n }
    return begin.indices.map { i in
      begin.indices.map { j in
        let (a, b) = (min(i, j), max(i, j))
        let about = products[a][b - a] - corner[a] * sums[b] - corner[b] * sums[a] + corner[a] * corner[b] * Int128(count)
        return Double(about) / n - means[a] * means[b]
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
      try table.addRows(voxels, packed.dtype.size, box, rows: parts[part])
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
