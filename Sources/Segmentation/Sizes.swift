// Which ids a volume holds and how many voxels each has. Sparse: ids may be any 64-bit number.
//
// Floor: the labels are read once; one hash look-up a run of equal neighbours. Checked against numpy.unique (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution
import Synchronization

/// Voxels of each id, ascending by id; counts of disjoint blocks add.
package struct IdSizes: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    package var id: UInt64
    package var count: Int

    package init(id: UInt64, count: Int) { (self.id, self.count) = (id, count) }
  }
  /// Ascending by id; 0 is among them where it occurs.
  package private(set) var entries: [Entry] = []

  package init() {}
  init(sorted entries: [Entry]) { self.entries = entries }

  /// Any order; counts of equal ids are added.
  package init(_ entries: [Entry]) {
    for entry in entries.sorted(by: { $0.id < $1.id }) {
      if let last = self.entries.last, last.id == entry.id { self.entries[self.entries.count - 1].count += entry.count } else { self.entries.append(entry) }
    }
  }

  package func count(of id: UInt64) -> Int {
    var low = 0, high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].id == id ? entries[low].count : 0
  }

  /// Ids other than 0.
  package var ids: [UInt64] { entries.lazy.map(\.id).filter { $0 != 0 } }

  package static func += (a: inout IdSizes, b: IdSizes) {
    var merged: [Entry] = []
    merged.reserveCapacity(a.entries.count + b.entries.count)
    var i = 0, j = 0
    while i < a.entries.count || j < b.entries.count {
      if j == b.entries.count || (i < a.entries.count && a.entries[i].id < b.entries[j].id) { merged.append(a.entries[i]); i += 1 }
      else if i == a.entries.count || b.entries[j].id < a.entries[i].id { merged.append(b.entries[j]); j += 1 }
      else { merged.append(Entry(id: a.entries[i].id, count: a.entries[i].count + b.entries[j].count)); i += 1; j += 1 }
    }
    a.entries = merged
  }
}

/// Counts the voxels of every id.
///
/// - Parameter labels: bool or integer of any rank, nothing negative.
/// - Parameter function: that the user called.
/// - Throws: `SegmentationError.dtype`; `ArrayError.noMemory`; `Cancelled`.
package func sizes(_ labels: NDArray, for function: String = "sizes", _ context: ExecutionContext) throws -> IdSizes {
  try checkIds(function, labels, context)
  let packed = try labels.contiguous()
  let cells = try countPairs(packed, nil, mask: nil, context)
  return IdSizes(sorted: cells.map { .init(id: $0.a, count: Int(clamping: $0.count)) })
}

/// Ids are bool or unsigned; signed types are taken if nothing in them is negative.
func checkIds(_ function: String, _ labels: NDArray, _ context: ExecutionContext) throws {
  try checkDiscrete(function, labels)
  guard labels.dtype.isSigned, labels.count > 0, try ArrayExpression(labels).min(context).double < 0 else { return }
  throw SegmentationError.dtype(function: function, expected: "labels of 0 or more", found: labels.dtype, hint: "negative labels: cast to an unsigned type first")
}

/// Counts of pairs (a, b) where the mask is not 0, ascending. Ranges of fixed size are counted in parallel and added in order.
func countPairs(_ a: NDArray, _ b: NDArray?, mask: NDArray?, _ context: ExecutionContext) throws -> [(a: UInt64, b: UInt64, count: UInt64)] {
  let parts = pieces(a.count, (a.count + (1 << 20) - 1) >> 20)
  let total = try PairCounts()
  let lock = Mutex(())
  try a.withBytes { aBytes in
    try withOptionalBytes(b) { bBytes in
      try withOptionalBytes(mask) { maskBytes in
        try context.forEach(parts.count) { part, _ in
          guard let aBase = aBytes.baseAddress else { return }
          let local = try PairCounts()
          let mask = maskBytes?.assumingMemoryBound(to: UInt8.self)
          for few in pieces(parts[part].count, parts[part].count >> 16) {   // each voxel may be a pair of its own: small enough to be stopped soon
            try context.cancellation.check()
            let first = parts[part].lowerBound + few.lowerBound
            try local.addRows(aBase + first * a.dtype.size, a.dtype.size, bBytes.map { $0 + first * (b?.dtype.size ?? 0) }, b?.dtype.size ?? 1, mask.map { $0 + first }, count: few.count)
          }
          // sums of counts do not depend on the order of adding
          let cells = try local.take(context.cancellation)
          try lock.withLock { _ in
            for few in chunks(cells.count) {
              try context.cancellation.check()
              for cell in cells[few] { try total.add(cell.a, cell.b, cell.count) }
            }
          }
        }
      }
    }
  }
  return try total.take(context.cancellation)
}

func withOptionalBytes<R>(_ array: NDArray?, _ body: (UnsafeRawPointer?) throws -> R) throws -> R {
  guard let array else { return try body(nil) }
  return try array.withBytes { try body($0.baseAddress) }
}
