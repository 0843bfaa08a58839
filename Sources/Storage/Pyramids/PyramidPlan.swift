// Which levels a pyramid has: shapes, places, and by how much each is coarser than the one before.
//
// All levels have one corner. A length that is no multiple of the factor is rounded up: the last voxel is made of what is there, and reaches
// past the end of the level before. Unless factors are given, an axis is halved while its voxels are at most √2 times as long as the shortest
// ones, so that of 40 × 4 × 4 nm come 40 × 8 × 8, 40 × 16 × 16, 40 × 32 × 32, 80 × 64 × 64; an axis of one voxel is left as it is.

import Arrays
import Geometry

package struct PyramidPlan: Sendable, Equatable {
  package struct Level: Sendable, Equatable {
    /// Below the group.
    package let name: String
    package let shape: [Int]
    package let grid: Grid
    /// One an axis, from the level before.
    package let step: [Int]
    /// One an axis, from the first level.
    package let factor: [Int]
  }

  package let levels: [Level]

  /// Levels end with the first whose longest axis of space has at most so many voxels.
  package static let smallest = 64
  private static let countLimit = 32

  /// - Parameter prefix: "s" for s0, s1, …; "" for 0, 1, ….
  /// - Parameter factor: one an axis of space, at least 1 and not all of them; nil: as above.
  /// - Parameter count: of levels, the first included; nil: until `smallest`. There are fewer where nothing is left to halve.
  /// - Throws: `GeometryError.overflow`.
  package init(shape: [Int], grid: Grid, prefix: String = "s", factor: [Int]? = nil, count: Int? = nil) throws(GeometryError) {
    let spatial = grid.spatialAxes, ones = shape.map { _ in 1 }
    var levels = [Level(name: prefix + "0", shape: shape, grid: grid, step: ones, factor: ones)]
    while let last = levels.last, levels.count < min(count ?? .max, Self.countLimit) {
      if count == nil, spatial.allSatisfy({ last.shape[$0] <= Self.smallest }) { break }
      let step = try Self.step(last, spatial, factor)
      if step.allSatisfy({ $0 == 1 }) { break }
      var voxel = last.grid.voxelSize, total = last.factor
      for (index, axis) in spatial.enumerated() {
        voxel[index] = try voxel[index] * Rational(step[axis])
        let (product, overflow) = total[axis].multipliedReportingOverflow(by: step[axis])
        if overflow { throw .overflow }
        total[axis] = product
      }
      levels.append(Level(
        name: "\(prefix)\(levels.count)", shape: zip(last.shape, step).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) },
        grid: try Grid(axes: grid.axes, voxelSize: voxel, offset: grid.offset, isKnown: grid.isKnown), step: step, factor: total))
    }
    self.levels = levels
  }

  private static func step(_ level: Level, _ spatial: [Int], _ factor: [Int]?) throws(GeometryError) -> [Int] {
    var step = level.shape.map { _ in 1 }
    let open = spatial.indices.filter { level.shape[spatial[$0]] > 1 }
    let sizes = level.grid.voxelSize.values
    guard let finest = open.map({ sizes[$0] }).min() else { return step }
    for index in open {
      if let factor { step[spatial[index]] = factor[index]; continue }
      // voxel ≤ √2 · finest
      let ratio = try sizes[index] / finest
      step[spatial[index]] = try ratio * ratio <= Rational(2) ? 2 : 1
    }
    return step
  }
}
