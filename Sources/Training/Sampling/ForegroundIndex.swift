// Finds the k-th foreground voxel of a crop without keeping the voxels: a running count a row (z, y) of the labels.
//
// Memory: one Int a row. Look-up: a binary search, then one row is read.

import Arrays
import Geometry

package struct ForegroundIndex: Sendable {
  /// Foreground voxels before each row of `bounds`, and the total as last element.
  private let before: [Int]
  private let labels: ChannelSource
  private let bounds: VoxelRoi

  package var count: Int { before.last ?? 0 }

  /// Reads the labels once, in slabs along the slowest axis.
  package init(_ labels: ChannelSource, bounds: VoxelRoi, _ context: ReadContext) throws {
    (self.labels, self.bounds) = (labels, bounds)
    let box = bounds.shape.values, row = box.last ?? 1
    let rowsPerPlane = max(1, box.dropFirst().dropLast().reduce(1, *))
    let planes = labels.rank == 1 ? 1 : box[0]
    let step = labels.rank == 1 ? 1 : max(1, min(planes, (1 << 24) / max(1, rowsPerPlane * row)))
    var before = [0], total = 0
    for plane in stride(from: 0, to: planes, by: step) {
      var offset = bounds.offset.values, shape = box
      if labels.rank > 1 { offset[0] += plane; shape[0] = min(step, planes - plane) }
      try context.cancellation?.check()
      let slab = try labels.read(offset: offset, shape: shape, context).nonZero()
      let rows = shape.dropLast().reduce(1, *)
      slab.withElements(UInt8.self) { values in
        for r in 0..<rows {
          for x in 0..<row {
            var any: UInt8 = 0
            for channel in 0..<labels.channels { any |= values[(channel * rows + r) * row + x] }
            total += Int(any)
          }
          before.append(total)
        }
      }
    }
    self.before = before
  }

  /// Voxel (in labels) of foreground number `k`, in C order.
  package func voxel(_ k: Int, _ context: ReadContext = ReadContext()) throws -> [Int] {
    var low = 0, high = before.count - 1   // before[low] <= k < before[high]
    while high - low > 1 {
      let middle = (low + high) / 2
      if before[middle] <= k { low = middle } else { high = middle }
    }
    let box = bounds.shape.values
    var place = bounds.offset.values, rest = low
    for axis in stride(from: box.count - 2, through: 0, by: -1) { place[axis] += rest % box[axis]; rest /= box[axis] }
    let length = box.last ?? 1, last = box.count - 1
    let row = try labels.read(offset: place, shape: [Int](repeating: 1, count: last) + [length], context).nonZero()
    let wanted = k - before[low]
    place[last] += row.withElements(UInt8.self) { values in
      var seen = 0
      for x in 0..<length where (0..<labels.channels).contains(where: { values[$0 * length + x] != 0 }) {
        if seen == wanted { return x }
        seen += 1
      }
      return 0
    }
    return place
  }
}
