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
  package let count: Int
  private let rank: Int
  // along z, y, x, of which the first are left out where there are fewer axes
  private let lower, upper: Triple<Int>
  private let sum: Triple<Int128>
  /// Of zz, yy, xx, and of zy, zx, yx; 0 where they were not wanted.
  private let squares, mixed: Triple<Int128>

  init(_ object: dcs_seg_object, products: UnsafePointer<UInt64>?, rank: Int) {
    (id, count, self.rank) = (object.id, Int(object.count), rank)
    let (begin, end, sum) = (object.begin, object.end, object.sum)
    func wide(_ low: UInt64, _ high: UInt64) -> Int128 { Int128(truncatingIfNeeded: UInt128(high) << 64 | UInt128(low)) }
    func product(_ place: Int) -> Int128 { products.map { wide($0[2 * place], $0[2 * place + 1]) } ?? 0 }
    lower = Triple(Int(begin.0), Int(begin.1), Int(begin.2))
    upper = Triple(Int(end.0), Int(end.1), Int(end.2))
    self.sum = Triple(wide(sum.0.0, sum.0.1), wide(sum.1.0, sum.1.1), wide(sum.2.0, sum.2.1))
    (squares, mixed) = (Triple(product(0), product(1), product(2)), Triple(product(3), product(4), product(5)))
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
  private let a, b, c: T

  init(_ a: T, _ b: T, _ c: T) { (self.a, self.b, self.c) = (a, b, c) }

  subscript(place: Int) -> T { place == 0 ? a : place == 1 ? b : c }
}

/// The objects of a volume, ascending by id; `function` is what the user called. Views are walked, not copied, unless their rows are strided.
///
/// - Parameter moments: whether products, and with them the covariance, are wanted.
/// - Throws: `SegmentationError.rank`, `.dtype`; `ArrayError.noMemory`; `Cancelled`.
package func objects(_ labels: NDArray, moments: Bool = true, for function: String = "objects", _ context: ExecutionContext) throws -> ObjectTable {
  let box = try Box(labels, function)
  try checkIds(function, labels, context)
  let all = try ObjectTable(rank: box.rank, moments: moments), lock = Mutex(())
  if box.isEmpty { return all }
  let array = labels.strides.last == 1 || box.width == 1 ? labels : try labels.contiguous()
  let strides = ([0, 0, 0] + array.strides).suffix(3).dropLast().map(Int64.init)
  let parts = pieces(box.rows, (box.count + (1 << 20) - 1) >> 20)
  try array.withFirst { voxels in
    try context.forEach(parts.count) { part, _ in
      let table = try ObjectTable(rank: box.rank, moments: moments)
      for rows in pieces(parts[part].count, (parts[part].count * box.width) >> 16) {   // each voxel may be an object: small enough to be stopped soon
        try context.cancellation.check()
        try table.addRows(voxels, array.dtype.size, box, strides, rows: parts[part].lowerBound + rows.lowerBound..<parts[part].lowerBound + rows.upperBound)
      }
      // sums do not depend on the order of adding
      try lock.withLock { _ in try all.add(table, context) }
    }
  }
  try all.sort(context)
  return all
}

/// Objects of a volume, or of a part of it: owner of a C table, in the order in which they were met until it is sorted. One flat piece of memory,
/// because there may be millions: 112 bytes an object and 96 of products, some 64 to find it by.
// Whoever adds is alone with it; after that it is only read.
package final class ObjectTable: RandomAccessCollection, Equatable, @unchecked Sendable {
  private let table: OpaquePointer
  private let rank: Int, moments: Bool
  /// Where each is in the table, ascending by id; empty before.
  private var order: [IdPair] = []

  /// - Throws: `ArrayError.noMemory`.
  package init(rank: Int, moments: Bool) throws(ArrayError) {
    guard let table = dcs_seg_objects_create() else { throw .noMemory(bytes: 1 << 13) }
    (self.table, self.rank, self.moments) = (table, rank, moments)
    if moments { dcs_seg_objects_keep_products(table) }
  }

  deinit { dcs_seg_objects_destroy(table) }

  package var startIndex: Int { 0 }
  package var endIndex: Int { Int(dcs_seg_objects_size(table)) }

  package subscript(index: Int) -> ObjectExtent {
    precondition(indices.contains(index), "object \(index) of \(count)")
    let place = order.isEmpty ? Int64(index) : Int64(order[index].b)
    return ObjectExtent(dcs_seg_objects_at(table, place).pointee, products: dcs_seg_objects_products(table, place), rank: rank)
  }

  package static func == (a: ObjectTable, b: ObjectTable) -> Bool { a.elementsEqual(b) }

  private func require(_ status: Int32) throws(ArrayError) {
    guard status == 0 else { throw .noMemory(bytes: count &* 2 &* (MemoryLayout<dcs_seg_object>.stride + (moments ? 96 : 0))) }
  }

  fileprivate func addRows(_ voxels: UnsafeRawPointer, _ size: Int, _ box: Box, _ strides: [Int64], rows: Range<Int>) throws(ArrayError) {
    try require(dcs_seg_objects_add_rows(table, voxels, Int32(size), Int64(box.height), Int64(box.width), strides, Int64(rows.lowerBound), Int64(rows.upperBound)))
  }

  /// Adds what another part of the volume holds, which begins at `offset` of the whole.
  ///
  /// - Throws: `ArrayError.noMemory`, `Cancelled`; then some of it has been added.
  package func add(_ other: ObjectTable, offset: [Int] = [0, 0, 0], _ context: ExecutionContext) throws {
    order = []
    let offset = ([0, 0, 0] + offset).suffix(3).map(Int64.init)
    for few in pieces(other.count, other.count >> 14) where !few.isEmpty {
      try context.cancellation.check()
      try require(dcs_seg_objects_add(table, other.table, offset, Int64(few.lowerBound), Int64(few.upperBound)))
    }
  }

  /// Ascending by id from now on.
  ///
  /// - Throws: `Cancelled`.
  package func sort(_ context: ExecutionContext) throws {
    order = try ascending((0..<Int64(count)).map { IdPair(dcs_seg_objects_at(table, $0).pointee.id, UInt64($0)) }, context)
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
