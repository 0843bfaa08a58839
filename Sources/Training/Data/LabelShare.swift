// Which share of a crop carries a label: what a table of a split shows before any training. Small crops are read whole, of large ones 64 boxes.

import Arrays
import Execution
import Geometry

package struct LabelShare: Sendable, Equatable {
  /// 0…1, of the voxels that the mask trusts; NaN if there are none.
  package let share: Double
  /// Whether all voxels were looked at.
  package let isExact: Bool
}

extension Crop {
  /// Voxels up to which a crop is read whole.
  private static let wholeLimit = 1 << 22

  package func labelShare(_ context: ExecutionContext) throws -> LabelShare {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    let shape = bounds.shape.values, isExact = shape.reduce(1.0) { $0 * Double($1) } <= Double(Self.wholeLimit)
    let box = isExact ? shape : shape.map { min($0, 32) }
    var random = KeyedGenerator(seed: 0, purpose: "label share", index: 0), labelled = 0, total = 0
    for _ in 0..<(isExact ? 1 : 64) {
      try context.cancellation.check()
      let offset = (0..<shape.count).map { bounds.offset[$0] + random.index(below: shape[$0] - box[$0] + 1) }
      let found = try labels.read(offset: offset, shape: box, reading).nonZero(), trusted = try mask?.read(offset: offset, shape: box, reading).nonZero()
      let voxels = box.reduce(1, *), channels = labels.channels
      found.withElements(UInt8.self) { found in
        func count(_ trusted: UnsafeBufferPointer<UInt8>?) {
          for i in 0..<voxels where trusted.map({ $0[i] != 0 }) ?? true {
            total += 1
            for channel in 0..<channels where found[channel * voxels + i] != 0 { labelled += 1; break }
          }
        }
        if let trusted { trusted.withElements(UInt8.self) { count($0) } } else { count(nil) }
      }
    }
    return LabelShare(share: total == 0 ? .nan : Double(labelled) / Double(total), isExact: isExact)
  }
}
