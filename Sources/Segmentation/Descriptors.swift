// Local shape descriptors (Sheridan et al. 2022): how the object of each voxel is shaped nearby.
//
// For each voxel of an object, with a Gaussian about it that counts the voxels of the object alone: where its mean lies, how it spreads, which way it leans.
// labels       [z, y, x] or [y, x], bool or integer, 0 = background
// descriptors  [channel, z, y, x], float32 in 0...1, 0 on background:
//
//     3D  0 1 2  mean offset along z, y, x:  offset / σ / 2 + ½        2D  0 1  y, x
//         3 4 5  variance along z, y, x:     variance / σ²                 2 3  y, x
//         6 7 8  correlation zy, zx, yx:     r / 2 + ½                     4    yx
//         9      mass of the object under the Gaussian                     5
//
// The kernel ends at 3 σ; voxels outside the array belong to no object. Moments are taken about the voxel (CKernels/seg_lsd.c), so that they lose nothing far from the origin.
// With a factor the moments are those of every factor-th voxel, and a voxel has the descriptors of its object at the sample at or before it along each axis: what lsds calls
// downsampling. Where no sample of an object is near, its mass is 0, its other channels those of a point.
// Checked against its plain twin in double, and lsds 0.1.3 (Tests/Fixtures/segmentation): within 1e-5 and 5e-5. Of objects of a few voxels far from the origin lsds itself
// says otherwise: its float32 coordinates cancel, so its correlations are noise there.

import Arrays
import CKernels
import Execution

#if canImport(Glibc)
import Glibc
#endif

/// Describes the shape around every voxel of every object.
///
/// - Parameter sigma, voxelSize: one length an axis each, above 0, in one unit.
/// - Parameter factor: take every factor-th voxel along each axis.
/// - Parameter margin: voxels at both ends of each axis that are looked at but not described; they stay 0.
/// - Throws: `SegmentationError.rank` unless there are 2 or 3 axes, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: O(volume of the objects' bounding boxes inside the margin · Σ radius).
package func descriptors(_ labels: NDArray, sigma: [Double], voxelSize: [Double], factor: Int = 1, margin: [Int]? = nil, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(labels, "descriptors")
  guard box.rank >= 2 else { throw SegmentationError.rank(function: "descriptors", expected: "2 or 3 axes", found: labels.shape) }
  guard factor >= 1, factor <= 1024 else { throw SegmentationError.parameter(function: "descriptors", name: "downsample", expected: "1 to 1024", found: "\(factor)") }
  try checkVoxelSize("descriptors", voxelSize)
  let factors = [Int](repeating: 1, count: 3 - box.rank) + labels.shape.map { _ in factor }
  let sigmas = try box.perAxis(sigma, missing: 1, "sigma", "descriptors"), sizes = try zip(box.perAxis(voxelSize, missing: 1, "voxel size", "descriptors"), factors).map { $0 * Double($1) }
  let kernels = try (0..<3).map { axis throws(SegmentationError) in
    axis < 3 - box.rank ? [1] : try descriptorKernel(sigmas[axis] / sizes[axis])
  }
  var out = try result(.float32, [descriptorChannels(rank: box.rank)] + labels.shape, context, zeroed: true)
  let packed = try labels.contiguous(), radius = kernels.map { $0.count - 1 }, samples = try factor == 1 ? packed : everyNth(packed, factor)
  let missing = [Int](repeating: 0, count: 3 - box.rank), margins = margin.flatMap { $0.count == box.rank && $0.allSatisfy { $0 >= 0 } ? missing + $0 : nil } ?? [0, 0, 0]
  let regions = try objects(packed, moments: false, for: "descriptors", context).flatMap { object in
    let begin = missing + object.begin.map { $0 / factor }, end = missing.map { $0 + 1 } + object.end.map { ($0 + factor - 1) / factor }
    let low = (0..<3).map { max(begin[$0], margins[$0] / factors[$0]) }
    let high = (0..<3).map { min(end[$0], (box.extents[$0] - margins[$0] + factors[$0] - 1) / factors[$0]) }
    guard zip(low, high).allSatisfy(<) else { return [] as [(UInt64, [Int], [Int], [Int], [Int])] }
    return cut(low, high, 96).map { (object.id, begin, end, $0, $1) }
  }
  try out.withMutableElements(Float.self) { out in
    try packed.withBytes { volume in try samples.withBytes { voxels in
      guard let out = out.baseAddress, let volume = volume.baseAddress, let voxels = voxels.baseAddress else { return }
      try kernels[0].withUnsafeBufferPointer { z in
        try kernels[1].withUnsafeBufferPointer { y in
          try kernels[2].withUnsafeBufferPointer { x in
            let jobs = regions.map { id, objectBegin, objectEnd, begin, end in
              dcs_seg_lsd(
                labels: voxels, volume: volume, width: Int32(packed.dtype.size), rank: Int32(box.rank),
                height: Int64((box.height + factors[1] - 1) / factors[1]), row_length: Int64((box.width + factors[2] - 1) / factors[2]),
                factor: triple(factors), extents: triple(box.extents), id: id,
                object_begin: triple(objectBegin), object_end: triple(objectEnd), region_begin: triple(begin), region_end: triple(end), radius: triple(radius),
                weights: (z.baseAddress, y.baseAddress, x.baseAddress), voxel_size: (sizes[0], sizes[1], sizes[2]), sigma: (sigmas[0], sigmas[1], sigmas[2]),
                out: out, channel_stride: Int64(box.count))
            }
            let scratch = try WorkerScratch(context, bytes: jobs.map { withUnsafePointer(to: $0) { Int(dcs_seg_lsd_scratch($0)) } }.max() ?? 0)
            try context.forEach(jobs.count) { item, worker in
              var step: Int64 = 0
              while withUnsafePointer(to: jobs[item], { dcs_seg_lsd_step($0, scratch[worker], step) }) != 0 {
                try context.cancellation.check()
                step += 1
              }
            }
          }
        }
      }
    } }
  }
  return out
}

package func descriptorChannels(rank: Int) -> Int { rank == 3 ? 10 : 6 }

/// How far a descriptor looks, in voxels, one number an axis: the halo of blockwise work.
package func descriptorRadius(sigma: [Double], voxelSize: [Double]) -> [Int] { gaussianRadius(sigma: zip(sigma, voxelSize).map { $0 / $1 }, truncate: 3) }

private func descriptorKernel(_ sigma: Double) throws(SegmentationError) -> [Float] {
  guard sigma.isFinite, sigma > 0, sigma < 1000 else {
    throw .parameter(function: "descriptors", name: "sigma", expected: "above 0 and below 1000 voxels", found: "\(sigma) voxels")
  }
  let half = (0...gaussianRadius(sigma: [sigma], truncate: 3)[0]).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let sum = half[0] + 2 * half.dropFirst().reduce(0, +)
  return half.map { Float($0 / sum) }
}

/// A box in pieces of at most `size` along each axis.
private func cut(_ begin: [Int], _ end: [Int], _ size: Int) -> [(begin: [Int], end: [Int])] {
  var all: [(begin: [Int], end: [Int])] = [([], [])]
  for axis in begin.indices {
    let length = end[axis] - begin[axis]
    let ranges = pieces(length, (length + size - 1) / size)
    all = all.flatMap { head in ranges.map { (head.begin + [begin[axis] + $0.lowerBound], head.end + [begin[axis] + $0.upperBound]) } }
  }
  return all
}

/// Every n-th voxel along each axis, from the first on.
private func everyNth(_ volume: NDArray, _ n: Int) throws -> NDArray {
  var part = volume
  for (axis, extent) in volume.shape.enumerated() { part = try part.strided(axis: axis, begin: 0, step: n, count: (extent + n - 1) / n) }
  return try part.contiguous()
}

private func triple(_ values: [Int]) -> (Int64, Int64, Int64) { (Int64(values[0]), Int64(values[1]), Int64(values[2])) }

// MARK: Plain twin

/// The definition, voxel by voxel, in double. O(voxels · kernel).
package func plainDescriptors(_ labels: NDArray, sigma: [Double], voxelSize: [Double], factor: Int = 1) throws -> [Double] {
  let box = try Box(labels, "descriptors"), ids = try plainIds(labels), first = 3 - box.rank
  let factors = (0..<3).map { $0 < first ? 1 : factor }
  let sigmas = try box.perAxis(sigma, missing: 1, "sigma", "descriptors"), sizes = try zip(box.perAxis(voxelSize, missing: 1, "voxel size", "descriptors"), factors).map { $0 * Double($1) }
  let kernels = (0..<3).map { axis -> [Double] in
    if axis < first { return [1] }
    let s = sigmas[axis] / sizes[axis], radius = Int(3 * s + 0.5)
    let weights = (-radius...radius).map { (k: Int) -> Double in exp(-0.5 * Double(k * k) / (s * s)) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
  let radius = kernels.map { $0.count / 2 }
  var out = [Double](repeating: 0, count: descriptorChannels(rank: box.rank) * ids.count)
  for voxel in ids.indices where ids[voxel] != 0 {
    let place = [voxel / box.plane, voxel / box.width % box.height, voxel % box.width], at = zip(place, factors).map { $0 / $1 * $1 }
    var mass = 0.0, mean = [0.0, 0, 0], second = [[Double]](repeating: [0, 0, 0], count: 3)
    for dz in -radius[0]...radius[0] { for dy in -radius[1]...radius[1] { for dx in -radius[2]...radius[2] {
      let near = [at[0] + dz * factors[0], at[1] + dy * factors[1], at[2] + dx * factors[2]]
      guard zip(near, box.extents).allSatisfy({ $0 >= 0 && $0 < $1 }), ids[near[0] * box.plane + near[1] * box.width + near[2]] == ids[voxel] else { continue }
      let weight: Double = kernels[0][dz + radius[0]] * kernels[1][dy + radius[1]] * kernels[2][dx + radius[2]]
      let offset = [Double(dz) * sizes[0], Double(dy) * sizes[1], Double(dx) * sizes[2]]
      mass += weight
      for a in 0..<3 { mean[a] += weight * offset[a]; for b in 0..<3 { second[a][b] += weight * offset[a] * offset[b] } }
    } } }
    let shown = mass
    if mass == 0 { mass = 1 }   // no sample is near
    mean = mean.map { $0 / mass }
    func covariance(_ a: Int, _ b: Int) -> Double { second[a][b] / mass - mean[a] * mean[b] }
    let variance = (0..<3).map { max(1e-3, covariance($0, $0)) }
    var values = (first..<3).map { (a: Int) -> Double in mean[a] / sigmas[a] * 0.5 + 0.5 }
    values += (first..<3).map { (a: Int) -> Double in variance[a] / (sigmas[a] * sigmas[a]) }
    for a in first..<3 { for b in stride(from: a + 1, to: 3, by: 1) { values.append(covariance(a, b) / (variance[a] * variance[b]).squareRoot() * 0.5 + 0.5) } }
    for (channel, value) in (values + [shown]).enumerated() { out[channel * ids.count + voxel] = min(1, max(0, value)) }
  }
  return out
}
