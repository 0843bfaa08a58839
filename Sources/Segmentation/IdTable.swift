// Owners of the C hash tables: counts of id pairs, and maps from id to id.

import Arrays
import CKernels
import Execution

/// Counts of (a, b); one thread at a time.
struct PairCounts: ~Copyable {
  let table: OpaquePointer

  /// - Throws: `ArrayError.noMemory`, as all of its methods do.
  init() throws(ArrayError) {
    guard let table = dcs_seg_counts_create() else { throw .noMemory(bytes: 1 << 13) }
    self.table = table
  }

  deinit { dcs_seg_counts_destroy(table) }

  private func require(_ status: Int32) throws(ArrayError) {
    guard status == 0 else { throw .noMemory(bytes: Int(clamping: dcs_seg_counts_size(table)) &* 96) }
  }

  func add(_ a: UInt64, _ b: UInt64, _ count: UInt64) throws(ArrayError) { try require(dcs_seg_counts_add(table, a, b, count)) }

  func addRows(_ a: UnsafeRawPointer, _ aSize: Int, _ b: UnsafeRawPointer?, _ bSize: Int, _ mask: UnsafePointer<UInt8>?, count: Int) throws(ArrayError) {
    try require(dcs_seg_counts_add_rows(table, a, Int32(aSize), b, Int32(bSize), mask, Int64(count)))
  }

  /// All pairs in ascending order; the table is empty afterwards.
  ///
  /// - Throws: `Cancelled`, and then the table is of no use any more.
  func take(_ cancellation: Cancellation) throws(Cancelled) -> [(a: UInt64, b: UInt64, count: UInt64)] {
    let size = Int(dcs_seg_counts_size(table))
    var a = [UInt64](repeating: 0, count: size), b = a, counts = a
    if cancellation.asked({ dcs_seg_counts_take(table, &a, &b, &counts, $0, $1) }) != 0 { throw Cancelled() }
    return (0..<size).map { (a[$0], b[$0], counts[$0]) }
  }
}

/// New ids by old ids.
struct IdMap: ~Copyable {
  let table: OpaquePointer

  /// - Throws: `ArrayError.noMemory`; `Cancelled`.
  init(_ pairs: [IdPair], _ context: ExecutionContext) throws {
    guard let table = dcs_seg_counts_create() else { throw ArrayError.noMemory(bytes: 1 << 13) }
    do {
      for part in chunks(pairs.count) {
        try context.cancellation.check()
        for pair in pairs[part] where dcs_seg_map_set(table, pair.a, pair.b) != 0 { throw ArrayError.noMemory(bytes: Int(clamping: dcs_seg_counts_size(table)) &* 96) }
      }
    } catch {
      dcs_seg_counts_destroy(table)
      throw error
    }
    self.table = table
  }

  deinit { dcs_seg_counts_destroy(table) }
}
