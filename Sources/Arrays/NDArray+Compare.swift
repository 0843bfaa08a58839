extension NDArray {
  /// Whether both have the same shape and equal values: numbers compare exactly across types, NaN equals nothing.
  package func isSame(as other: NDArray) throws(ArrayError) -> Bool {
    guard shape == other.shape else { return false }
    let a = try contiguous(), b = try other.contiguous()
    func compare<A: Element, B: Element>(_: A.Type, _: B.Type) -> Bool {
      a.withElements(A.self) { left in
        b.withElements(B.self) { right in
          if let right = UnsafeBufferPointer<A>(same: right) { return left.elementsEqual(right) }
          return zip(left, right).allSatisfy { $0.scalar.equals($1.scalar) }
        }
      }
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
    return a.withBytes { left in b.withBytes { right in left.elementsEqual(right) } }
  }

  /// Lowest and highest value; NaN if any value is NaN.
  ///
  /// - Throws: `ArrayError.empty`.
  package func minMax() throws(ArrayError) -> (min: Scalar, max: Scalar) {
    guard count > 0 else { throw .empty("min and max") }
    let packed = try contiguous()
    func scan<T: Element & Comparable>(_: T.Type) -> (Scalar, Scalar) {
      packed.withElements(T.self) { elements in
        var low = elements[0], high = elements[0], ordered = true
        for value in elements {
          if value < low { low = value }
          if value > high { high = value }
          ordered = ordered && value == value
        }
        return ordered ? (low.scalar, high.scalar) : (.float(.nan), .float(.nan))
      }
    }
    func open<T: Element>(_ type: T.Type) -> (Scalar, Scalar) {
      if let type = type as? any (Element & Comparable).Type { return scan(type) }
      let any = packed.withElements(Bool.self) { ($0.contains(false), $0.contains(true)) }
      return (.bool(!any.0), .bool(any.1))
    }
    return open(dtype.type)
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
    func open<T: Element>(_ type: T.Type) throws(ArrayError) -> NDArray {
      guard let type = type as? any (Element & Comparable).Type else { return try cast8().argmax(axis: axis) }
      return length <= 256 ? try run(type, UInt8.self) : try run(type, UInt32.self)
    }
    return try open(dtype.type)
  }

  /// A bool array seen as uint8.
  private func cast8() throws(ArrayError) -> NDArray {
    let values: [UInt8] = try elements(Bool.self).map { $0 ? 1 : 0 }
    return try NDArray(values, shape)
  }
}

extension UnsafeBufferPointer where Element: Arrays.Element {
  /// The same memory, if the element types are the same.
  fileprivate init?<Other: Arrays.Element>(same other: UnsafeBufferPointer<Other>) {
    guard Other.dtype == Element.dtype, let other = other as? UnsafeBufferPointer<Element> else { return nil }
    self = other
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
