// Views that share bytes, packed copies of them, and boxes that are written.

import Execution

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
