// From scores to masks and classes.
//
// Comparison with a threshold is exact for every type: integers are compared as integers, float32 against the threshold's lower float32 neighbour.

import Arrays
import CKernels
import Execution

/// Voxels above a threshold, as bool; NaN is not above.
///
/// - Throws: `SegmentationError.parameter` for a NaN threshold; `ArrayError.overBudget`; `Cancelled`.
package func threshold(_ values: NDArray, above limit: Double, _ context: ExecutionContext) throws -> NDArray {
  guard !limit.isNaN else { throw SegmentationError.parameter(function: "threshold", name: "the threshold", expected: "a number", found: "nan") }
  let packed = try values.contiguous()
  var mask = try result(.bool, values.shape, context)
  let parts = chunks(packed.count)
  try mask.withMutableElements(Bool.self) { out in
    func compare<T: Element>(_: T.Type, _ above: (T) -> Bool) throws {
      try packed.withElements(T.self) { values in
        try context.forEach(parts.count) { part, _ in for i in parts[part] { out[i] = above(values[i]) } }
      }
    }
    func integers<T: Element & FixedWidthInteger>(_ type: T.Type) throws {
      let floor = limit.rounded(.down)
      if floor < Double(T.min) { try compare(type) { _ in true }; return }
      guard let bound = T(exactly: floor) else { try compare(type) { _ in false }; return }
      try packed.withBytes { values in
        try context.forEach(parts.count) { part, _ in
          guard let from = values.baseAddress, let to = UnsafeMutableRawPointer(out.baseAddress) else { return }
          let first = parts[part].lowerBound
          dcs_seg_above_integer(
            from + first * packed.dtype.size, Int64(parts[part].count), Int32(packed.dtype.size), packed.dtype.kind,
            Int64(truncatingIfNeeded: bound), (to + first).assumingMemoryBound(to: UInt8.self))
        }
      }
    }
    switch packed.dtype {
    case .bool: try compare(Bool.self) { ($0 ? 1 : 0) > limit }
    case .uint8: try integers(UInt8.self)
    case .uint16: try integers(UInt16.self)
    case .uint32: try integers(UInt32.self)
    case .uint64: try integers(UInt64.self)
    case .int8: try integers(Int8.self)
    case .int16: try integers(Int16.self)
    case .int32: try integers(Int32.self)
    case .int64: try integers(Int64.self)
    case .float16: try compare(Float16.self) { Double($0) > limit }
    case .float64: try compare(Double.self) { $0 > limit }
    case .float32:
      let bound = lowerFloat(limit)
      try packed.withElements(Float.self) { values in
        try context.forEach(parts.count) { part, _ in
          guard let from = values.baseAddress, let to = UnsafeMutableRawPointer(out.baseAddress) else { return }
          let first = parts[part].lowerBound
          dcs_seg_above(from + first, Int64(parts[part].count), bound, (to + first).assumingMemoryBound(to: UInt8.self))
        }
      }
    }
  }
  return mask
}

/// One confusion for each threshold, in one pass: what a sweep over thresholds needs. Blocks add, element by element.
///
/// - Parameter scores: any type, taken as float32. - Parameter truth, mask: bool or integer, same shape.
package func confusionSweep(_ scores: NDArray, _ truth: NDArray, thresholds: [Double], mask: NDArray? = nil, _ context: ExecutionContext) throws -> [Confusion] {
  try checkSameShape("confusion", scores, truth)
  try checkDiscrete("confusion", truth)
  if let mask {
    try checkSameShape("confusion", scores, mask)
    try checkDiscrete("confusion", mask)
  }
  guard !thresholds.contains(where: { $0.isNaN }) else { throw SegmentationError.parameter(function: "confusion", name: "the thresholds", expected: "numbers", found: "\(thresholds)") }
  let bounds = thresholds.map(lowerFloat)
  let floats = try asFloat32(scores, context), bytes = try asBytes(truth, context), inside = try mask.map { try asBytes($0, context) }
  let parts = chunks(floats.count)
  var tables = [dcs_seg_table](repeating: dcs_seg_table(), count: parts.count * bounds.count)
  if !bounds.isEmpty {
    try tables.withUnsafeMutableBufferPointer { tables in
      try floats.withElements(Float.self) { floats in
        try bytes.withBytes { bytes in
          try withOptionalBytes(inside) { inside in
            try context.forEach(parts.count) { part, _ in
              let first = parts[part].lowerBound
              guard let floats = floats.baseAddress, let bytes = bytes.baseAddress, let tables = tables.baseAddress else { return }
              dcs_seg_sweep(
                floats + first, (bytes + first).assumingMemoryBound(to: UInt8.self), inside.map { ($0 + first).assumingMemoryBound(to: UInt8.self) },
                Int64(parts[part].count), bounds, Int64(bounds.count), tables + part * bounds.count)
            }
          }
        }
      }
    }
  }
  return bounds.indices.map { k in parts.indices.reduce(into: Confusion()) { $0 += Confusion(tables[$1 * bounds.count + k]) } }
}

/// The channel with the greatest value at each voxel; the first of equals; NaN never wins.
///
/// - Parameter scores: `[channel, …]`. - Returns: `[…]`, uint8 up to 256 channels, else uint16.
package func argmax(_ scores: NDArray, _ context: ExecutionContext) throws -> NDArray {
  guard scores.rank >= 2, scores.shape[0] >= 1, scores.shape[0] <= 1 << 16 else {
    throw SegmentationError.rank(function: "argmax", expected: "1 to 65536 channels before its spatial axes", found: scores.shape)
  }
  let shape = Array(scores.shape.dropFirst()), channels = scores.shape[0]
  var classes = try result(channels <= 256 ? .uint8 : .uint16, shape, context)
  switch scores.dtype {   // what float32 cannot hold
  case .uint32: return try exactArgmax(UInt32.self, scores, least: .min, &classes, context)
  case .int32: return try exactArgmax(Int32.self, scores, least: .min, &classes, context)
  case .uint64: return try exactArgmax(UInt64.self, scores, least: .min, &classes, context)
  case .int64: return try exactArgmax(Int64.self, scores, least: .min, &classes, context)
  case .float64: return try exactArgmax(Double.self, scores, least: -.infinity, &classes, context)
  default: break
  }
  let floats = try asFloat32(scores, context), count = classes.count, narrow = classes.dtype == .uint8
  let strip = 4096, parts = pieces(count, (count + strip - 1) / strip)
  let scratch = try WorkerScratch(context, bytes: strip * 8)
  try classes.withMutableBytes { out in
    try floats.withElements(Float.self) { floats in
      try context.forEach(parts.count) { part, worker in
        let range = parts[part]
        guard let floats = floats.baseAddress, let out = out.baseAddress else { return }
        let best = scratch[worker].assumingMemoryBound(to: Float.self), index = (scratch[worker] + strip * 4).assumingMemoryBound(to: UInt32.self)
        for i in 0..<range.count { (best[i], index[i]) = (-.infinity, 0) }
        for channel in 0..<channels { dcs_seg_keep_greater(floats + channel * count + range.lowerBound, Int64(range.count), UInt32(channel), best, index) }
        for i in 0..<range.count {
          if narrow { out.storeBytes(of: UInt8(truncatingIfNeeded: index[i]), toByteOffset: range.lowerBound + i, as: UInt8.self) }
          else { out.storeBytes(of: UInt16(truncatingIfNeeded: index[i]), toByteOffset: (range.lowerBound + i) * 2, as: UInt16.self) }
        }
      }
    }
  }
  return classes
}

private func exactArgmax<T: Element & Comparable>(_: T.Type, _ scores: NDArray, least: T, _ classes: inout NDArray, _ context: ExecutionContext) throws -> NDArray {
  let packed = try scores.contiguous(), channels = scores.shape[0], count = classes.count, width = classes.dtype.size, parts = pieces(count, (count + 4095) / 4096)
  try classes.withMutableBytes { out in
    try packed.withElements(T.self) { values in
      try context.forEach(parts.count) { part, _ in
        guard let out = out.baseAddress else { return }
        for voxel in parts[part] {
          var best = least, index = 0
          for channel in 0..<channels where values[channel * count + voxel] > best { (best, index) = (values[channel * count + voxel], channel) }
          if width == 1 { out.storeBytes(of: UInt8(truncatingIfNeeded: index), toByteOffset: voxel, as: UInt8.self) }
          else { out.storeBytes(of: UInt16(truncatingIfNeeded: index), toByteOffset: voxel * 2, as: UInt16.self) }
        }
      }
    }
  }
  return classes
}

/// The greatest float32 not above `value`: a float32 is above one exactly if it is above the other.
func lowerFloat(_ value: Double) -> Float {
  let nearest = Float(value)
  return Double(nearest) > value ? nearest.nextDown : nearest
}
