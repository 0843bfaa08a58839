// Blocks of voxels become one: the levels of pyramids. The kernels are in CKernels/downsample*.c; their plain twin is here.
//
// fine    [n0, n1, …]; coarse [⌈n0 / f0⌉, ⌈n1 / f1⌉, …]: the block at an upper end is what is there of it, so nothing is dropped.
// mean     integers exactly, halves to even; floats as doubles, each column of a block along the last axis first; NaN stays NaN
// mode     the most frequent value, of several the smallest; 0 counts like any other; not for floats
// max      NaN where there is one
// nearest  the voxel at (count − 1) / 2 of the block on each axis

import CKernels

package enum Downsampling: String, CaseIterable, Sendable { case mean, mode, max, nearest }

extension NDArray {
  /// - Parameter factor: one an axis, at least 1.
  /// - Throws: `.rank` unless there is a factor an axis, `.noMemory`. Mode of floats is the caller's mistake.
  package func downsampled(by factor: [Int], _ method: Downsampling) throws(ArrayError) -> NDArray {
    guard factor.count == rank, factor.allSatisfy({ $0 >= 1 }) else { throw .rank(expected: rank, found: factor) }
    precondition(!(method == .mode && dtype.isFloat), "the mode of floats")
    if factor.allSatisfy({ $0 == 1 }) || count == 0 { return count == 0 ? try NDArray(dtype, coarseShape(factor)) : self }
    // what lies before the last three axes is walked over
    guard rank <= 3 || factor.dropLast(3).allSatisfy({ $0 == 1 }) else { return try downsampledPlainly(by: factor, method) }
    let packed = try contiguous(), pad = Swift.max(0, 3 - rank)
    let extents = [Int](repeating: 1, count: pad) + shape, factors = [Int](repeating: 1, count: pad) + factor, last = extents.count - 3
    // a factor beyond the extent is the extent; sums of 16-bit values must stay in 32 bits
    let steps = (0..<3).map { Int64(Swift.min(factors[last + $0], extents[last + $0])) }
    let size = steps.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    guard size <= 1 << 15 else { return try downsampledPlainly(by: factor, method) }
    var blocks = dcs_blocks(
      outer: Int64(extents[..<last].reduce(1, *)), depth: Int64(extents[last]), height: Int64(extents[last + 1]), width: Int64(extents[last + 2]), factor: (steps[0], steps[1], steps[2]))
    var result = try NDArray(dtype, coarseShape(factor), zeroed: false)
    let scratch = try Buffer(count: Int(dcs_downsample_scratch(method.code, &blocks)), zeroed: false)
    packed.withBytes { fine in
      result.withMutableBytes { coarse in
        if let fine = fine.baseAddress, let coarse = coarse.baseAddress { dcs_downsample(method.code, dtype.code, fine, &blocks, coarse, scratch.bytes) }
      }
    }
    return result
  }

  private func coarseShape(_ factor: [Int]) -> [Int] { zip(shape, factor).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) } }

  /// The same, voxel by voxel: the oracle of tests, and for factors on more than the last three axes.
  package func downsampledPlainly(by factor: [Int], _ method: Downsampling) throws(ArrayError) -> NDArray {
    try reduced(dtype.type, factor, method)
  }

  private func reduced<T: Element>(_: T.Type, _ factor: [Int], _ method: Downsampling) throws(ArrayError) -> NDArray {
    let packed = try contiguous(), steps = packed.strides
    var result = try NDArray(dtype, coarseShape(factor))
    let coarse = result.shape
    result.withMutableElements(T.self) { out in
      packed.withElements(T.self) { fine in
        for item in out.indices {
          let begin = zip(voxelIndex(item, coarse), factor).map { $0 * $1 }, box = shape.indices.map { Swift.min(factor[$0], shape[$0] - begin[$0]) }
          let base = zip(begin, steps).reduce(0) { $0 + $1.0 * $1.1 }
          let values = (0..<box.reduce(1, *)).map { fine[base + zip(voxelIndex($0, box), steps).reduce(0) { $0 + $1.0 * $1.1 }] }
          out[item] = switch method {
          case .mean: T.mean(values, columns: box.last ?? 1)
          case .mode: T.mode(values)
          case .max: values.dropFirst().reduce(values[0]) { $0.double.isNaN ? $0 : $1.double.isNaN || $1.exceeds($0) ? $1 : $0 }
          case .nearest: values[zip(box, NDArray.packedStrides(box)).reduce(0) { $0 + ($1.0 - 1) / 2 * $1.1 }]
          }
        }
      }
    }
    return result
  }
}

extension Downsampling {
  fileprivate var code: Int32 {
    switch self {
    case .mean: Int32(DCS_MEAN.rawValue)
    case .mode: Int32(DCS_MODE.rawValue)
    case .max: Int32(DCS_MAX.rawValue)
    case .nearest: Int32(DCS_NEAREST.rawValue)
    }
  }
}

extension Element {
  /// As an integer of any width; nil for floats.
  private var exact: Int128? {
    switch self {
    case let value as Bool: value ? 1 : 0
    case let value as any FixedWidthInteger: Int128(value)
    default: nil
    }
  }

  fileprivate func exceeds(_ other: Self) -> Bool {
    if let a = exact, let b = other.exact { return a > b }
    return double > other.double
  }

  /// - Parameter columns: how long the last axis of the block is.
  fileprivate static func mean(_ values: [Self], columns: Int) -> Self {
    var sum: Int128 = 0
    for value in values {
      guard let exact = value.exact else {
        let sums = (0..<columns).map { column in stride(from: column + columns, to: values.count, by: columns).reduce(values[column].double) { $0 + values[$1].double } }
        return Self(saturating: sums.dropFirst().reduce(sums[0], +) / Double(values.count))
      }
      sum += exact
    }
    let count = Int128(values.count)
    var (floor, rest) = sum.quotientAndRemainder(dividingBy: count)
    if rest < 0 { (floor, rest) = (floor - 1, rest + count) }
    if 2 * rest > count || (2 * rest == count && floor % 2 != 0) { floor += 1 }
    switch zero {
    case is Bool: return (floor != 0) as? Self ?? zero
    case let number as any FixedWidthInteger: return number.converted(floor) as? Self ?? zero
    default: return zero
    }
  }

  fileprivate static func mode(_ values: [Self]) -> Self {
    var best = values[0], longest = 0
    for value in values {
      let count = values.count { $0 == value }
      if count > longest || (count == longest && best.exceeds(value)) { (best, longest) = (value, count) }
    }
    return best
  }
}

extension FixedWidthInteger {
  fileprivate func converted(_ value: Int128) -> Self { Self(truncatingIfNeeded: value) }
}
