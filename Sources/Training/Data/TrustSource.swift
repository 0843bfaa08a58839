// Where the labels of each class may be trusted, a channel a class: the crop's mask, nothing of a class that was not annotated, and of a class known to
// be absent only what carries the label of another one (DaCapo's negative class).

import Arrays
import Geometry

struct TrustSource: ArraySource {
  enum Rule: Sendable { case all, none, labelled }

  let rules: [Rule]
  /// (z, y, x); nil: everything.
  let mask: (any ArraySource)?
  /// (class, z, y, x)
  let labels: any ArraySource
  let dtype = DType.uint8
  var shape: [Int] { labels.shape }
  var grid: Grid { labels.grid }
  var inputs: [any ArraySource] { [labels] + (mask.map { [$0] } ?? []) }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let box = Array(roi.shape.values.dropFirst()), offset = Array(roi.offset.values.dropFirst()), count = box.reduce(1, *)
    let open = try mask?.read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), context).nonZero().reshaped(box)
    let wanted = rules[roi.offset[0]..<roi.offset[0] + roi.shape[0]]
    var result = try NDArray(.uint8, roi.shape.values), labelled: NDArray?
    if wanted.contains(.labelled) {
      let all = try labels.read(try VoxelRoi(offset: Coordinate([0] + offset), shape: Coordinate([rules.count] + box)), context).nonZero()
      var union = try NDArray(.uint8, box)
      union.withMutableElements(UInt8.self) { union in all.withElements(UInt8.self) { all in for i in 0..<all.count { union[i % count] |= all[i] } } }
      labelled = union
    }
    for (channel, rule) in wanted.enumerated() {
      var plane: NDArray
      switch rule {
      case .none: continue
      case .all: plane = try open ?? NDArray.ones(box)
      case .labelled:
        plane = try labelled ?? NDArray.ones(box)
        if let open { plane.withMutableElements(UInt8.self) { plane in open.withElements(UInt8.self) { open in for i in 0..<count { plane[i] &= open[i] } } } }
      }
      try result.assign(channel: channel, plane)
    }
    return result
  }
}
