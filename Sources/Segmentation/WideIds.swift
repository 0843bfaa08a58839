// Ids of 128 bits: two words of 64, where the numbers of ordinary ids end.
//
// wide ids  (2, space…) uint64: at [0] the high words, at [1] the low ones; both 0 is no object       numbers  (space…) unsigned, 1, 2, … in the order of the ids
// Floor: both words read once, numbers written once; one hash look-up a run of equal neighbours. Checked: WideIdTests.

import Arrays
import CKernels
import Execution

package struct WideId: Hashable, Comparable, Sendable {
  package var high, low: UInt64

  package init(_ high: UInt64, _ low: UInt64) { (self.high, self.low) = (high, low) }
  package static func < (a: WideId, b: WideId) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

/// The ids that occur, ascending, each once; 0 is not among them.
///
/// - Parameter function: that the user called.
/// - Throws: `SegmentationError.dtype` unless the array is (2, space…) uint64; `ArrayError.noMemory`; `Cancelled`.
package func wideIds(_ array: NDArray, for function: String, _ context: ExecutionContext) throws -> [WideId] {
  let (high, low) = try words(array, function)
  return try countPairs(high, low, mask: nil, context).lazy.map { WideId($0.a, $0.b) }.filter { $0 != WideId(0, 0) }
}

/// What number each id has, looked up by many blocks at once.
package final class WideNumbers: @unchecked Sendable {   // never written after it is made
  private let table: PairCounts
  private let dtype: DType
  private let function: String

  /// - Parameter ids: of which the first gets 1, the second 2, …; each once, 0 not among them.
  /// - Parameter dtype: of what `apply` gives, unsigned.
  /// - Throws: `SegmentationError.tooManyObjects`, `.dtype`; `ArrayError.noMemory`; `Cancelled`.
  package init(_ ids: [WideId], dtype: DType, for function: String, _ context: ExecutionContext) throws {
    let limit = try largestId(dtype, function)
    if UInt64(ids.count) > limit { throw SegmentationError.tooManyObjects(found: ids.count, limit: Int(clamping: limit), dtype: dtype) }
    table = try PairCounts()
    for part in chunks(ids.count) {
      try context.cancellation.check()
      for place in part { try table.add(ids[place].high, ids[place].low, UInt64(place) + 1) }
    }
    (self.dtype, self.function) = (dtype, function)
  }

  /// - Parameter array: (2, space…) uint64.
  /// - Returns: (space…)
  /// - Throws: `SegmentationError.unmapped` for an id that has no number, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
  package func apply(to array: NDArray, _ context: ExecutionContext) throws -> NDArray {
    let (high, low) = try words(array, function), parts = chunks(high.count)
    var out = try result(dtype, Array(array.shape.dropFirst()), context)
    try out.withMutableBytes { target in
      try high.withElements(UInt64.self) { high in
        try low.withElements(UInt64.self) { low in
          guard let target = target.baseAddress, let a = high.baseAddress, let b = low.baseAddress else { return }
          try context.forEach(parts.count) { part, _ in
            let first = parts[part].lowerBound
            let stopped = dcs_seg_counts_apply(table.table, a + first, b + first, target + first * dtype.size, Int32(dtype.size), Int64(parts[part].count))
            if stopped >= 0 { throw SegmentationError.unmapped(id: b[first + Int(stopped)], index: coordinates(first + Int(stopped), Array(array.shape.dropFirst()))) }
          }
        }
      }
    }
    return out
  }
}

/// The ids of a block as wide ones: its number as the high word, the id as the low one.
///
/// - Parameter ids: (space…) uint64; 0 stays 0.
package func widened(_ ids: NDArray, high: UInt64) throws -> NDArray {
  var wide = try NDArray(.uint64, [2] + ids.shape)
  let count = ids.count
  try ids.contiguous().withElements(UInt64.self) { ids in
    wide.withMutableElements(UInt64.self) { words in
      for at in 0..<count where ids[at] != 0 { (words[at], words[count + at]) = (high, ids[at]) }
    }
  }
  return wide
}

/// High and low words, packed.
private func words(_ array: NDArray, _ function: String) throws -> (high: NDArray, low: NDArray) {
  guard array.dtype == .uint64, array.shape.first == 2 else { throw SegmentationError.dtype(function: function, expected: "wide ids, two channels of uint64", found: array.dtype) }
  let space = Array(array.shape.dropFirst()), zero = space.map { _ in 0 }
  func word(_ at: Int) throws -> NDArray { try array.slice(offset: [at] + zero, shape: [1] + space).contiguous() }
  return (try word(0), try word(1))
}
