import Glibc

extension NDArray {
  /// Whether both have the same shape and equal values: numbers compare exactly across types, NaN equals nothing.
  package func isSame(as other: NDArray) throws(ArrayError) -> Bool {
    guard shape == other.shape else { return false }
    let a = try contiguous(), b = try other.contiguous()
    if dtype == other.dtype {
      switch dtype {
      case .float16: return a.withElements(Float16.self) { left in b.withElements(Float16.self) { left.elementsEqual($0) } }
      case .float32: return a.withElements(Float.self) { left in b.withElements(Float.self) { left.elementsEqual($0) } }
      case .float64: return a.withElements(Double.self) { left in b.withElements(Double.self) { left.elementsEqual($0) } }
      default: return try isIdentical(to: other)
      }
    }
    func compare<A: Element, B: Element>(_: A.Type, _: B.Type) -> Bool {
      a.withElements(A.self) { left in b.withElements(B.self) { zip(left, $0).allSatisfy { $0.scalar.equals($1.scalar) } } }
    }
    func open<A: Element>(_ type: A.Type) -> Bool {
      func second<B: Element>(_ other: B.Type) -> Bool { compare(type, other) }
      return second(other.dtype.type)
    }
    return open(dtype.type)
  }

  /// Whether both have the same type, shape and bytes: NaN equals itself, 0 and −0 differ.
  package func isIdentical(to other: NDArray) throws(ArrayError) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    let a = try contiguous(), b = try other.contiguous()
    return a.withBytes { left in
      b.withBytes { right in
        guard let x = left.baseAddress, let y = right.baseAddress else { return true }
        return memcmp(x, y, left.count) == 0
      }
    }
  }

  /// Lowest and highest value; NaN if any value is NaN.
  ///
  /// - Throws: `ArrayError.empty`.
  package func minMax() throws(ArrayError) -> (min: Scalar, max: Scalar) {
    guard count > 0 else { throw .empty("min and max") }
    var moments = Moments(dtype, .range)
    try contiguous().withBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      moments.take(base, count, first: 0, BlockFrame(offset: [], shape: [], whole: []))
    }
    guard moments.nan == 0, let range = moments.range else { return (.float(.nan), .float(.nan)) }
    return (range.low, range.high)
  }

  /// The index of the highest value along an axis, which is dropped; the first one where several are equal, the first NaN where there is one.
  ///
  /// - Returns: uint8 for up to 256 entries, else uint32.
  /// - Throws: `ArrayError.rank`, `.empty` for an axis of length 0.
  package func argmax(axis: Int) throws(ArrayError) -> NDArray {
    guard axis >= 0, axis < rank else { throw .rank(expected: axis + 1, found: shape) }
    let length = shape[axis]
    guard length > 0 else { throw .empty("argmax") }
    var box = shape
    box.remove(at: axis)
    let packed = try contiguous()
    func run<T: Element & Comparable, Index: Element & FixedWidthInteger>(_: T.Type, _: Index.Type) throws(ArrayError) -> NDArray {
      var result = try NDArray(Index.dtype, box), best = try NDArray(T.dtype, box)
      let inner = shape[(axis + 1)...].reduce(1, *), outer = shape[..<axis].reduce(1, *)
      packed.withElements(T.self) { values in
        result.withMutableElements(Index.self) { index in
          best.withMutableElements(T.self) { best in
            for o in 0..<outer {
              for i in 0..<inner { best[o * inner + i] = values[o * length * inner + i] }
              for k in 1..<max(1, length) {
                for i in 0..<inner {
                  let value = values[(o * length + k) * inner + i], at = o * inner + i
                  if value > best[at] || (value != value && best[at] == best[at]) { best[at] = value; index[at] = Index(truncatingIfNeeded: k) }
                }
              }
            }
          }
        }
      }
      return result
    }
    // Spelled out so that each loop is compiled for its type.
    func open<T: Element & Comparable>(_ type: T.Type) throws(ArrayError) -> NDArray { length <= 256 ? try run(type, UInt8.self) : try run(type, UInt32.self) }
    switch dtype {
    case .bool: return try packed.withBytes { bytes throws(ArrayError) in try NDArray(Array(bytes), shape).argmax(axis: axis) }
    case .uint8: return try open(UInt8.self)
    case .uint16: return try open(UInt16.self)
    case .uint32: return try open(UInt32.self)
    case .uint64: return try open(UInt64.self)
    case .int8: return try open(Int8.self)
    case .int16: return try open(Int16.self)
    case .int32: return try open(Int32.self)
    case .int64: return try open(Int64.self)
    case .float16: return try open(Float16.self)
    case .float32: return try open(Float.self)
    case .float64: return try open(Double.self)
    }
  }
}

extension Scalar {
  /// Mathematical equality: exact between integers and floats, NaN equals nothing.
  package func equals(_ other: Scalar) -> Bool {
    if let a = integer, let b = other.integer { return a == b }
    if integer != nil || other.integer != nil { return false }
    return double == other.double
  }
}
