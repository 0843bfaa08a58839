// Where the voxels of a box lie in the source after a warp, and what they find there.

import Arrays
import CKernels
import Execution

/// Source positions of a box of voxels.
package struct WarpedBox {
  /// z, y, x of the box.
  package let shape: [Int]
  /// Smallest box of source voxels that holds all positions and their upper neighbours; spatial axes only.
  package let offset: [Int], extent: [Int]
  private let positions: NDArray
  private let rank: Int

  /// - Parameter box: voxels along each spatial axis.
  /// - Parameter first: where voxel 0 lies relative to the centre of the turn, voxels.
  /// - Parameter centre: where that centre lies in the source, voxels.
  /// - Parameter limit: voxels that may be read at once.
  /// - Throws: `TrainingError.settings` for positions too far apart.
  package init(_ warp: Warp, box: [Int], first: [Double], centre: [Double], voxelSize: [Double], limit: Int = .max) throws {
    let rank = box.count, missing = 3 - rank
    let shape = [Int](repeating: 1, count: missing) + box, count = shape.reduce(1, *)
    func three(_ values: [Double], _ filler: Double) -> (Double, Double, Double) {
      let all = [Double](repeating: filler, count: missing) + values
      return (all[0], all[1], all[2])
    }
    let m = warp.matrix
    var settings = dcs_warp_box(
      shape: (Int64(shape[0]), Int64(shape[1]), Int64(shape[2])), first: three(first, 0), size: three(voxelSize, 1),
      matrix: (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]), centre: three(centre, 0))
    var positions = try NDArray(.float32, [3, max(1, count)], zeroed: false)
    let rows = Int64(shape[0] * shape[1])
    positions.withMutableElements(Float.self) { at in
      guard let base = at.baseAddress else { return }
      dcs_warp_turn(&settings, 0, rows, base)
      for field in warp.fields {
        var scratch = [Float](repeating: 0, count: 3 * field.points[2] + 5 * shape[2])
        field.coefficients.withUnsafeBufferPointer { shifts in
          var lattice = dcs_warp_field(
            points: (Int64(field.points[0]), Int64(field.points[1]), Int64(field.points[2])), spacing: (field.spacing[0], field.spacing[1], field.spacing[2]), shift: shifts.baseAddress)
          dcs_warp_bend(&settings, &lattice, 0, rows, base, &scratch)
        }
      }
    }
    (offset, extent) = try Self.bounds(positions, count, axes: missing..<3, warp, limit)
    (self.shape, self.positions, self.rank) = (shape, positions, rank)
  }

  /// The box of source voxels around the positions.
  ///
  /// However large the settings, it stays small: at most 64 times what a turn and a zoom need (and 128 voxels along each axis are always good), and `limit`.
  private static func bounds(_ positions: NDArray, _ count: Int, axes: Range<Int>, _ warp: Warp, _ limit: Int) throws -> (offset: [Int], extent: [Int]) {
    let bounds = positions.withElements(Float.self) { at in
      axes.map { axis -> (low: Float, high: Float) in
        var range: (Float, Float) = (.infinity, -.infinity)
        withUnsafeMutableBytes(of: &range) { range in
          if let at = at.baseAddress, let range = range.baseAddress { dcs_warp_range(at + axis * count, Int64(count), range.assumingMemoryBound(to: Float.self)) }
        }
        return range
      }
    }
    let m = warp.matrix
    let scale = abs(m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]))
    let usual = max(Double(1 << (7 * axes.count)), 64 * max(1, scale) * Double(count)), allowed = min(usual, Double(limit))
    let isNear = bounds.allSatisfy { $0.low >= -0x1p40 && $0.high <= 0x1p40 }   // also false for NaN
    let wanted = bounds.reduce(1) { $0 * (Double($1.high) - Double($1.low) + 3) }
    guard isNear, wanted <= allowed else {
      let (name, change) = warp.fields.isEmpty ? ("aug.zoom(low=…)", "larger") : ("aug.elastic(displacement=…)", "smaller")
      throw TrainingError.settings(
        name: name, expected: "\(change), so that a patch reads at most \(Int(min(allowed, 9e18))) voxels", found: isNear && wanted < 9e18 ? "\(Int(wanted))" : "voxels without end")
    }
    let low = bounds.map { Int($0.low.rounded(.down)) }
    return (low, zip(bounds, low).map { Int($0.high.rounded(.down)) + 2 - $1 })
  }

  /// (channel, space…) of the box from (channel, space…) read at `offset`, `extent`.
  package func sampled(_ source: NDArray, linear: Bool) throws -> NDArray {
    let channels = source.shape[0], count = shape.reduce(1, *), sourceVoxels = extent.reduce(1, *)
    let packed = try source.contiguous(), size = source.dtype.size
    var result = try NDArray(source.dtype, [channels] + shape.suffix(rank), zeroed: false)
    let missing = 3 - rank
    let from = ([Int](repeating: 1, count: missing) + extent).map { Int64($0) }, origin = ([Int](repeating: 0, count: missing) + offset).map { Int64($0) }
    positions.withElements(Float.self) { at in
      packed.withBytes { source in
        result.withMutableBytes { out in
          guard let at = at.baseAddress, let source = source.baseAddress, let out = out.baseAddress else { return }
          for channel in 0..<channels {
            let begin = source + channel * sourceVoxels * size, end = out + channel * count * size
            if linear {
              dcs_warp_linear(begin.assumingMemoryBound(to: Float.self), from, origin, at, Int64(count), Int64(count), end.assumingMemoryBound(to: Float.self))
            } else {
              dcs_warp_nearest(begin, Int32(size), from, origin, at, Int64(count), Int64(count), end)
            }
          }
        }
      }
    }
    return result
  }

  // MARK: From volumes in memory, without cutting a box out of them first

  /// (channel, space…) float32, `value · scale + shift` by linear interpolation; outside, `volume` (channel, space…) is reflected.
  ///
  /// - Returns: nil for types other than uint8, uint16 and float32.
  package func sampled(reflecting volume: NDArray, scale: Float, shift: Float) throws -> NDArray? {
    guard [.uint8, .uint16, .float32].contains(volume.dtype) else { return nil }
    return try filled(.float32, volume) { source, shape, at, count, out in
      dcs_warp_linear_reflected(source, Int32(volume.dtype.size), shape, at, count, count, scale, shift, out.assumingMemoryBound(to: Float.self))
    }
  }

  /// The nearest voxels of (channel, space…); outside, they are reflected.
  package func sampled(reflecting volume: NDArray) throws -> NDArray {
    try filled(volume.dtype, volume) { source, shape, at, count, out in dcs_warp_nearest_reflected(source, Int32(volume.dtype.size), shape, at, count, count, out) }
  }

  /// 1 inside of a volume of `space` voxels, where `mask` (channel, space…; uint8, 0 or not) is not 0; one channel without it.
  package func inside(_ space: [Int], mask: NDArray?) throws -> NDArray {
    try filled(.uint8, try mask ?? NDArray(.uint8, [1] + space.map { _ in 1 })) { source, shape, at, count, out in
      let whole = ([Int](repeating: 1, count: 3 - rank) + space).map { Int64($0) }
      dcs_warp_inside(mask == nil ? nil : source.assumingMemoryBound(to: UInt8.self), whole, at, count, count, out.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Calls `body` once a channel.
  private func filled(
    _ dtype: DType, _ volume: NDArray, _ body: (_ source: UnsafeRawPointer, _ shape: [Int64], _ at: UnsafePointer<Float>, _ count: Int64, _ out: UnsafeMutableRawPointer) -> Void
  ) throws -> NDArray {
    let channels = volume.shape[0], count = shape.reduce(1, *), packed = try volume.contiguous(), voxels = volume.shape.dropFirst().reduce(1, *)
    var result = try NDArray(dtype, [channels] + shape.suffix(rank), zeroed: false)
    let from = ([Int](repeating: 1, count: 3 - rank) + volume.shape.dropFirst()).map { Int64($0) }
    guard voxels > 0 else { return result }
    positions.withElements(Float.self) { at in
      packed.withBytes { source in
        result.withMutableBytes { out in
          guard let at = at.baseAddress, let source = source.baseAddress, let out = out.baseAddress else { return }
          for channel in 0..<channels { body(source + channel * voxels * volume.dtype.size, from, at, Int64(count), out + channel * count * dtype.size) }
        }
      }
    }
    return result
  }
}
