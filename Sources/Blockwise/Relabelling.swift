// New ids for old: ids that belong together merged, and all of them numbered 1, 2, … without gaps. Checked: IdMapTests.

import Arrays
import Execution
import Segmentation

/// What becomes of the ids of a volume.
package struct Relabelling: Sendable {
  /// Pairs of ids that belong together, in any order; a class gets the smallest of its ids.
  package var merges: [IdPair] = []
  /// Old and new ids, applied before merging; ids that it does not name stay.
  package var map: [IdPair] = []
  /// Numbers the classes 1, 2, … in the order of their smallest ids.
  package var isCompact = true

  package init(merges: [IdPair] = [], map: [IdPair] = [], isCompact: Bool = true) { (self.merges, self.map, self.isCompact) = (merges, map, isCompact) }

  /// Whether each object stays one, with another number.
  package var keepsObjects: Bool { merges.isEmpty && map.isEmpty }

  /// Of the new ids, unless another type is asked for.
  package func idType(voxels: Int) -> DType { isCompact ? Segmentation.idType(voxels: voxels) : .uint64 }

  /// The new id of each of `ids`, which are ascending; and how many different ones there are.
  ///
  /// - Throws: `Cancelled`.
  /// - Complexity: O(ids · log).
  package func renumbered(_ ids: [UInt64], _ context: ExecutionContext) throws -> (map: [IdPair], objects: Int) {
    var classes = IdUnionFind()
    classes.join(merges)
    let roots = Dictionary(classes.merges().map { ($0.a, $0.b) }) { $1 }, renamed = Dictionary(map.map { ($0.a, $0.b) }) { $1 }
    let isKept = roots.isEmpty && renamed.isEmpty
    func target(_ id: UInt64) -> UInt64 {
      if isKept { return id }
      let named = renamed[id] ?? id
      return roots[named] ?? named
    }
    var pairs: [IdPair] = []
    pairs.reserveCapacity(ids.count)
    for (index, id) in ids.enumerated() {
      if index % 65536 == 0 { try context.cancellation.check() }
      pairs.append(IdPair(id, target(id)))
    }
    let present = isKept ? ids : distinct(pairs.map(\.b))
    if isCompact {
      for index in pairs.indices {
        if index % 65536 == 0 { try context.cancellation.check() }
        pairs[index].b = pairs[index].b == 0 ? 0 : UInt64(place(of: pairs[index].b, in: present) + 1)
      }
    }
    return (pairs, present.count)
  }

  /// Decides the same bytes for equal texts.
  var text: String {
    var hash = StableHash()
    for pairs in [merges.map { IdPair(min($0.a, $0.b), max($0.a, $0.b)) }.sorted(), map] {
      hash.add(UInt64(pairs.count))
      for pair in pairs {
        hash.add(pair.a)
        hash.add(pair.b)
      }
    }
    return "\(isCompact ? "compact" : "as they are"), \(merges.count) merges, map of \(map.count), \(hash.text)"
  }
}

/// Ids other than 0, ascending, each once.
private func distinct(_ ids: [UInt64]) -> [UInt64] {
  var all: [UInt64] = []
  for id in ids.sorted() where id != 0 && id != all.last { all.append(id) }
  return all
}

/// Where an id stands among ascending ones that hold it.
private func place(of id: UInt64, in ids: [UInt64]) -> Int {
  var low = 0, high = ids.count - 1
  while low < high {
    let middle = (low + high) / 2
    if ids[middle] < id { low = middle + 1 } else { high = middle }
  }
  return low
}
