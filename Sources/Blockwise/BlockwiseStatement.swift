// A function over blocks: blockwise(f, inputs…).
//
// The function sees each input at the block grown by the context, padded at the edges of the array, and returns the block, or block and
// context, which is cropped. Axes that it returns before the spatial ones (channels) become leading axes of the output. So for a function
// that looks no farther than the context, blockwise(f, a) equals f(a), for any block size and any number of workers; at the edges of the array where
// f sees there what `pad` says: filters mirror as `symmetric` does.
//
// It may return several arrays, one for each output. Each output has a plan, a lock and a journal of its own; a block is done when all of them have it.

import Arrays
import Execution
import Geometry
import Storage

package struct BlockwiseStatement: Sendable {
  package let inputs: Inputs
  package let options: BlockwiseOptions
  /// At least one; in memory the one stands for as many as the function returns.
  package let targets: [BlockTarget]
  package let tiling: Tiling
  let kernel: BlockKernels
  private let names: [Identity]

  /// A statement with one output.
  ///
  /// - Throws: `BlockwiseError`, `GeometryError`, `StorageError`.
  package init(_ sources: [any ArraySource], options: BlockwiseOptions, to spec: OutputSpec, kernel: @escaping BlockKernel) throws {
    try self.init(sources, options: options, to: [BlockTarget(spec, dtype: options.dtype, ids: options.ids)]) { [try kernel($0, $1, $2)] }
  }

  /// Checks everything that can be checked without running the function. Reads and writes no voxel.
  ///
  /// - Parameter targets: at least one; `options.dtype` and `.ids` do not matter here.
  /// - Throws: `BlockwiseError`, `GeometryError`, `StorageError`.
  package init(_ sources: [any ArraySource], options: BlockwiseOptions, to targets: [BlockTarget], kernel: @escaping BlockKernels) throws {
    guard let spec = targets.first?.spec else { throw BlockwiseError.resultCount(expected: 0, found: 0) }
    let inputs = try Inputs(sources, roi: options.roi, voxel: options.voxel, mixed: true)
    let rank = inputs.grid.rank
    let block = try inputs.blocks(options.block ?? spec.usualBlock(over: inputs.total.shape.values), isGiven: options.block != nil)
    tiling = try Tiling(total: inputs.total, block: block, context: options.context ?? [Int](repeating: 0, count: rank))
    names = try sources.map { try Identity(of: $0, content: spec.path != nil) }
    let paths = try targets.compactMap { try $0.spec.path.map { try Location($0).description } }
    for (number, path) in paths.enumerated() {
      for other in paths[..<number] where path == other || path.hasPrefix(other + "/") || other.hasPrefix(path + "/") { throw BlockwiseError.outputsMeet(other, path) }
    }
    for target in targets where target.ids != .given {
      if let dtype = target.dtype, dtype != .uint64 { throw BlockwiseError.kernelDType(expected: .uint64, found: dtype) }
    }
    (self.inputs, self.options, self.targets, self.kernel) = (inputs, options, targets, kernel)
  }

  /// The plan as far as it is known before the function has run: dtype and channels may come from its first block.
  package func plan() throws -> BlockwisePlan { try plans(targets.map(\.known))[0] }

  /// Shapes in which the function gets its inputs in the first block.
  package func firstShapes() throws -> [[Int]] {
    if tiling.count > 0 { return try inputs.shapes(try tiling.block(0)) }
    return try inputs.shapes(Block(index: 0, writeRoi: tiling.total, readRoi: tiling.total))
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted` and what plans and outputs can throw.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    let least = try plan().stages[0].bytesPerWorker   // what the first block needs at least, before it is read
    if least > context.memoryBudget { throw BlockwiseError.budget(what: "one block", bytes: least, budget: context.memoryBudget) }
    let parts = try outcomes(context), plans = try plans(parts.map { BlockOutcome(dtype: $0.dtype, leading: $0.leading) })
    let (inputs, options, kernel, total, count) = (inputs, options, kernel, tiling.total, tiling.count)
    let outputs = try parts.enumerated().map { number, part in
      let spec = part.target.ids == .given ? part.target.spec : marked(part.target)
      return try BlockOutput(plans[number], spec, leading: part.leading, total: tiling.total, dtype: part.dtype, inputs: inputs.sources, number: number, context)
    }
    return try finishBlocks(of: plans, tiling, into: outputs, workers: options.workers, retries: options.retries, context) { _, inner in
      let reading = inner.reading
      return { block, context in
        let results = try kernel(try inputs.read(block, pad: options.pad, reading), block, context)
        guard results.count == parts.count else { throw BlockwiseError.resultCount(expected: parts.count, found: results.count) }
        let whole = try inputs.whole(block)
        var values: [NDArray] = []
        for (part, result) in zip(parts, results) {
          let own = try converted(try cropped(result, to: block, whole: whole, leading: part.given), to: part.dtype, of: block, in: total)
          values.append(try part.target.ids.apply(to: own, of: block, among: count))
        }
        return values
      }
    }
  }

  /// The result of an earlier run whose function gave `options.dtype` and no channels, if nothing of it is missing; makes nothing.
  func finished(_ context: ExecutionContext) throws -> BlockwiseResult? {
    let spec = targets[0].spec
    guard let path = spec.path, !spec.replace, let dtype = targets[0].dtype, case .plan(let text) = try JournalFolder.look(at: try Location(path).description) else { return nil }
    let plan = try plans([BlockOutcome(dtype: dtype, leading: [])])[0]
    guard text == plan.text else { return nil }
    return try BlockOutput(plan, spec, leading: [], total: tiling.total, dtype: dtype, inputs: inputs.sources, context).finished(plan)
  }

  /// In memory one stands for whatever the function returns.
  package func target(_ number: Int) -> BlockTarget { targets[min(number, targets.count - 1)] }

  /// The output's attributes say in which blocks ids are unique: pairs across their faces are what is left to join.
  private func marked(_ target: BlockTarget) -> OutputSpec {
    var spec = target.spec
    spec.attributes = IdBlocks(target.ids.leading + tiling.blockShape).marked(spec.attributes)
    return spec
  }

  /// A plan for each output, given what the function returns.
  package func plans(_ outcomes: [BlockOutcome]) throws -> [BlockwisePlan] {
    let origin = tiling.total.offset.values, voxels = try tiling.count == 0 ? 0 : inputs.whole(try tiling.block(0)).count()
    var plans: [BlockwisePlan] = []
    for (number, outcome) in outcomes.enumerated() {
      let target = target(number)
      let grid = try inputs.grid.shifted(to: origin).with(axes: leadingAxes(outcome.leading?.count ?? 0, target.ids) + inputs.grid.axes)
      let output = try plannedOutput(target.spec, grid: grid, dtype: outcome.dtype, leading: outcome.leading ?? [], tiling)
      let written = try NDArray.byteCount(outcome.dtype ?? .uint8, (outcome.leading ?? []) + tiling.blockShape)
      let stage = BlockwisePlan.StagePlan(
        name: "blocks", tiling: tiling, bytesRead: inputs.bytes(voxels: tiling.voxelsRead),
        bytesWritten: try NDArray.byteCount(output.dtype ?? .uint8, output.shape), bytesPerWorker: saturated(inputs.bytes(voxels: voxels) &+ written, 2))
      plans.append(BlockwisePlan(
        title: "blockwise \(options.name)", inputs: zip(inputs.sources, names).map { BlockwisePlan.Input($0, $1) }, output: output, stages: [stage],
        parameters: [("pad", "\(options.pad)"), ("ids", target.ids.rawValue)] + (outcomes.count > 1 ? [("output", "\(number + 1) of \(outcomes.count)")] : []) + options.parameters))
    }
    return plans
  }

  private func leadingAxes(_ count: Int, _ ids: Ids) -> [Axis] {
    let own = inputs.sources[0].grid.axes.filter { $0.kind != .space }
    return own.count == count && ids != .wide ? own : count == 1 ? [.c] : (0..<count).map { Axis("d\($0)", .channel) }
  }
}
