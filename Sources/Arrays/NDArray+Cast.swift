import CKernels
import Execution
import Synchronization

/// What a cast does with values that the target cannot hold.
package enum CastMode: Sendable {
  /// Raises, saying how many and which is the first.
  case checked
  /// Saturates. NaN to an integer still raises.
  case clip

  var code: Int32 { self == .checked ? Int32(DCS_CAST_CHECKED.rawValue) : Int32(DCS_CAST_CLIP.rawValue) }
}

extension NDArray {
  /// The same values as another type, rounded half to even.
  ///
  /// - Throws: `ArrayError.doesNotFit`, with the count and the first in C order.
  package func cast(to target: DType, _ mode: CastMode = .checked, _ pool: ThreadPool? = nil) throws -> NDArray {
    if target == dtype { return self }
    let source = try contiguous()
    var result = try NDArray(target, shape, zeroed: false)
    let bad = Atomic<Int>(0), from = dtype, count = count
    try source.withBytes { input in
      try result.withMutableBytes { output in
        guard let input = input.baseAddress, let output = output.baseAddress else { return }
        nonisolated(unsafe) let (a, o) = (input, output)   // each run writes its own range
        try forEachRange(count, pool) { _, range in
          let failed = dcs_cast(from.code, target.code, mode.code, a + range.lowerBound * from.size, o + range.lowerBound * target.size, Int64(range.count))
          if failed > 0 { bad.add(Int(failed), ordering: .relaxed) }
        }
      }
    }
    let failed = bad.load(ordering: .relaxed)
    if failed > 0 { throw source.misfit(target, mode, count: failed) }
    return result
  }

  /// The error that names the first value of a contiguous array that `target` cannot hold.
  private func misfit(_ target: DType, _ mode: CastMode, count failed: Int) -> ArrayError {
    func find<T: Element>(_: T.Type) -> ArrayError {
      withElements(T.self) { elements in
        for i in elements.indices {
          let value = elements[i].scalar
          if value.bits(as: target) == nil && (mode == .checked || elements[i].double.isNaN) {
            return .doesNotFit(target, count: failed, total: count, first: value.description, index: voxelIndex(i, shape))
          }
        }
        return .doesNotFit(target, count: failed, total: count, first: "?", index: [])
      }
    }
    return find(dtype.type)
  }

  /// (value − shift) · scale as float32, contiguous: what a network is fed.
  ///
  /// Integers of 32 bits and more, and float64, are reckoned in float64 and rounded once.
  package func normalised(shift: Double = 0, scale: Double = 1, _ pool: ThreadPool? = nil) throws -> NDArray {
    let source = try contiguous(), from = dtype, count = count
    var result = try NDArray(.float32, shape, zeroed: false)
    try source.withBytes { input in
      try result.withMutableBytes { output in
        guard let input = input.baseAddress, let output = output.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        nonisolated(unsafe) let (a, o) = (input, output)   // each run writes its own range
        try forEachRange(count, pool) { _, range in
          dcs_normalise(from.code, a + range.lowerBound * from.size, o + range.lowerBound, Int64(range.count), shift, scale)
        }
      }
    }
    return result
  }
}
