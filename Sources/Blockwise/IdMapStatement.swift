// Values that depend on the id of each voxel and on all ids of a volume of any size: new ids, sizes.
//
// 1. ids     each block says which ids it holds and how often; together they decide what each id becomes
// 2. blocks  each block is read once more and written with what its ids became
//
// labels  axes of space; bool or integers       result  same axes, unsigned
// Limits: the ids are in memory, 48 bytes each (checked against the budget). Checked against relabelling of the whole: IdMapTests.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

package struct IdMapStatement: Sendable {
  package let source: any ArraySource
  private let options: BlockwiseOptions
  private let spec: OutputSpec
  private let counts: Bool
  private let map: @Sendable ([IdSizes.Entry], ExecutionContext) throws -> (map: [IdPair], objects: Int)

  /// - Parameter options: `dtype` is the result's and must hold the values; `parameters` all that decides the map beside the ids.
  /// - Parameter counts: whether the output's attributes say how many objects there are.
  /// - Parameter map: what each id becomes (those it does not name are refused), from all ids, ascending, with their sizes.
  package init(
    _ source: any ArraySource, options: BlockwiseOptions, to spec: OutputSpec, counts: Bool = false,
    map: @escaping @Sendable ([IdSizes.Entry], ExecutionContext) throws -> (map: [IdPair], objects: Int)
  ) {
    var options = options
    options.dtype = options.dtype ?? .uint64
    (self.source, self.options, self.spec, self.counts, self.map) = (source, options, spec, counts, map)
  }

  /// Merges and renumbers.
  package init(_ source: any ArraySource, _ relabelling: Relabelling, options: BlockwiseOptions, to spec: OutputSpec) {
    var options = options
    options.parameters.append(("new ids", relabelling.text))
    self.init(source, options: options, to: spec, counts: true) { entries, context in try relabelling.renumbered(entries.map(\.id).filter { $0 != 0 }, context) }
  }

  /// Both passes; the first does not decide the bytes.
  package func plan() throws -> BlockwisePlan {
    var plan = try writing(nil).plan()
    let tiling = try Tiling(total: try VoxelRoi(shape: source.shape), block: passing.block ?? plan.stages[0].tiling.blockShape, context: source.shape.map { _ in 0 })
    var first = plan.stages[0]
    (first.name, first.tiling, first.bytesRead, first.bytesWritten, first.decidesBytes) = ("ids", tiling, try NDArray.byteCount(source.dtype, source.shape), 0, false)
    plan.stages.insert(first, at: 0)
    return plan
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError`, `SegmentationError.dtype`, `.tooManyObjects` if values do not fit the result's type.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    // what can be refused is refused before the first pass, and what is there is not made again
    if let finished = try writing(nil).finished(context), try !counts || isCounted() { return finished }
    let entries = try sizesBlockwise(source, options: passing, context).entries
    if saturated(entries.count, 48) > context.memoryBudget { throw BlockwiseError.budget(what: "\(entries.count) ids", bytes: saturated(entries.count, 48), budget: context.memoryBudget) }
    let (map, objects) = try map(entries, context)
    let result = try writing(try IdLookup(map, dtype: options.dtype ?? .uint64, context)).execute(context)
    guard counts, let path = spec.path else { return result }
    try StoredArray.open(path, mode: .edit).setAttributes(.object([.init("objects", JSON(objects))]))
    return BlockwiseResult(output: try StoredArray.open(path), report: result.report)
  }

  private func isCounted() throws -> Bool { try spec.path.map { try StoredArray.open($0).attributes["objects"] != nil } ?? false }

  /// Of the first pass: each chunk is read once.
  private var passing: BlockwiseOptions {
    var options = options
    options.block = options.block ?? readingBlock(of: source)
    return options
  }

  /// - Parameter lookup: nil where nothing is to be run.
  private func writing(_ lookup: IdLookup?) throws -> BlockwiseStatement {
    try BlockwiseStatement([source], options: options, to: spec) { volumes, _, context in
      guard let lookup else { return volumes[0].array }
      return try lookup.apply(to: volumes[0].array, unmapped: .refuse, context)
    }
  }
}
