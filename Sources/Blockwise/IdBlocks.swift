// The blocks within which ids lie: blockwise work with ids="unique" leaves them, and so does whatever keeps ids where they are.
//
// A part of such an array has the same blocks, which then begin elsewhere; every s-th voxel leaves shorter ones, backwards they are mirrored:
//
//     blocks of 4     a[3:]         a[::2]        a[::-1], of 10 voxels
//     ├───┼───┼─      ┼───┼─        ├─┼─┼         ┼─┼───┼───┤
//
// Attributes: {"dcs": {"unique_blocks": [4], "unique_blocks_origin": [3]}}; without the second the first block begins at the first voxel.

import Arrays
import Storage

package struct IdBlocks: Sendable, Equatable {
  /// Voxels along each axis; 0 where a step that does not divide them left blocks of several lengths.
  package private(set) var shape: [Int]
  /// Voxels of the first block that lie before the first voxel: 0 ..< shape.
  package private(set) var origin: [Int]

  /// - Parameter shape: at least 1 along each axis.
  package init(_ shape: [Int]) { (self.shape, origin) = (shape, shape.map { _ in 0 }) }

  /// What the attributes of an array say; nil where they say nothing, or nothing that fits its rank.
  package init?(attributes: JSON, rank: Int) {
    func lengths(_ key: String) -> [Int]? {
      guard case .array(let list)? = attributes["dcs"]?[key], list.count == rank else { return nil }
      let lengths = list.compactMap { $0.int.flatMap { Int(exactly: $0) } }
      return lengths.count == rank ? lengths : nil
    }
    guard let shape = lengths("unique_blocks"), shape.allSatisfy({ (0...Int.max / 4).contains($0) }) else { return nil }
    (self.shape, origin) = (shape, shape.map { _ in 0 })
    if let given = lengths("unique_blocks_origin") { origin = zip(given, shape).map { $1 > 0 ? Self.remainder($0, $1) : 0 } }
  }

  /// `attributes` that say so.
  package func marked(_ attributes: JSON) -> JSON {
    var members = [JSON.Member("unique_blocks", .array(shape.map { JSON($0) }))]
    if origin.contains(where: { $0 != 0 }) { members.append(.init("unique_blocks_origin", .array(origin.map { JSON($0) }))) }
    return attributes.merging(.object([.init("dcs", (attributes["dcs"] ?? .emptyObject).merging(.object(members)))]))
  }

  /// Of ordinary ids that were made of wide ones.
  package var ofSpace: IdBlocks {
    var blocks = self
    (blocks.shape, blocks.origin) = (Array(shape.dropFirst()), Array(origin.dropFirst()))
    return blocks
  }

  package var isRegular: Bool { shape.allSatisfy { $0 > 0 } }

  /// The blocks of a part, an entry an axis of it.
  ///
  /// Voxel i of a walk is voxel b + s·i of the array, and so in block ⌊(o + b + s·i) / B⌋. With B = |s|·m that is ⌊(⌊(o + b) / s⌋ + i) / m⌋, and backwards
  /// ⌊(⌊(o + b) / |s|⌋ − i) / m⌋.
  package func seen(by walks: [SourceView.Walk]) -> IdBlocks {
    var seen = self
    seen.shape = []
    seen.origin = []
    for walk in walks {
      let length = shape[walk.baseAxis], step = Int(clamping: walk.step.magnitude)
      guard length > 0, step > 0, length % step == 0 else {
        seen.shape.append(walk.count <= 1 ? 1 : 0)
        seen.origin.append(0)
        continue
      }
      let kept = length / step, first = Self.remainder(Self.remainder(origin[walk.baseAxis] + Self.remainder(walk.begin, length), length) / step, kept)
      seen.shape.append(kept)
      seen.origin.append(walk.step > 0 ? first : kept - 1 - first)
    }
    return seen
  }

  private static func remainder(_ value: Int, _ length: Int) -> Int {
    let rest = value % length
    return rest < 0 ? rest + length : rest
  }
}
