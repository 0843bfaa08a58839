// Loss weights that make rare classes count as much as frequent ones, from counts that run through the whole training.
//
// Per channel: num_c counts masked-in voxels of class c (from 0), den all masked-in voxels (from 1); share_c = num_c / den clipped to [0.05, 0.95];
// the weight of a class that occurs in this patch is 1 / (classes · share_c), of others 0; a voxel's weight is its class's, 0 where the mask is 0.
// labels   [channel, z, y, x], integers in 0..<classes       mask  same shape, or without the channel axis
// weights  same shape, float32
// Source: DaCapo's balance_weights with moving counts; a mask counts as 0 or 1 whatever its values. The counts are a value: save them with the run.

import Arrays
import Execution

package struct ClassBalance: Equatable, Sendable {
  package let classes: Int
  package let clip: ClosedRange<Double>
  /// [channel][class], and one denominator a channel.
  package private(set) var counts: [[Int]] = []
  package private(set) var totals: [Int] = []

  /// - Throws: `SegmentationError.parameter` unless there are 2 to 256 classes and 0 < clip.
  package init(classes: Int = 2, clip: ClosedRange<Double> = 0.05...0.95) throws(SegmentationError) {
    guard (2...256).contains(classes) else { throw .parameter(function: "balance", name: "classes", expected: "from 2 to 256", found: "\(classes)") }
    guard clip.lowerBound > 0, clip.upperBound.isFinite else { throw .parameter(function: "balance", name: "clip", expected: "above 0", found: "\(clip)") }
    (self.classes, self.clip) = (classes, clip)
  }

  /// As saved from `counts` and `totals`.
  package init(classes: Int, clip: ClosedRange<Double>, counts: [[Int]], totals: [Int]) throws(SegmentationError) {
    try self.init(classes: classes, clip: clip)
    guard counts.count == totals.count, counts.allSatisfy({ $0.count == classes && $0.allSatisfy { $0 >= 0 } }), totals.allSatisfy({ $0 >= 1 }) else {
      throw .parameter(function: "balance", name: "counts", expected: "\(classes) counts a channel and a total above 0", found: "\(counts), \(totals)")
    }
    (self.counts, self.totals) = (counts, totals)
  }

  /// Counts a patch, then weighs it.
  ///
  /// - Throws: `SegmentationError.parameter` if a label is not a class; `.shapes`, `.rank`, `.dtype`; `ArrayError.overBudget`.
  package mutating func weights(_ labels: NDArray, mask: NDArray? = nil, _ context: ExecutionContext) throws -> NDArray {
    guard labels.rank >= 2 else { throw SegmentationError.rank(function: "balance", expected: "a channel axis before its spatial axes", found: labels.shape) }
    try checkIds("balance", labels, context)
    let channels = labels.shape[0], spatial = Array(labels.shape.dropFirst())
    if let mask {
      guard mask.shape == labels.shape || mask.shape == spatial else { throw SegmentationError.shapes(function: "balance", labels.shape, mask.shape) }
      try checkDiscrete("balance", mask)
    }
    if counts.isEmpty { (counts, totals) = ([[Int]](repeating: [Int](repeating: 0, count: classes), count: channels), [Int](repeating: 1, count: channels)) }
    guard counts.count == channels else {
      throw SegmentationError.parameter(function: "balance", name: "labels", expected: "\(counts.count) channels, as in earlier patches", found: "\(channels)")
    }
    var weights = try result(.float32, labels.shape, context)
    let packed = try labels.contiguous(), inside = try mask.map { try asBytes($0, context) }
    let count = spatial.reduce(1, *), perChannel = mask?.rank == labels.rank
    let (classes, clip) = (self.classes, self.clip)
    var (counts, totals) = (self.counts, self.totals)
    try weights.withMutableElements(Float.self) { out in
      try packed.withBytes { voxels in
        try withOptionalBytes(inside) { inside in
          guard let base = voxels.baseAddress else { return }
          for channel in 0..<channels {
            let mask = inside?.assumingMemoryBound(to: UInt8.self).advanced(by: perChannel ? channel * count : 0)
            var here = [Int](repeating: 0, count: classes)
            for i in 0..<count {
              let label = id(base, channel * count + i, packed.dtype.size)
              guard label < UInt64(classes) else {
                throw SegmentationError.parameter(function: "balance", name: "labels", expected: "classes in 0..<\(classes)", found: "\(label)")
              }
              if mask.map({ $0[i] != 0 }) ?? true { here[Int(label)] += 1 }
            }
            for c in 0..<classes { counts[channel][c] += here[c] }
            totals[channel] += here.reduce(0, +)
            let ofClass = (0..<classes).map { c -> Float in
              let share = Double(counts[channel][c]) / Double(totals[channel])
              return here[c] == 0 ? 0 : Float(1 / (Double(classes) * min(max(share, clip.lowerBound), clip.upperBound)))
            }
            for i in 0..<count {
              let counted = mask.map { $0[i] != 0 } ?? true
              out[channel * count + i] = counted ? ofClass[Int(id(base, channel * count + i, packed.dtype.size))] : 0
            }
          }
        }
      }
    }
    (self.counts, self.totals) = (counts, totals)
    return weights
  }
}
