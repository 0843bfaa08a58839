// Ids as classes: a channel of 0 and 1 for each group of ids (DaCapo's Binarize, whose groups are named). A group without ids is every id but 0.

import Arrays
import Geometry

package struct LabelGroup: Sendable, Equatable {
  package let name: String
  package let ids: [UInt64]
  package init(_ name: String, _ ids: [UInt64]) { (self.name, self.ids) = (name, ids) }
}

struct GroupedSource: ArraySource {
  let source: any ArraySource
  let groups: [LabelGroup]
  let shape: [Int]
  let grid: Grid
  let dtype = DType.uint8
  var inputs: [any ArraySource] { [source] }

  /// - Returns: nil for a source with channels.
  init?(_ source: any ArraySource, _ groups: [LabelGroup]) {
    guard source.grid.axes.allSatisfy({ $0.kind == .space }), let grid = try? source.grid.with(axes: [.c] + source.grid.axes) else { return nil }
    (self.source, self.groups, self.grid, shape) = (source, groups, grid, [groups.count] + source.shape)
  }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = Array(roi.shape.values.dropFirst()), count = box.reduce(1, *)
    let labels = try source.read(try VoxelRoi(offset: Coordinate(Array(roi.offset.values.dropFirst())), shape: Coordinate(box)), context).contiguous()
    var result = try NDArray(.uint8, roi.shape.values)
    func fill<T: Element>(_: T.Type) {
      labels.withElements(T.self) { labels in
        result.withMutableElements(UInt8.self) { result in
          for channel in 0..<roi.shape[0] {
            let ids = Set(groups[channel + roi.offset[0]].ids.map { T(saturating: Double($0)) }), first = channel * count
            for i in 0..<count where ids.isEmpty ? labels[i] != T.zero : ids.contains(labels[i]) { result[first + i] = 1 }
          }
        }
      }
    }
    switch labels.dtype {
    case .uint8: fill(UInt8.self)
    case .uint32: fill(UInt32.self)
    case .uint64: fill(UInt64.self)
    default: fill(labels.dtype.type)
    }
    return result
  }
}

/// Every id is 1.
struct BinarySource: ArraySource {
  let source: any ArraySource
  let dtype = DType.uint8
  var shape: [Int] { source.shape }
  var grid: Grid { source.grid }
  var inputs: [any ArraySource] { [source] }
  var chunking: Chunking? { source.chunking }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { try source.read(roi, context).nonZero() }
}
