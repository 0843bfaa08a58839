// What distances between two masks add up to. Tallies of disjoint blocks add, without rounding: the sum is the same however a volume was cut.
//
// flags      [z, y, x], see MaskPair          distances  [z, y, x], float32, to the surface of the other mask
// Floor: five bytes a voxel read for each side.

import Arrays
import Execution

package struct DistanceTally: Equatable, Sendable {
  /// The voxels of one mask, as seen from the other mask.
  package struct Side: Equatable, Sendable {
    /// Voxels of the mask; those of them that are not in the other one (errors); errors farther from it than the tolerance, and than the clip.
    package var count = 0, errors = 0, beyond = 0, clipped = 0
    package var farthest: Float = 0
    /// Distances of errors within the clip, and of those beyond it.
    package var within = FloatSum(), outside = FloatSum()
    /// From surface to surface.
    package var surface = DistanceTable()
    package init() {}
  }
  package var predicted = Side(), truth = Side()
  /// Voxels that were counted at all.
  package var counted = 0
  package let clip: Double, tolerance: Double

  /// - Parameter clip: distances beyond it count as it. - Parameter tolerance: errors up to it are forgiven.
  /// - Throws: `SegmentationError.parameter`.
  package init(clip: Double, tolerance: Double) throws(SegmentationError) {
    for (name, value) in [("clip", clip), ("tolerance", tolerance)] where value.isNaN || value < 0 {
      throw .parameter(function: "distance scores", name: name, expected: "0 or more", found: "\(value)")
    }
    (self.clip, self.tolerance) = (clip, tolerance)
  }

  package enum From: Sendable, CaseIterable {
    case predicted, truth
    var own: UInt8 { self == .predicted ? MaskPair.predicted : MaskPair.truth }
    var ownSurface: UInt8 { own << 2 }
    var other: UInt8 { self == .predicted ? MaskPair.truth : MaskPair.predicted }
    /// What distances are measured to.
    package var target: UInt8 { other << 2 }
  }

  /// Adds a block, or a whole volume; `from` both sides, one after the other. Voxels are counted with the first.
  ///
  /// - Throws: `ArrayError.overBudget` where distinct distances do not fit; `Cancelled`.
  package mutating func add(_ flags: NDArray, _ distances: NDArray, from side: From, _ context: ExecutionContext) throws {
    let parts = chunks(flags.count), clip = clip, limit = tolerance * Self.slack
    var found = [(side: Side, counted: Int)](repeating: (Side(), 0), count: parts.count)
    try found.withUnsafeMutableBufferPointer { found in
      try flags.withElements(UInt8.self) { flags in
        try distances.withElements(Float.self) { distances in
          try context.forEach(parts.count) { part, _ in found[part] = Self.scan(flags, distances, parts[part], side, clip: clip, limit: limit) }
        }
      }
    }
    let own: WritableKeyPath<DistanceTally, Side> = side == .predicted ? \.predicted : \.truth
    for part in found {
      self[keyPath: own].addCounts(of: part.side)
      if side == .predicted { counted += part.counted }
    }
    self[keyPath: own].surface = try DistanceTable.merging([self[keyPath: own].surface] + found.map(\.side.surface), context.cancellation)
    let bytes = predicted.surface.byteCount + truth.surface.byteCount
    if bytes > max(context.memoryBudget, 1 << 20) { throw ArrayError.overBudget(bytes: bytes, budget: context.memoryBudget) }
  }

  /// Distances are right to 2 units in the last place of a float; one that equals the tolerance must not fall beyond it by that.
  private static let slack = 1 + 3e-7

  private static func scan(
    _ flags: UnsafeBufferPointer<UInt8>, _ distances: UnsafeBufferPointer<Float>, _ range: Range<Int>, _ from: From, clip: Double, limit: Double
  ) -> (side: Side, counted: Int) {
    var side = Side(), counted = 0, surface: [Float] = [], within = [UInt64](repeating: 0, count: 256), outside = within
    let own = from.own, other = from.other, ownSurface = from.ownSurface
    within.withUnsafeMutableBufferPointer { within in
      outside.withUnsafeMutableBufferPointer { outside in
        for i in range {
          let flag = flags[i]
          counted += flag & MaskPair.counted == 0 ? 0 : 1
          if flag & own == 0 { continue }
          side.count += 1
          let distance = distances[i]
          if flag & ownSurface != 0 { surface.append(distance) }
          if flag & other != 0 { continue }
          let (bin, significand) = FloatSum.parts(distance)
          side.errors += 1
          side.farthest = max(side.farthest, distance)
          if Double(distance) > limit { side.beyond += 1 }
          if Double(distance) > clip {
            side.clipped += 1
            outside[bin] &+= significand
          } else { within[bin] &+= significand }
        }
      }
    }
    side.within.add(bins: within)
    side.outside.add(bins: outside)
    side.surface = DistanceTable(surface)
    return (side, counted)
  }
}

extension DistanceTally.Side {
  /// Of all errors.
  package var sum: Double {
    var all = within
    all += outside
    return all.value
  }

  /// Of all errors, each at most `clip`.
  package func sum(clip: Double) -> Double { within.value + (clipped == 0 ? 0 : Double(clipped) * clip) }

  fileprivate mutating func addCounts(of other: DistanceTally.Side) {
    count += other.count
    errors += other.errors
    beyond += other.beyond
    clipped += other.clipped
    farthest = max(farthest, other.farthest)
    within += other.within
    outside += other.outside
  }
}

/// Of two masks in memory.
///
/// - Parameter mask: voxels to count, all if nil. - Parameter voxelSize: one length an axis.
/// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
/// - Complexity: two distance transforms, one after the other.
package func distanceTally(
  _ predicted: NDArray, _ truth: NDArray, mask: NDArray? = nil, voxelSize: [Double], clip: Double, tolerance: Double, _ context: ExecutionContext
) throws -> DistanceTally {
  var tally = try DistanceTally(clip: clip, tolerance: tolerance)
  let flags = try maskPair(predicted, truth, mask: mask, context)
  for side in DistanceTally.From.allCases {
    try tally.add(flags, try distanceTransform(try lacking(side.target, flags, context), voxelSize: voxelSize, context), from: side, context)
  }
  return tally
}
