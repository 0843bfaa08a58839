// Gaussian smoothing, one axis after the other.
//
// Weights exp(−k² / 2σ²), normalised, for |k| <= int(truncate · σ + ½), as in scipy.ndimage.gaussian_filter. Outside the array values are mirrored about its faces
// (d c b a | a b c d | d c b a), repeatedly where the kernel is longer than the array.
// values  [z, y, x], any dtype      result  [z, y, x], float32
// Checked against its plain twin (double) and scipy (Tests/Fixtures/segmentation); 1e-6 relative to the range of the data.

import Arrays
import CKernels
import Execution

#if canImport(Glibc)
import Glibc
#endif

/// Smooths with a Gaussian of `sigma` voxels along each axis; 0 leaves an axis alone.
///
/// - Parameter sigma: one number an axis, 0 or more, in voxels.
/// - Parameter truncate: where the kernel ends, in sigmas.
/// - Throws: `SegmentationError.rank`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(voxels · Σ radius).
package func gaussian(_ values: NDArray, sigma: [Double], truncate: Double = 4, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(values, "gaussian")
  let kernels = try gaussianKernels(box, sigma, truncate)
  var smooth = try result(.float32, values.shape, context)
  if box.isEmpty { return smooth }
  let source = try asFloat32(values, context)

  try smooth.withMutableBytes { out in
    try source.withBytes { values in
      guard let out = out.baseAddress, let values = values.baseAddress else { return }
      let walk = Separable(box, radius: kernels.map { $0.count - 1 }, size: 4, outside: .mirrored)
      try walk.run(values, out, context) { axis, samples, count, out in
        samples.withUnsafeBufferPointer { samples in
          samples.withMemoryRebound(to: UnsafePointer<Float>?.self) {
            dcs_seg_weighted_rows($0.baseAddress, kernels[axis], Int64(walk.radius[axis]), Int64(count), out.assumingMemoryBound(to: Float.self))
          }
        }
      }
    }
  }
  return smooth
}

/// How many voxels around a voxel its smoothed value depends on, one number an axis: the halo of blockwise smoothing.
package func gaussianRadius(sigma: [Double], truncate: Double = 4) -> [Int] { sigma.map { Int(clamping: Int64.nearest((truncate * $0 + 0.5).rounded(.down))) } }

/// Halves of the kernels, [0] the middle; z, y, x.
private func gaussianKernels(_ box: Box, _ sigma: [Double], _ truncate: Double) throws(SegmentationError) -> [[Float]] {
  let sigmas = try box.perAxis(sigma, missing: 0, "sigma", "gaussian")
  guard truncate.isFinite, truncate > 0 else { throw .parameter(function: "gaussian", name: "truncate", expected: "above 0", found: "\(truncate)") }
  let limit = 1 << 14
  var kernels: [[Float]] = []
  for sigma in sigmas {
    guard sigma.isFinite, sigma >= 0, truncate * sigma < Double(limit) else {
      throw .parameter(function: "gaussian", name: "sigma", expected: "from 0 to \(limit) voxels divided by truncate", found: "\(sigma)")
    }
    let radius = gaussianRadius(sigma: [sigma], truncate: truncate)[0]
    let half = (0...radius).map { sigma == 0 ? 1 : exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = half[0] + 2 * half.dropFirst().reduce(0, +)
    kernels.append(half.map { Float($0 / sum) })
  }
  return kernels
}

/// This array if it is packed float32, else a converted copy.
func asFloat32(_ values: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let packed = try values.contiguous()
  if packed.dtype == .float32 { return packed }
  var floats = try result(.float32, values.shape, context)
  try floats.withMutableElements(Float.self) { out in
    try packed.withBytes { source in
      guard let out = out.baseAddress, let source = source.baseAddress else { return }
      let parts = chunks(packed.count)
      try context.forEach(parts.count) { part, _ in
        let first = parts[part].lowerBound
        dcs_seg_to_floats(source + first * packed.dtype.size, Int32(packed.dtype.size), packed.dtype.kind, Int64(parts[part].count), out + first)
      }
    }
  }
  return floats
}

// MARK: Plain twin

/// The definition in double: the full product of kernels would be too slow, so axis after axis, by index arithmetic alone.
package func plainGaussian(_ values: NDArray, sigma: [Double], truncate: Double = 4) throws -> [Double] {
  let box = try Box(values, "gaussian")
  let sigmas = try box.perAxis(sigma, missing: 0, "sigma", "gaussian")
  func doubles<T: Element>(_: T.Type) throws -> [Double] { try values.elements(T.self).map(\.double) }
  var now = try doubles(values.dtype.type)
  for axis in 0..<3 where sigmas[axis] > 0 {
    let radius = Int(truncate * sigmas[axis] + 0.5), length = box.extents[axis], step = [box.plane, box.width, 1][axis]
    let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigmas[axis] * sigmas[axis])) }
    let sum = weights.reduce(0, +)
    let before = now
    for voxel in now.indices {
      let at = voxel / step % length
      var total = 0.0
      for k in -radius...radius {
        var source = at + k
        while source < 0 || source >= length { source = source < 0 ? -1 - source : 2 * length - 1 - source }
        total += weights[k + radius] / sum * before[voxel + (source - at) * step]
      }
      now[voxel] = total
    }
  }
  return now
}
