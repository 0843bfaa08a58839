// Finds the k-th voxel of a class in a crop without keeping the voxels: a running count for each group of rows that holds the class.
//
// A class is a channel of labels, or an id of one array of ids; only voxels that the mask trusts count. One more class is the mask itself.
// Memory: 16 bytes a group that holds the class, at most about 2¹⁸ groups whatever the crop's size. Look-up: a binary search, then one group is read.

import Arrays
import Geometry

package struct ForegroundIndex: Sendable {
  /// Groups that hold the class, and its voxels before each of them; the total as last element.
  private struct Counts: Sendable {
    var groups: [Int] = [], before: [Int] = [], total = 0
    mutating func add(_ count: Int, group: Int) {
      if count == 0 { return }
      groups.append(group)
      before.append(total)
      total += count
    }
  }

  private var counts: [Counts] = []
  private let labels: ChannelSource, mask: ChannelSource?, bounds: VoxelRoi
  /// Ids 1..<ids are classes; 0: channels are.
  private let ids: Int
  private let rows: Int, groupsPerPlane: Int
  /// Whether classes of labels were counted; the mask always is.
  private let hasLabels: Bool

  /// Classes of labels.
  package var classes: Int { hasLabels ? counts.count - 1 : 0 }
  package func count(_ number: Int) -> Int { counts.indices.contains(number) && number < classes ? counts[number].total : 0 }
  /// Voxels that may be trusted.
  package var trusted: Int { counts.last?.total ?? 0 }
  package var bytes: Int { counts.reduce(0) { $0 + 16 * $1.groups.count } }

  /// Reads labels (if `foreground`) and mask once, in slabs along the slowest axis.
  package init(_ labels: ChannelSource, mask: ChannelSource? = nil, bounds: VoxelRoi, ids: Int = 0, foreground: Bool = true, _ context: ReadContext) throws {
    (self.labels, self.mask, self.bounds, self.ids, hasLabels) = (labels, mask, bounds, ids, foreground)
    let box = [Int](repeating: 1, count: 3 - labels.rank) + bounds.shape.values, limit = 1 << 18
    rows = max(1, min(box[1], (box[0] * box[1] + limit - 1) / limit))
    groupsPerPlane = (box[1] + rows - 1) / rows
    let classes = foreground ? ids > 0 ? ids - 1 : labels.channels : 0
    counts = [Counts](repeating: Counts(), count: classes + 1)
    if !foreground && mask == nil {
      counts[0].total = box.reduce(1, *)
      return
    }
    let step = max(1, min(box[0], (1 << 24) / max(1, box[1] * box[2])))
    for plane in stride(from: 0, to: box[0], by: step) {
      try context.cancellation?.check()
      let depth = min(step, box[0] - plane), seen = try Seen(self, [plane, 0, 0], [depth, box[1], box[2]], context)
      for z in 0..<depth {
        for group in 0..<groupsPerPlane {
          let first = (z * box[1] + group * rows) * box[2], last = (z * box[1] + min(box[1], (group + 1) * rows)) * box[2]
          for number in counts.indices { counts[number].add(seen.count(number, first..<last), group: (plane + z) * groupsPerPlane + group) }
        }
      }
    }
  }

  /// Voxel (in labels) number `k` of a class, in C order; `nil` is the mask.
  package func voxel(_ k: Int, of number: Int?, _ context: ReadContext = ReadContext()) throws -> [Int] {
    let counts = counts[number ?? self.counts.count - 1], box = [Int](repeating: 1, count: 3 - labels.rank) + bounds.shape.values
    guard !counts.groups.isEmpty else { return bounds.offset.values }
    var low = 0, high = counts.before.count   // before[low] <= k < before[high]
    while high - low > 1 {
      let middle = (low + high) / 2
      if counts.before[middle] <= k { low = middle } else { high = middle }
    }
    let corner = [counts.groups[low] / groupsPerPlane, counts.groups[low] % groupsPerPlane * rows, 0], shape = [1, min(rows, box[1] - corner[1]), box[2]]
    let place = try Seen(self, corner, shape, context).index(k - counts.before[low], of: number ?? self.counts.count - 1)
    let found = [corner[0], corner[1] + place / box[2], place % box[2]].suffix(labels.rank)
    return zip(bounds.offset.values, found).map { $0 + $1 }
  }

  /// A box of labels and mask as bytes: what each voxel counts to.
  private struct Seen {
    let labels: [UInt8]?, mask: [UInt8]?
    let voxels: Int, ids: Int, classes: Int, masks: Int

    init(_ index: ForegroundIndex, _ corner: [Int], _ shape: [Int], _ context: ReadContext) throws {
      let rank = index.labels.rank, box = Array(shape.suffix(rank)), offset = zip(index.bounds.offset.values, corner.suffix(rank)).map { $0 + $1 }
      (voxels, ids, classes, masks) = (shape.reduce(1, *), index.ids, index.counts.count - 1, index.mask?.channels ?? 0)
      labels = try !index.hasLabels ? nil : index.ids > 0
        ? index.labels.read(offset: offset, shape: box, context).floats().elements(Float.self).map { $0 >= 0 && $0 < Float(index.ids) ? UInt8($0) : 0 }
        : index.labels.read(offset: offset, shape: box, context).nonZero().elements(UInt8.self)
      mask = try index.mask?.read(offset: offset, shape: box, context).nonZero().elements(UInt8.self)
    }

    /// Whether voxel `i` counts to a class; the last one is the mask.
    @inline(__always) func holds(_ number: Int, _ i: Int) -> Bool {
      if number == classes {
        guard let mask else { return true }
        for channel in 0..<masks where mask[channel * voxels + i] != 0 { return true }
        return false
      }
      guard let labels, ids > 0 ? labels[i] == UInt8(truncatingIfNeeded: number + 1) : labels[number * voxels + i] != 0 else { return false }
      return mask.map { $0[min(number, masks - 1) * voxels + i] != 0 } ?? true
    }

    func count(_ number: Int, _ range: Range<Int>) -> Int {
      if number == classes && mask == nil { return range.count }
      var count = 0
      for i in range where holds(number, i) { count += 1 }
      return count
    }

    func index(_ wanted: Int, of number: Int) -> Int {
      var seen = 0
      for i in 0..<voxels where holds(number, i) {
        if seen == wanted { return i }
        seen += 1
      }
      return 0
    }
  }
}
