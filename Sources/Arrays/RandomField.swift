import CKernels
import Execution
import Geometry

/// A volume of random numbers that is never stored: each voxel depends on (seed, purpose, its own index) alone,
/// so any block of it, read anywhere in any order, is that block of the whole.
package struct RandomField: ArraySource {
  package enum Distribution: Sendable, Equatable {
    /// Uniform in [low, high): low + (high − low) k / 2^24, of float64 2^53, every k as likely as any other.
    case uniform(Double, Double)
    /// By the inverse of the distribution, of (k + ½) / 2^52: never beyond 8.3 deviations.
    case normal(mean: Double, deviation: Double)
  }

  package let dtype: DType
  package let shape: [Int]
  package let grid: Grid
  package let distribution: Distribution
  private let key: UInt64

  /// - Parameter dtype: float32 or float64.
  /// - Throws: `ArrayError.dtype`, `.rank`, `.tooLarge`.
  package init(_ distribution: Distribution, seed: UInt64, purpose: String, dtype: DType = .float32, shape: [Int], grid: Grid? = nil) throws(ArrayError) {
    guard dtype == .float32 || dtype == .float64 else { throw .dtype(expected: "float32 or float64", found: dtype) }
    _ = try NDArray.byteCount(dtype, shape)
    if let grid, grid.rank != shape.count { throw .rank(expected: grid.rank, found: shape) }
    var generator = KeyedGenerator(seed: seed, purpose: purpose)
    (self.dtype, self.shape, self.distribution, key) = (dtype, shape, distribution, generator.next())
    self.grid = grid ?? Grid(unknownOfRank: shape.count)
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = roi.shape.values
    guard roi.rank == shape.count else { throw ArrayError.rank(expected: shape.count, found: box) }
    for axis in shape.indices where roi.offset[axis] < 0 || roi.end[axis] > shape[axis] {
      throw ArrayError.outside(axis: axis, begin: roi.offset[axis], end: roi.end[axis], length: shape[axis])
    }
    var result = try NDArray(dtype, box, zeroed: false)
    let count = result.count, row = box.last ?? 1
    if count == 0 { return result }
    let strides = NDArray.packedStrides(shape), outer = Array(box.dropLast())
    let (key, distribution, dtype, cancellation) = (key, distribution, dtype, context.cancellation)
    try result.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      nonisolated(unsafe) let target = base   // each run writes its own rows
      try forEachRange(count / row, grain: max(1, (1 << 14) / row), context.pool) { _, rows in
        try cancellation?.check()
        var strip = [Double](repeating: 0, count: row)
        for index in rows {
          var first = roi.offset.values.last ?? 0
          for (axis, i) in voxelIndex(index, outer).enumerated() { first += (roi.offset[axis] + i) * strides[axis] }
          switch distribution {
          case .uniform(let low, let high): dcs_random_uniform(key, UInt64(first), dtype == .float32 ? 24 : 53, low, high, &strip, Int64(row))
          case .normal(let mean, let deviation): dcs_random_normal(key, UInt64(first), mean, deviation, &strip, Int64(row))
          }
          _ = dcs_cast(DType.float64.code, dtype.code, CastMode.clip.code, strip, target + index * row * dtype.size, Int64(row))
        }
      }
    }
    return result
  }

  /// All of it, in memory.
  package func array(_ pool: ThreadPool? = nil) throws -> NDArray {
    try read(VoxelRoi(shape: shape), ReadContext(pool: pool))
  }
}
