// Where an input's voxels lie beside those that blocks are cut in.
//
// Both are counted from the region's begin, where faces of both meet. They meet again at every *cell*, the smallest stretch of whole voxels of both:
//
//     blocks' voxels, 8 nm      ├──┼──┼──┼──┼──┼──┤
//     an input's, 12 nm         ├────┼────┼────┼──┤
//     cells, 24 nm              ├────────┼────────┤     per = 2 of the input for every 3: `fine` 2, `coarse` 3
//
// So a block of whole cells is a box of whole voxels of every input. Axes are those of space.

import Arrays
import Geometry

struct InputPlace: Sendable {
  /// The input's voxel at the begin of the region.
  let begin: [Int]
  /// Voxels of the input for every `coarse` of the blocks', in lowest terms.
  let fine: [Int], coarse: [Int]
  let isScaled: Bool

  /// - Parameter origin: voxel of `grid` (axes of space) at which the region begins.
  /// - Throws: `BlockwiseError.blockRank`, `.offGrid`; `GeometryError.overflow` where sizes have no cell in 64 bits.
  init(of source: any ArraySource, _ number: Int, beside grid: Grid, from origin: VoxelCoordinate, isAlike: Bool) throws {
    let other = source.grid, rank = grid.spatialRank
    guard other.spatialRank == rank else { throw BlockwiseError.blockRank("input \(number + 1)", expected: rank, found: source.shape) }
    if isAlike {
      (begin, fine, coarse, isScaled) = (origin.values, [Int](repeating: 1, count: rank), [Int](repeating: 1, count: rank), false)
      return
    }
    var begin: [Int] = [], fine: [Int] = [], coarse: [Int] = []
    for axis in 0..<rank {
      let ratio = try grid.voxelSize[axis] / other.voxelSize[axis]
      guard let up = Int(exactly: ratio.numerator), let down = Int(exactly: ratio.denominator) else { throw GeometryError.overflow }
      let corner = try grid.offset[axis] + (try grid.voxelSize[axis] * Rational(origin[axis]))
      let distance = try (try corner - other.offset[axis]) / other.voxelSize[axis]
      let nearest = try distance.rounded(.nearest), rest = (try distance - Rational(nearest)).double
      if abs(rest) > 1e-3 { throw BlockwiseError.offGrid(axis: grid.axes[axis].name, fraction: rest, input: number, isScaled: up != down) }
      begin.append(nearest)
      fine.append(up)
      coarse.append(down)
    }
    (self.begin, self.fine, self.coarse) = (begin, fine, coarse)
    isScaled = fine != coarse
  }

  /// The input's voxels in a box of whole cells, grown by a context of whole voxels of its own, no less than is asked for.
  ///
  /// - Parameter box: counted from the region's begin.
  /// - Throws: `GeometryError.overflow`.
  func voxels(_ box: VoxelRoi, before: [Int], after: [Int]) throws -> VoxelRoi {
    var own = box
    for axis in begin.indices {
      let margin = try scaled(before[axis], axis)
      let low = try Voxel.subtract(try Voxel.add(begin[axis], try scaled(box.offset[axis], axis)), margin)
      own.offset[axis] = low
      own.shape[axis] = try Voxel.add(try scaled(box.shape[axis], axis), try Voxel.add(margin, try scaled(after[axis], axis)))
      _ = try Voxel.add(low, own.shape[axis])
    }
    return own
  }

  /// Whether the input covers the first `extent` voxels of the blocks', but for a part of a voxel of either at each end; `exactly`: and nothing beyond.
  func covers(_ extent: [Int], _ source: any ArraySource, exactly: Bool) -> Bool {
    for (axis, place) in source.grid.spatialAxes.enumerated() {
      // all in parts of which `coarse` make a voxel of the input and `fine` one of the blocks'
      let voxel = Int128(max(fine[axis], coarse[axis])), own = Int128(coarse[axis])
      let low = Int128(begin[axis]) * own, missing = Int128(extent[axis]) * Int128(fine[axis]) - (Int128(source.shape[place]) * own - low)
      if low <= -voxel || missing >= voxel || (exactly && (low != 0 || missing <= -voxel)) { return false }
    }
    return true
  }

  /// What `count` voxels of a block are in this input, about.
  func voxels(_ count: Int) -> Int {
    if !isScaled { return count }
    let factor = zip(fine, coarse).reduce(1.0) { $0 * Double($1.0) / Double($1.1) }, scaled = (Double(count) * factor).rounded(.up)
    return scaled < Double(Int.max) ? Int(scaled) : .max
  }

  /// Rounded away from nothing.
  private func scaled(_ length: Int, _ axis: Int) throws(GeometryError) -> Int {
    if fine[axis] == coarse[axis] { return length }
    let parts = Int128(length) * Int128(fine[axis]), whole = Int128(coarse[axis])
    guard let result = Int(exactly: parts / whole + (parts % whole == 0 ? 0 : parts.signum())) else { throw .overflow }
    return result
  }
}
