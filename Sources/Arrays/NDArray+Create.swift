import CKernels

extension NDArray {
  /// Every element the same value.
  ///
  /// - Throws: `ArrayError.doesNotFit` if `dtype` cannot hold `value`, and what making an array throws.
  package static func filled(_ value: Scalar, _ dtype: DType, _ shape: [Int]) throws(ArrayError) -> NDArray {
    guard let bits = value.bits(as: dtype) else { throw .doesNotFit(dtype, count: 1, total: 1, first: value.description, index: []) }
    if bits == 0 { return try NDArray(dtype, shape) }
    var result = try NDArray(dtype, shape, zeroed: false)
    result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var element = bits   // little-endian: the low bytes are the element
      dcs_gather(Int32(dtype.size), &element, 0, base, Int64(bytes.count / dtype.size))
    }
    return result
  }

  /// Every element `value`, of its own type.
  package static func full<T: Element>(_ value: T, _ shape: [Int]) throws(ArrayError) -> NDArray {
    try filled(value.scalar, T.dtype, shape)
  }

  package static func ones(_ dtype: DType, _ shape: [Int]) throws(ArrayError) -> NDArray { try filled(.int(1), dtype, shape) }

  /// `begin, begin + step, …`, `count` of them, as int64.
  ///
  /// - Throws: `ArrayError.doesNotFit` if the last one leaves int64, and what making an array throws.
  package static func arange(_ count: Int, begin: Int = 0, step: Int = 1) throws(ArrayError) -> NDArray {
    var result = try NDArray(.int64, [count], zeroed: false)
    let last = Int128(begin) + Int128(step) * Int128(max(0, count - 1))
    guard Int64(exactly: last) != nil else { throw .doesNotFit(.int64, count: 1, total: count, first: "\(last)", index: [count - 1]) }
    result.withMutableElements(Int64.self) { for i in $0.indices { $0[i] = Int64(begin + i * step) } }
    return result
  }

  /// `count` evenly spaced values from `begin` to `end`, both included, as float64; one value is `begin`.
  package static func linspace(_ begin: Double, _ end: Double, _ count: Int) throws(ArrayError) -> NDArray {
    var result = try NDArray(.float64, [count], zeroed: false)
    result.withMutableElements(Double.self) { values in
      for i in values.indices { values[i] = begin + (end - begin) * (Double(i) / Double(max(1, count - 1))) }
      if count > 1 { values[count - 1] = end }
    }
    return result
  }
}
