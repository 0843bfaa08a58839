// Values that depend on the id of each voxel and on all ids of a volume of any size: new ids, sizes.
//
// 1. ids     each block says which ids it holds and how often; together they decide what each id becomes
// 2. blocks  each block is read once more and written with what its ids became
//
// labels  axes of space; bool or integers, or wide ids (Segmentation/WideIds.swift)       result  axes of space, unsigned
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
  private let look: Look

  /// The first pass: what a block becomes, and how many objects there are.
  private typealias Look = @Sendable (any ArraySource, BlockwiseOptions, ExecutionContext) throws -> (apply: @Sendable (NDArray, ExecutionContext) throws -> NDArray, objects: Int)

  private init(_ source: any ArraySource, _ options: BlockwiseOptions, _ spec: OutputSpec, counts: Bool, look: @escaping Look) {
    (self.source, self.options, self.spec, self.counts, self.look) = (source, options, spec, counts, look)
  }

  /// - Parameter options: `dtype` is the result's and must hold the values; `parameters` all that decides the map beside the ids.
  /// - Parameter counts: whether the output's attributes say how many objects there are.
  /// - Parameter map: what each id becomes (those it does not name are refused), from all ids, ascending, with their sizes.
  package init(
    _ source: any ArraySource, options: BlockwiseOptions, to spec: OutputSpec, counts: Bool = false,
    map: @escaping @Sendable ([IdSizes.Entry], ExecutionContext) throws -> (map: [IdPair], objects: Int)
  ) {
    var options = options
    let dtype = options.dtype ?? .uint64
    options.dtype = dtype
    self.init(source, options, spec, counts: counts) { source, passing, context in
      let entries = try sizesBlockwise(source, options: passing, context).entries
      try Self.checkRoom(entries.count, context)
      let (map, objects) = try map(entries, context), lookup = try IdLookup(map, dtype: dtype, context)
      return ({ try lookup.apply(to: $0, unmapped: .refuse, $1) }, objects)
    }
  }

  /// Numbers wide ids 1, 2, … in their order: ordinary ids.
  ///
  /// - Parameter source: (2, space…) uint64.
  package init(wide source: any ArraySource, options: BlockwiseOptions, to spec: OutputSpec) {
    var options = options
    let dtype = options.dtype ?? .uint64, name = options.name
    options.dtype = dtype
    options.parameters.append(("new ids", "compact, of wide ones"))
    self.init(source, options, spec, counts: true) { source, passing, context in
      let found = Doubling<WideId>("ids", bytesEach: 32, budget: context.memoryBudget) { ids in
        var all: [WideId] = []
        for id in ids.sorted() where id != all.last { all.append(id) }
        return all
      }
      var all = try fold([source], options: passing, initial: found, merge: { try $0.add($1) }, context) { volumes, _, context in try wideIds(volumes[0].array, for: name, context) }.result
      let ids = try all.settled()
      try Self.checkRoom(ids.count, context)
      let numbers = try WideNumbers(ids, dtype: dtype, for: name, context)
      return ({ try numbers.apply(to: $0, $1) }, ids.count)
    }
  }

  private static func checkRoom(_ ids: Int, _ context: ExecutionContext) throws {
    if saturated(ids, 48) > context.memoryBudget { throw BlockwiseError.budget(what: "\(ids) ids", bytes: saturated(ids, 48), budget: context.memoryBudget) }
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
    let space = source.grid.spatialAxes.map { source.shape[$0] }
    let tiling = try Tiling(total: try VoxelRoi(shape: space), block: passing.block ?? plan.stages[0].tiling.blockShape, context: space.map { _ in 0 })
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
    let (apply, objects) = try look(source, passing, context)
    let result = try writing(apply).execute(context)
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

  /// - Parameter apply: nil where nothing is to be run.
  private func writing(_ apply: (@Sendable (NDArray, ExecutionContext) throws -> NDArray)?) throws -> BlockwiseStatement {
    try BlockwiseStatement([source], options: options, to: spec) { volumes, _, context in try apply?(volumes[0].array, context) ?? volumes[0].array }
  }
}
