// An array at another voxel size, by a whole factor an axis: blocks of finer voxels become one (raw by mean, labels by majority), coarser labels are
// repeated. Raw is never made finer than it was taken.

import Arrays
import Geometry

enum SplitRole: String { case raw, labels, mask }

extension ArraySource {
  /// - Parameter start: the corner of raw, so that blocks of labels are cut like those of raw; nil for raw itself.
  /// - Returns: nil where no whole factor leads there.
  func at(_ voxel: WorldCoordinate, _ role: SplitRole, start: WorldCoordinate?) throws -> (any ArraySource)? {
    let spatial = grid.spatialAxes
    guard grid.isKnown, voxel.rank == spatial.count else { return nil }
    if grid.voxelSize == voxel { return self }
    var down = [Int](repeating: 1, count: voxel.rank), up = down, origin = [Int](repeating: 0, count: voxel.rank)
    for axis in 0..<voxel.rank {
      let ratio = try voxel[axis] / grid.voxelSize[axis]
      if ratio.denominator == 1, let factor = Int(exactly: ratio.numerator), factor <= 1 << 20 { down[axis] = factor } else if ratio.numerator == 1, let factor = Int(exactly: ratio.denominator), factor <= 64, role != .raw {
        up[axis] = factor
      } else { return nil }
      guard let start, down[axis] > 1 else { continue }
      let distance = try (try grid.offset[axis] - start[axis]) / grid.voxelSize[axis]
      if distance.denominator == 1 { let rest = Int(distance.numerator % Int128(down[axis])); origin[axis] = (down[axis] - rest) % down[axis] }
    }
    var result: any ArraySource = self
    if up.contains(where: { $0 > 1 }) {
      var factors = [Int](repeating: 1, count: shape.count)
      for (axis, index) in spatial.enumerated() { factors[index] = up[axis] }
      result = try UpsampledSource(result, factors: factors, method: .nearest)
    }
    if down.contains(where: { $0 > 1 }) { result = try DownsampledSource(result, by: down, role == .raw ? .mean : .majority, origin: origin) }
    return result
  }
}
