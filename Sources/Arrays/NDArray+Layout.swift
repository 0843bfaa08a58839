// Flipping, joining, stacking and padding: nothing here reckons, elements only move.

/// What stands outside the edges of an array, drawn for `a b c d`.
package enum EdgeRule: Sendable, Equatable {
  /// `v v v | a b c d | v v v`
  case constant(Scalar)
  /// `a a a | a b c d | d d d`
  case edge
  /// `d c b | a b c d | c b a`: the edge voxel stands once (numpy "reflect"). An axis of length 1 repeats its voxel.
  case reflect
  /// `c b a | a b c d | d c b`: the edge voxel stands twice (scipy.ndimage "reflect").
  case symmetric

  /// The voxel inside `0..<length` that stands at `index`, which may lie any distance outside; nil for a constant. Needs `length > 0`.
  package func source(of index: Int, length: Int) -> Int? {
    if index >= 0 && index < length { return index }
    switch self {
    case .constant: return nil
    case .edge: return index < 0 ? 0 : length - 1
    case .reflect:
      if length == 1 { return 0 }
      let period = 2 * (length - 1), phase = ((index % period) + period) % period
      return phase < length ? phase : period - phase
    case .symmetric:
      let period = 2 * length, phase = ((index % period) + period) % period
      return phase < length ? phase : period - 1 - phase
    }
  }
}

extension NDArray {
  /// A view with the given axes reversed.
  ///
  /// - Throws: `ArrayError.rank` for an axis that is not there.
  package func flipped(_ axes: [Int]) throws(ArrayError) -> NDArray {
    var result = self
    for axis in axes {
      guard axis >= 0, axis < rank else { throw .rank(expected: axis + 1, found: shape) }
      if shape[axis] > 0 { result = try result.strided(axis: axis, begin: shape[axis] - 1, step: -1, count: shape[axis]) }
    }
    return result
  }

  /// Joins arrays along an existing axis.
  ///
  /// - Throws: `ArrayError.empty` for no arrays, `.dtypes`, `.shapes` where another axis differs, `.rank`.
  package static func concat(_ arrays: [NDArray], axis: Int) throws(ArrayError) -> NDArray {
    guard let first = arrays.first else { throw .empty("concat") }
    guard axis >= 0, axis < first.rank else { throw .rank(expected: axis + 1, found: first.shape) }
    var shape = first.shape
    for other in arrays.dropFirst() {
      guard other.dtype == first.dtype else { throw .dtypes(first.dtype, other.dtype) }
      guard other.rank == first.rank, (0..<first.rank).allSatisfy({ $0 == axis || other.shape[$0] == first.shape[$0] }) else { throw .shapes(first.shape, other.shape) }
      let (length, overflow) = shape[axis].addingReportingOverflow(other.shape[axis])
      if overflow { throw .tooLarge(shape: shape) }
      shape[axis] = length
    }
    var result = try NDArray(first.dtype, shape, zeroed: false), offset = [Int](repeating: 0, count: shape.count)
    for array in arrays {
      try result.assign(array, at: offset)
      offset[axis] += array.shape[axis]
    }
    return result
  }

  /// Joins arrays of one shape along a new axis.
  ///
  /// - Throws: as `concat`.
  package static func stack(_ arrays: [NDArray], axis: Int = 0) throws(ArrayError) -> NDArray {
    guard let first = arrays.first else { throw .empty("stack") }
    guard axis >= 0, axis <= first.rank else { throw .rank(expected: axis, found: first.shape) }
    var parts: [NDArray] = []
    for array in arrays {
      guard array.shape == first.shape else { throw .shapes(first.shape, array.shape) }
      parts.append(try array.inserting(axis: axis))
    }
    return try concat(parts, axis: axis)
  }

  /// A view with a new axis of length 1.
  package func inserting(axis: Int) throws(ArrayError) -> NDArray {
    guard axis >= 0, axis <= rank else { throw .rank(expected: axis, found: shape) }
    return viewInserting(axis: axis)
  }

  /// A larger copy with `before` and `after` voxels added an axis.
  ///
  /// - Throws: `ArrayError.rank`, `.empty` where an empty axis has nothing to repeat, `.doesNotFit` for a constant, `.tooLarge` for negative amounts.
  /// - Complexity: O(result).
  package func padded(before: [Int], after: [Int], _ padding: EdgeRule) throws(ArrayError) -> NDArray {
    guard before.count == rank, after.count == rank else { throw .rank(expected: rank, found: before.count == rank ? after : before) }
    var box = shape
    for axis in 0..<rank {
      let (first, overflow) = shape[axis].addingReportingOverflow(before[axis])
      let (length, overflow2) = first.addingReportingOverflow(after[axis])
      guard before[axis] >= 0, after[axis] >= 0, !overflow, !overflow2 else { throw .tooLarge(shape: before + after) }
      box[axis] = length
    }
    if box == shape { return try contiguous() }
    if case .constant(let value) = padding {
      var result = try NDArray.filled(value, dtype, box)
      try result.assign(self, at: before)
      return result
    }
    guard !shape.contains(0) else { throw .empty("padding") }
    var result = try NDArray(dtype, box, zeroed: false)
    try result.assign(self, at: before)
    // The last axis first: its margins are filled beside the inside only, and each axis before it then copies whole rows.
    var filled = (offset: before, shape: shape)
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      for index in 0..<box[axis] where index < before[axis] || index >= before[axis] + shape[axis] {
        guard let source = padding.source(of: index - before[axis], length: shape[axis]) else { continue }
        var from = filled.offset, to = filled.offset, slab = filled.shape
        (from[axis], to[axis], slab[axis]) = (before[axis] + source, index, 1)
        try result.copyBox(from: from, to: to, shape: slab)
      }
      (filled.offset[axis], filled.shape[axis]) = (0, box[axis])
    }
    return result
  }
}
