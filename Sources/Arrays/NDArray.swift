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
  package private(set) var buffer: Buffer

  /// Zeros.
  ///
  /// - Throws: `ArrayError.tooLarge` if the bytes cannot be counted, `.noMemory`.
  package init(_ dtype: DType, _ shape: [Int], zeroed: Bool = true) throws(ArrayError) {
    let bytes = try Self.byteCount(dtype, shape)
    (self.dtype, self.shape, strides, start) = (dtype, shape, Self.packedStrides(shape), 0)
    buffer = try Buffer(count: bytes, zeroed: zeroed)
  }

  private init(_ dtype: DType, _ shape: [Int], _ strides: [Int], _ start: Int, _ buffer: Buffer) {
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

  package mutating func withMutableBytes<R, E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> R) throws(E) -> R {
    precondition(isContiguous, "withMutableBytes needs a contiguous array")
    makeUnique()
    return try body(UnsafeMutableRawBufferPointer(start: buffer.bytes + start * dtype.size, count: byteCount))
  }

  private mutating func makeUnique() {
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

// MARK: Views

extension NDArray {
  /// A box of this array, sharing its bytes.
  ///
  /// - Throws: `ArrayError.rank`, `.outside`.
  package func slice(offset: [Int], shape box: [Int]) throws(ArrayError) -> NDArray {
    guard offset.count == rank, box.count == rank else { throw .rank(expected: rank, found: offset) }
    var first = start
    for axis in 0..<rank {
      guard offset[axis] >= 0, box[axis] >= 0, box[axis] <= shape[axis], offset[axis] <= shape[axis] - box[axis] else {
        throw .outside(axis: axis, begin: offset[axis], end: offset[axis] &+ box[axis], length: shape[axis])
      }
      first += offset[axis] * strides[axis]
    }
    return NDArray(dtype, box, strides, first, buffer)
  }

  /// Elements `begin, begin + step, …` (`count` of them) along one axis; `step` may be negative.
  package func strided(axis: Int, begin: Int, step: Int, count: Int) throws(ArrayError) -> NDArray {
    guard axis >= 0, axis < rank else { throw .rank(expected: axis + 1, found: shape) }
    let (span, overflow) = step.multipliedReportingOverflow(by: max(0, count - 1))
    let last = begin &+ span
    guard count >= 0, !overflow, count == 0 || (begin >= 0 && begin < shape[axis] && last >= 0 && last < shape[axis]) else {
      throw .outside(axis: axis, begin: begin, end: last, length: shape[axis])
    }
    var box = shape, steps = strides
    box[axis] = count
    steps[axis] = count <= 1 ? strides[axis] : strides[axis] * step
    return NDArray(dtype, box, steps, start + (count == 0 ? 0 : begin * strides[axis]), buffer)
  }

  /// Drops an axis at one index.
  package func dropping(axis: Int, at index: Int) throws(ArrayError) -> NDArray {
    let one = try strided(axis: axis, begin: index, step: 1, count: 1)
    var box = one.shape, steps = one.strides
    box.remove(at: axis)
    steps.remove(at: axis)
    return NDArray(dtype, box, steps, one.start, buffer)
  }

  func viewInserting(axis: Int) -> NDArray {
    var box = shape, steps = strides
    box.insert(1, at: axis)
    steps.insert(1, at: axis)
    return NDArray(dtype, box, steps, start, buffer)
  }

  /// - Parameter order: a permutation of the axes.
  package func transposed(_ order: [Int]) throws(ArrayError) -> NDArray {
    guard order.sorted() == Array(0..<rank) else { throw .rank(expected: rank, found: order) }
    return NDArray(dtype, order.map { shape[$0] }, order.map { strides[$0] }, start, buffer)
  }

  /// The same elements, C order, under another shape; copies only if not contiguous.
  package func reshaped(_ box: [Int]) throws(ArrayError) -> NDArray {
    guard try Self.byteCount(dtype, box) == byteCount, box.allSatisfy({ $0 >= 0 }) else { throw .shapes(shape, box) }
    let packed = try contiguous()
    return NDArray(dtype, box, Self.packedStrides(box), packed.start, packed.buffer)
  }

  /// This array if it is contiguous, else a packed copy.
  package func contiguous(_ context: borrowing ReadContext = ReadContext()) throws -> NDArray { isContiguous ? self : try copied(context) }
  package func contiguous() throws(ArrayError) -> NDArray { isContiguous ? self : try copied() }

  /// A packed copy.
  package func copied() throws(ArrayError) -> NDArray {
    let result = try NDArray(dtype, shape, zeroed: false)
    copyElements(shape, dtype.size, from: UnsafeRawPointer(buffer.bytes + start * dtype.size), strides, to: result.buffer.bytes, result.strides)
    return result
  }

  /// A packed copy, made by all threads.
  ///
  /// - Throws: `ArrayError.noMemory`, `Cancelled`.
  package func copied(_ context: borrowing ReadContext) throws -> NDArray {
    let result = try NDArray(dtype, shape, zeroed: false)
    try copyElements(shape, dtype.size, from: UnsafeRawPointer(buffer.bytes + start * dtype.size), strides, to: result.buffer.bytes, result.strides, context)
    return result
  }

  /// The axis along which neighbours lie side by side in memory.
  var fastAxis: Int? { shape.indices.last { shape[$0] > 1 && strides[$0].magnitude == 1 } }

  /// Whether its elements lie side by side, but not in the order in which it is walked.
  var isTransposed: Bool {
    guard let fast = fastAxis, let last = shape.lastIndex(where: { $0 > 1 }) else { return false }
    return fast != last && shape[fast] >= 8 && Int(strides[last].magnitude) * dtype.size >= 64
  }

  /// Writes `source` into the box of this array that starts at `offset`.
  ///
  /// - Throws: `ArrayError.dtypes`, `.rank`, `.outside`.
  package mutating func assign(_ source: NDArray, at offset: [Int]) throws(ArrayError) {
    let target = try writable(source, at: offset)
    copyElements(
      source.shape, dtype.size, from: UnsafeRawPointer(source.buffer.bytes + source.start * dtype.size), source.strides,
      to: target.buffer.bytes + target.start * dtype.size, target.strides)
  }

  /// The same by all threads.
  ///
  /// - Throws: `Cancelled`, too.
  mutating func assign(_ source: NDArray, at offset: [Int], _ context: borrowing ReadContext) throws {
    let target = try writable(source, at: offset)
    try copyElements(
      source.shape, dtype.size, from: UnsafeRawPointer(source.buffer.bytes + source.start * dtype.size), source.strides,
      to: target.buffer.bytes + target.start * dtype.size, target.strides, context)
  }

  private mutating func writable(_ source: NDArray, at offset: [Int]) throws(ArrayError) -> NDArray {
    guard source.dtype == dtype else { throw .dtypes(source.dtype, dtype) }
    makeUnique()
    return try slice(offset: offset, shape: source.shape)
  }
}

extension NDArray {
  /// Copies one box of this array over another box of it that does not overlap.
  mutating func copyBox(from: [Int], to: [Int], shape box: [Int]) throws(ArrayError) {
    makeUnique()
    let source = try slice(offset: from, shape: box), target = try slice(offset: to, shape: box)
    copyElements(box, dtype.size, from: UnsafeRawPointer(buffer.bytes + source.start * dtype.size), strides, to: buffer.bytes + target.start * dtype.size, strides)
  }
}

/// Copies a strided box of elements of 1, 2, 4 or 8 bytes; strides in elements.
func copyElements(
  _ shape: [Int], _ size: Int, from source: UnsafeRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer, _ targetStrides: [Int]
) {
  if shape.contains(0) { return }
  // axes beyond those that the kernel walks are walked here
  guard shape.count > Int(DCS_COPY_AXES) else {
    dcs_copy_box(Int32(size), Int32(shape.count), shape.map(Int64.init), source, sourceStrides.map(Int64.init), target, targetStrides.map(Int64.init))
    return
  }
  for i in 0..<shape[0] {
    copyElements(
      Array(shape.dropFirst()), size, from: source + i * sourceStrides[0] * size, Array(sourceStrides.dropFirst()), to: target + i * targetStrides[0] * size, Array(targetStrides.dropFirst()))
  }
}

/// The same in pieces along the longest axis, on the threads that there are.
///
/// - Throws: `Cancelled`.
private func copyElements(
  _ shape: [Int], _ size: Int, from source: UnsafeRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer, _ targetStrides: [Int],
  _ context: borrowing ReadContext
) throws {
  let whole = shape.reduce(1, *), piece = 1 << 20, cancellation = context.cancellation
  guard whole > piece, let axis = shape.indices.max(by: { (shape[$0], -$0) < (shape[$1], -$1) }) else {
    copyElements(shape, size, from: source, sourceStrides, to: target, targetStrides)
    return
  }
  nonisolated(unsafe) let (source, target) = (source, target)   // pieces do not overlap
  try forEachRange(shape[axis], grain: max(1, (shape[axis] * piece / whole + 63) / 64 * 64), context.pool) { _, range in
    try cancellation?.check()
    var box = shape
    box[axis] = range.count
    copyElements(box, size, from: source + range.lowerBound * sourceStrides[axis] * size, sourceStrides, to: target + range.lowerBound * targetStrides[axis] * size, targetStrides)
  }
}
