import CKernels

/// An n-dimensional array in memory: dtype, shape, strides over shared bytes. A value: writing copies first if the bytes are shared.
///
/// Views (`slice`, `transposed`) share bytes. Kernels want `contiguous()` arrays and `withElements`.
package struct NDArray: Sendable {
  package let dtype: DType
  package let shape: [Int]
  /// In elements, per axis; may be negative for reversed views.
  package let strides: [Int]
  /// First element, in elements from the start of the buffer.
  package let start: Int
  package internal(set) var buffer: Buffer

  /// Zeros.
  ///
  /// - Throws: `ArrayError.tooLarge` if the bytes cannot be counted, `.noMemory`.
  package init(_ dtype: DType, _ shape: [Int], zeroed: Bool = true) throws(ArrayError) {
    let bytes = try Self.byteCount(dtype, shape)
    (self.dtype, self.shape, strides, start) = (dtype, shape, Self.packedStrides(shape), 0)
    buffer = try Buffer(count: bytes, zeroed: zeroed)
  }

  init(_ dtype: DType, _ shape: [Int], _ strides: [Int], _ start: Int, _ buffer: Buffer) {
    (self.dtype, self.shape, self.strides, self.start, self.buffer) = (dtype, shape, strides, start, buffer)
  }

  /// - Throws: `ArrayError.shapes` unless `values` has as many elements as `shape`.
  package init<T: Element>(_ values: [T], _ shape: [Int]) throws(ArrayError) {
    try self.init(T.dtype, shape, zeroed: false)
    guard values.count == count else { throw .shapes([values.count], shape) }
    values.withUnsafeBytes { if let source = $0.baseAddress { buffer.bytes.copyMemory(from: source, byteCount: $0.count) } }
  }

  /// Bytes of a packed array; refuses negative extents and products beyond 2⁶².
  package static func byteCount(_ dtype: DType, _ shape: [Int]) throws(ArrayError) -> Int {
    var bytes = dtype.size, empty = false
    for extent in shape {
      if extent < 0 { throw .tooLarge(shape: shape) }
      if extent == 0 { empty = true; continue }
      let (value, overflow) = bytes.multipliedReportingOverflow(by: extent)
      if overflow || value > 1 << 62 { throw .tooLarge(shape: shape) }
      bytes = value
    }
    return empty ? 0 : bytes
  }

  package static func packedStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] &* max(1, shape[axis + 1]) }
    return strides
  }

  package var rank: Int { shape.count }
  package var count: Int { shape.reduce(1, *) }
  package var byteCount: Int { count * dtype.size }

  /// C order without gaps.
  package var isContiguous: Bool {
    var expected = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      if shape[axis] == 0 { return true }
      if shape[axis] != 1 && strides[axis] != expected { return false }
      expected *= shape[axis]
    }
    return true
  }
}

// MARK: Elements

extension NDArray {
  /// The elements in C order.
  ///
  /// - Precondition: contiguous, and `T.dtype == dtype`: our own mistakes, never a user's.
  package func withElements<T: Element, R, E: Error>(_: T.Type = T.self, _ body: (UnsafeBufferPointer<T>) throws(E) -> R) throws(E) -> R {
    precondition(T.dtype == dtype && isContiguous, "withElements needs a contiguous array of \(T.dtype), this one is \(dtype)")
    let base = (buffer.bytes + start * dtype.size).assumingMemoryBound(to: T.self)
    return try body(UnsafeBufferPointer(start: base, count: count))
  }

  /// The elements, to be written; copies first if other arrays share the bytes.
  package mutating func withMutableElements<T: Element, R, E: Error>(_: T.Type = T.self, _ body: (UnsafeMutableBufferPointer<T>) throws(E) -> R) throws(E) -> R {
    precondition(T.dtype == dtype && isContiguous, "withMutableElements needs a contiguous array of \(T.dtype), this one is \(dtype)")
    makeUnique()
    let base = (buffer.bytes + start * dtype.size).assumingMemoryBound(to: T.self)
    return try body(UnsafeMutableBufferPointer(start: base, count: count))
  }

  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    precondition(isContiguous, "withBytes needs a contiguous array")
    return try body(UnsafeRawBufferPointer(start: buffer.bytes + start * dtype.size, count: byteCount))
  }

  /// Where the first element is, for kernels that walk by `strides` (in elements).
  package func withFirst<R, E: Error>(_ body: (UnsafeRawPointer) throws(E) -> R) throws(E) -> R { try body(buffer.bytes + start * dtype.size) }

  package mutating func withMutableBytes<R, E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> R) throws(E) -> R {
    precondition(isContiguous, "withMutableBytes needs a contiguous array")
    makeUnique()
    return try body(UnsafeMutableRawBufferPointer(start: buffer.bytes + start * dtype.size, count: byteCount))
  }

  mutating func makeUnique() {
    if isKnownUniquelyReferenced(&buffer) { return }
    guard let copy = try? copied() else { preconditionFailure("no memory to copy \(byteText(byteCount)) before a write") }
    self = copy
  }

  /// All elements as a Swift array, in C order.
  package func elements<T: Element>(_: T.Type = T.self) throws(ArrayError) -> [T] {
    guard T.dtype == dtype else { throw .dtypes(T.dtype, dtype) }
    let packed = try contiguous()
    return packed.withElements(T.self) { Array($0) }
  }
}
