// New ids for old: by a map, compactly, or dropping small ones. Sparse: ids may be any 64-bit number.
//
// labels  any rank, bool or integer, nothing negative       result  same shape, unsigned; 0 stays 0 unless a map says otherwise
// Floor: labels read once, written once; one hash look-up a run of equal neighbours.

import Arrays
import CKernels
import Execution

/// What becomes of ids that a map does not name.
package enum UnmappedIds: Sendable { case keep, zero, refuse }

/// Replaces ids by a map.
///
/// - Parameter map: (old id, new id) pairs; of several for one old id the last one counts.
/// - Parameter dtype: of the result, unsigned; every new id must fit.
/// - Throws: `SegmentationError.unmapped` under `.refuse`, `.tooManyObjects` if an id does not fit `dtype`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
package func relabel(_ labels: NDArray, _ map: [IdPair], unmapped: UnmappedIds = .keep, dtype: DType = .uint64, _ context: ExecutionContext) throws -> NDArray {
  try checkIds("relabel", labels, context)
  let limit = try largestId(dtype, "relabel")
  if let tooBig = map.map(\.b).max(), tooBig > limit { throw SegmentationError.tooManyObjects(found: Int(clamping: tooBig), limit: Int(clamping: limit), dtype: dtype) }
  if unmapped == .keep, limit < .max, labels.dtype.size > dtype.size {
    let named = Set(map.map(\.a))
    if let tooBig = try sizes(labels, for: "relabel", context).ids.last(where: { $0 > limit && !named.contains($0) }) {
      throw SegmentationError.tooManyObjects(found: Int(clamping: tooBig), limit: Int(clamping: limit), dtype: dtype)
    }
  }
  return try apply(IdMap(map, context), to: labels.contiguous(), unmapped, dtype, context)
}

/// Numbers the ids 1, 2, … without gaps.
///
/// - Parameter order: by the ids themselves, or by their first voxel in raster order.
/// - Returns: the new labels, and the old id of new id `i + 1` at `ids[i]`.
package func compact(_ labels: NDArray, order: CompactOrder = .byId, dtype: DType = .uint64, _ context: ExecutionContext) throws -> (labels: NDArray, ids: [UInt64]) {
  let packed = try labels.contiguous()
  let ids = order == .byId ? try sizes(packed, for: "relabel", context).ids : try idsByFirstVoxel(packed, context)
  let limit = try largestId(dtype, "relabel")
  guard UInt64(ids.count) <= limit else { throw SegmentationError.tooManyObjects(found: ids.count, limit: Int(clamping: limit), dtype: dtype) }
  return (try apply(IdMap(ids.enumerated().map { IdPair($1, UInt64($0 + 1)) }, context), to: packed, .zero, dtype, context), ids)
}

package enum CompactOrder: Sendable { case byId, byFirstVoxel }

/// Sets objects with fewer than `size` voxels to 0; the others keep their ids and the array its type.
///
/// A bool mask has one id: label it first.
package func removeSmall(_ labels: NDArray, size: Int, _ context: ExecutionContext) throws -> NDArray {
  let all = try sizes(labels, for: "remove_small", context)
  let small = all.entries.filter { $0.id != 0 && $0.count < size }.map { IdPair($0.id, 0) }
  return small.isEmpty ? labels : try apply(IdMap(small, context), to: labels.contiguous(), .keep, labels.dtype, context)
}

/// Replaces ids by others of the same array, which keeps its type; ids that are not named stay.
///
/// - Throws: as `relabel`.
package func mergeIds(_ labels: NDArray, _ merges: [IdPair], _ context: ExecutionContext) throws -> NDArray {
  try checkIds("relabel", labels, context)
  return merges.isEmpty ? labels : try apply(IdMap(merges, context), to: labels.contiguous(), .keep, labels.dtype, context)
}

/// The size of the object at each voxel, 0 on background: of `idType`.
package func sizeOf(_ labels: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let map = try sizes(labels, for: "size_of", context).entries.filter { $0.id != 0 }.map { IdPair($0.id, UInt64($0.count)) }
  return try apply(IdMap(map, context), to: labels.contiguous(), .zero, idType(voxels: labels.count), context)
}

/// New ids by old ids, looked up by many blocks at once.
package final class IdLookup: @unchecked Sendable {   // never written after it is made
  private let map: IdMap
  private let dtype: DType

  /// - Parameter dtype: of what `apply` gives; every new id must fit.
  /// - Throws: `SegmentationError.tooManyObjects`, `.dtype`; `ArrayError.noMemory`.
  package init(_ pairs: [IdPair], dtype: DType, _ context: ExecutionContext) throws {
    let limit: UInt64 = try dtype.isSigned || dtype == .bool ? signedLimit(dtype) : largestId(dtype, "relabel")
    if let tooBig = pairs.map(\.b).max(), tooBig > limit { throw SegmentationError.tooManyObjects(found: Int(clamping: tooBig), limit: Int(clamping: limit), dtype: dtype) }
    map = try IdMap(pairs, context)
    self.dtype = dtype
  }

  /// - Throws: `SegmentationError.unmapped` under `.refuse`, `.dtype`; `ArrayError.overBudget`; `Cancelled`.
  package func apply(to labels: NDArray, unmapped: UnmappedIds, _ context: ExecutionContext) throws -> NDArray {
    try checkIds("relabel", labels, context)
    return try Segmentation.apply(map, to: labels.contiguous(), unmapped, dtype, context)
  }
}

/// The largest id that a bool or signed array holds.
private func signedLimit(_ dtype: DType) -> UInt64 { dtype == .bool ? 1 : dtype.isFloat ? 0 : 1 << UInt64(8 * dtype.size - 1) - 1 }

func largestId(_ dtype: DType, _ function: String) throws(SegmentationError) -> UInt64 {
  switch dtype {
  case .uint8: UInt64(UInt8.max)
  case .uint16: UInt64(UInt16.max)
  case .uint32: UInt64(UInt32.max)
  case .uint64: UInt64.max
  default: throw .dtype(function: function, expected: "an unsigned type for its result", found: dtype)
  }
}

private func apply(_ map: borrowing IdMap, to labels: NDArray, _ unmapped: UnmappedIds, _ dtype: DType, _ context: ExecutionContext) throws -> NDArray {
  var out = try result(dtype, labels.shape, context)
  let rule = Int32(unmapped == .keep ? DCS_SEG_MISSING_KEEP : unmapped == .zero ? DCS_SEG_MISSING_ZERO : DCS_SEG_MISSING_STOP)
  let table = map.table
  let parts = chunks(labels.count)
  try out.withMutableBytes { target in
    try labels.withBytes { source in
      guard let target = target.baseAddress, let source = source.baseAddress else { return }
      try context.forEach(parts.count) { part, _ in
        let first = parts[part].lowerBound
        let stopped = dcs_seg_map_apply(
          table, source + first * labels.dtype.size, Int32(labels.dtype.size), target + first * dtype.size, Int32(dtype.size), Int64(parts[part].count), rule)
        if stopped >= 0 {
          let voxel = first + Int(stopped)
          throw SegmentationError.unmapped(id: id(source, voxel, labels.dtype.size), index: coordinates(voxel, labels.shape))
        }
      }
    }
  }
  return out
}

func id(_ bytes: UnsafeRawPointer, _ index: Int, _ size: Int) -> UInt64 {
  switch size {
  case 1: UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))
  case 2: UInt64(bytes.load(fromByteOffset: index * 2, as: UInt16.self))
  case 4: UInt64(bytes.load(fromByteOffset: index * 4, as: UInt32.self))
  default: bytes.load(fromByteOffset: index * 8, as: UInt64.self)
  }
}

func coordinates(_ index: Int, _ shape: [Int]) -> [Int] {
  var rest = index, at = shape
  for axis in shape.indices.reversed() { (rest, at[axis]) = rest.quotientAndRemainder(dividingBy: max(1, shape[axis])) }
  return at
}

private func idsByFirstVoxel(_ labels: NDArray, _ context: ExecutionContext) throws -> [UInt64] {
  try checkIds("relabel", labels, context)
  var seen: Set<UInt64> = [0], ids: [UInt64] = [], last: UInt64 = 0
  try labels.withBytes { bytes in
    guard let base = bytes.baseAddress else { return }
    for part in chunks(labels.count) {
      try context.cancellation.check()
      for index in part {
        let now = id(base, index, labels.dtype.size)
        if now != last, seen.insert(now).inserted { ids.append(now) }
        last = now
      }
    }
  }
  return ids
}
