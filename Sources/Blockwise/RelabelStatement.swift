// New ids for old in a label volume of any size: ids that belong together merged, and all of them numbered 1, 2, … without gaps.
//
// 1. ids     each block says which ids it holds; together they and the merges decide the new ids (only where these are to be compact)
// 2. labels  each block is read once more and written with its new ids
//
// labels  axes of space; bool or integers       result  same axes, unsigned
// Limits: the ids are in memory, 48 bytes each (checked against the budget). Checked against relabelling of the whole: RelabelStatementTests.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

/// What becomes of the ids of a volume.
package struct Relabelling: Sendable {
  /// Pairs of ids that belong together, in any order; a class gets the smallest of its ids.
  package var merges: [IdPair] = []
  /// Old and new ids, applied before merging; ids that it does not name stay.
  package var map: [IdPair] = []
  /// Numbers the classes 1, 2, … in the order of their smallest ids.
  package var isCompact = true

  package init(merges: [IdPair] = [], map: [IdPair] = [], isCompact: Bool = true) { (self.merges, self.map, self.isCompact) = (merges, map, isCompact) }

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

package struct RelabelStatement: Sendable {
  package let source: any ArraySource
  private let relabelling: Relabelling
  private let options: BlockwiseOptions
  private let spec: OutputSpec

  /// - Parameter options: `dtype` is the result's, nil for uint64.
  package init(_ source: any ArraySource, _ relabelling: Relabelling, options: BlockwiseOptions, to spec: OutputSpec) {
    var options = options
    options.parameters.append(("new ids", relabelling.text))
    options.dtype = options.dtype ?? .uint64
    (self.source, self.relabelling, self.options, self.spec) = (source, relabelling, options, spec)
  }

  package func plan() throws -> BlockwisePlan { try statement(nil).plan() }

  /// - Throws: `BlockwiseError`, `SegmentationError.dtype`, `.tooManyObjects` if ids do not fit the result's type.
  package func execute(_ context: ExecutionContext) throws -> (output: any ArraySource, objects: Int) {
    let statement = try statement(nil)
    _ = try statement.plan()   // what can be refused is refused before the first pass
    var passing = options
    passing.block = options.block ?? readingBlock(of: source)
    let ids = try sizesBlockwise(source, options: passing, context).ids
    if saturated(ids.count, 48) > context.memoryBudget { throw BlockwiseError.budget(what: "\(ids.count) ids", bytes: saturated(ids.count, 48), budget: context.memoryBudget) }
    let (map, objects) = try relabelling.renumbered(ids, context)
    let output = try self.statement(try IdLookup(map, dtype: options.dtype ?? .uint64, context)).execute(context).output
    if let path = spec.path { try StoredArray.open(path, mode: .edit).setAttributes(.object([.init("objects", JSON(objects))])) }
    return (try spec.path.map { try StoredArray.open($0) } ?? output, objects)
  }

  /// - Parameter lookup: nil for a plan.
  private func statement(_ lookup: IdLookup?) throws -> BlockwiseStatement {
    try BlockwiseStatement([source], options: options, to: spec) { volumes, _, context in
      guard let lookup else { return volumes[0].array }
      return try lookup.apply(to: volumes[0].array, unmapped: .refuse, context)
    }
  }
}

/// Writes something that depends on the id of each voxel and its size in the whole volume: two passes.
package struct SizeStatement: Sendable {
  package let source: any ArraySource
  private let options: BlockwiseOptions
  private let spec: OutputSpec
  private let value: @Sendable (IdSizes.Entry) -> UInt64

  /// - Parameter value: of an id other than 0 and its size. - Parameter options: `dtype` is the result's and must hold the values.
  package init(_ source: any ArraySource, options: BlockwiseOptions, to spec: OutputSpec, value: @escaping @Sendable (IdSizes.Entry) -> UInt64) {
    (self.source, self.options, self.spec, self.value) = (source, options, spec, value)
  }

  package func plan() throws -> BlockwisePlan { try statement(nil).plan() }

  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    _ = try plan()
    var passing = options
    passing.block = options.block ?? readingBlock(of: source)
    let entries = try sizesBlockwise(source, options: passing, context).entries
    let map = entries.filter { $0.id != 0 }.map { IdPair($0.id, value($0)) }
    return try statement(try IdLookup(map, dtype: options.dtype ?? .uint64, context)).execute(context)
  }

  private func statement(_ lookup: IdLookup?) throws -> BlockwiseStatement {
    try BlockwiseStatement([source], options: options, to: spec) { volumes, _, context in
      guard let lookup else { return volumes[0].array }
      return try lookup.apply(to: volumes[0].array, unmapped: .refuse, context)
    }
  }
}
