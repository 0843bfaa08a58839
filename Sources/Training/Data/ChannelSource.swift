// A source seen as channels of space, (channel, z, y, x): what patches and validation read, whatever the axes on disk.
//
// Boxes may leave the array; what lies outside is reflected about the outermost voxel without repeating it (numpy's "reflect").

import Arrays
import Geometry

package struct ChannelSource: Sendable {
  package let source: any ArraySource
  package let channels: Int
  package let shape: [Int]
  private let hasChannelAxis: Bool

  /// - Returns: nil unless the axes are spatial, or one channel axis and then spatial ones.
  package init?(_ source: any ArraySource) {
    let axes = source.grid.axes
    guard axes.count == source.shape.count else { return nil }
    let spatial = axes.drop { $0.kind == .channel }
    guard !spatial.isEmpty, spatial.count <= 3, spatial.allSatisfy({ $0.kind == .space }), axes.count - spatial.count <= 1 else { return nil }
    self.source = source
    hasChannelAxis = axes.count != spatial.count
    channels = hasChannelAxis ? source.shape[0] : 1
    shape = Array(source.shape.suffix(spatial.count))
  }

  package var rank: Int { shape.count }

  /// Spatial axes only: where a box that begins at `offset` lies.
  package func grid(at offset: [Int]) throws(GeometryError) -> Grid { try source.grid.with(axes: source.grid.axes.filter { $0.kind == .space }).shifted(to: offset) }

  /// (channel, space…), any offset and shape.
  package func read(offset: [Int], shape box: [Int], _ context: ReadContext = ReadContext()) throws -> NDArray {
    var tables: [[Int]] = [], low: [Int] = [], extent: [Int] = [], inside = true
    for axis in 0..<rank {
      let table = Self.reflected(offset[axis], box[axis], shape[axis])
      let first = table.min() ?? 0, last = table.max() ?? -1
      inside = inside && offset[axis] >= 0 && offset[axis] + box[axis] <= shape[axis]
      low.append(first)
      extent.append(last - first + 1)
      tables.append(table.map { $0 - first })
    }
    let roi = hasChannelAxis
      ? try VoxelRoi(offset: Coordinate([0] + low), shape: Coordinate([channels] + extent))
      : try VoxelRoi(offset: Coordinate(low), shape: Coordinate(extent))
    let found = try source.read(roi, context).reshaped([channels] + extent)
    return inside ? found : try found.gathered(tables)
  }

  /// Indices `offset ..< offset + count` folded back into `0..<length`.
  package static func reflected(_ offset: Int, _ count: Int, _ length: Int) -> [Int] {
    guard length > 1 else { return [Int](repeating: 0, count: max(0, count)) }
    let period = 2 * (length - 1)
    return (0..<max(0, count)).map { step in
      let folded = (((offset + step) % period) + period) % period
      return folded < length ? folded : period - folded
    }
  }
}

extension NDArray {
  /// Picks indices along each axis but the first.
  fileprivate func gathered(_ tables: [[Int]]) throws(ArrayError) -> NDArray {
    var result = self
    for (axis, table) in tables.enumerated() where table != Array(0..<result.shape[axis + 1]) {
      result = try result.taking(table, axis: axis + 1)
    }
    return try result.contiguous()
  }

  private func taking(_ table: [Int], axis: Int) throws(ArrayError) -> NDArray {
    var box = shape
    box[axis] = table.count
    var result = try NDArray(dtype, box, zeroed: false)
    var place = [Int](repeating: 0, count: rank), first = 0
    while first < table.count {   // runs of constant step (+1 or −1) are copied at once
      let step = first + 1 < table.count && table[first + 1] == table[first] - 1 ? -1 : 1
      var last = first
      while last + 1 < table.count && table[last + 1] == table[last] + step { last += 1 }
      place[axis] = first
      try result.assign(try strided(axis: axis, begin: table[first], step: step, count: last - first + 1), at: place)
      first = last + 1
    }
    return result
  }
}
