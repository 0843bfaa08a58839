// How two masks agree: four counts, which add up over blocks, and the scores made of them.
//
// predicted, truth, mask  [z, y, x], bool or integer, non-zero = foreground; voxels where the mask is 0 are not counted.
// Floor: each mask is read once. Checked against its plain twin.

import Arrays
import CKernels
import Execution

/// Voxels by what was predicted and what is true. Counts of disjoint blocks add.
package struct Confusion: Equatable, Sendable {
  package var truePositive = 0, falsePositive = 0, falseNegative = 0, trueNegative = 0

  package init(truePositive: Int = 0, falsePositive: Int = 0, falseNegative: Int = 0, trueNegative: Int = 0) {
    (self.truePositive, self.falsePositive, self.falseNegative, self.trueNegative) = (truePositive, falsePositive, falseNegative, trueNegative)
  }

  init(_ table: dcs_seg_table) { self.init(truePositive: Int(table.both), falsePositive: Int(table.only_a), falseNegative: Int(table.only_b), trueNegative: Int(table.neither)) }

  package static func + (a: Confusion, b: Confusion) -> Confusion {
    Confusion(
      truePositive: a.truePositive + b.truePositive, falsePositive: a.falsePositive + b.falsePositive,
      falseNegative: a.falseNegative + b.falseNegative, trueNegative: a.trueNegative + b.trueNegative)
  }
  package static func += (a: inout Confusion, b: Confusion) { a = a + b }

  package var predicted: Int { truePositive + falsePositive }
  package var truth: Int { truePositive + falseNegative }
  package var total: Int { predicted + falseNegative + trueNegative }
}

/// Counts one block, or a whole volume.
///
/// - Parameter mask: voxels to count, all if nil.
/// - Parameter function: that the user called.
/// - Throws: `SegmentationError.shapes`, `.dtype`; `Cancelled`.
package func confusion(_ predicted: NDArray, _ truth: NDArray, mask: NDArray? = nil, for function: String = "confusion", _ context: ExecutionContext) throws -> Confusion {
  try checkSameShape(function, predicted, truth)
  for array in [predicted, truth] { try checkDiscrete(function, array) }
  if let mask {
    try checkSameShape(function, predicted, mask)
    try checkDiscrete(function, mask)
  }
  let count = predicted.count
  if count == 0 { return Confusion() }
  let a = try asBytes(predicted, context), b = try asBytes(truth, context), m = try mask.map { try asBytes($0, context) }
  let parts = chunks(count)
  var tables = [dcs_seg_table](repeating: dcs_seg_table(), count: parts.count)
  try tables.withUnsafeMutableBufferPointer { tables in
    try a.withBytes { a in
      try b.withBytes { b in
        func count(_ mask: UnsafeRawPointer?) throws {
          try context.forEach(parts.count) { part, _ in
            let first = parts[part].lowerBound, length = Int64(parts[part].count)
            guard let a = a.bindMemory(to: UInt8.self).baseAddress, let b = b.bindMemory(to: UInt8.self).baseAddress else { return }
            let mask = mask?.assumingMemoryBound(to: UInt8.self)
            var table = dcs_seg_table()
            dcs_seg_confusion(a + first, b + first, mask.map { $0 + first }, length, &table)
            tables[part] = table
          }
        }
        if let m { try m.withBytes { try count($0.baseAddress) } } else { try count(nil) }
      }
    }
  }
  return tables.reduce(into: Confusion()) { $0 += Confusion($1) }
}

/// One byte a voxel, zero or not: the array itself if it is bool, uint8 or int8.
func asBytes(_ mask: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let packed = try mask.contiguous()
  if packed.dtype.size == 1 { return packed }
  var bytes = try result(.bool, packed.shape, context)
  try bytes.withMutableBytes { out in
    try packed.withBytes { source in
      guard let out = out.bindMemory(to: UInt8.self).baseAddress, let source = source.baseAddress else { return }
      let parts = chunks(packed.count)
      try context.forEach(parts.count) { part, _ in
        let first = parts[part].lowerBound
        dcs_seg_is_zero(source + first * packed.dtype.size, Int64(parts[part].count), Int32(packed.dtype.size), out + first)
        for i in parts[part] { out[i] ^= 1 }
      }
    }
  }
  return bytes
}

// MARK: Plain twin

package func plainConfusion(_ predicted: NDArray, _ truth: NDArray, mask: NDArray?) throws -> Confusion {
  let p = try plainIds(predicted), t = try plainIds(truth), m = try mask.map(plainIds)
  var counts = Confusion()
  for i in p.indices where m.map({ $0[i] != 0 }) ?? true {
    switch (p[i] != 0, t[i] != 0) {
    case (true, true): counts.truePositive += 1
    case (true, false): counts.falsePositive += 1
    case (false, true): counts.falseNegative += 1
    case (false, false): counts.trueNegative += 1
    }
  }
  return counts
}
