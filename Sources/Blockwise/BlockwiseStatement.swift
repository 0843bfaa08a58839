// A function over blocks: blockwise(f, inputs…).
//
// The function sees each input at the block grown by the context, padded at the edges of the array, and returns the block, or block and
// context, which is cropped. Axes that it returns before the spatial ones (channels) become leading axes of the output. So for a function
// that looks no farther than the context, blockwise(f, a) equals f(a), for any block size and any number of workers; at the edges of the array where
// f sees there what `pad` says: filters mirror as `symmetric` does.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

/// Given the inputs at the block's `readRoi`, the block, and what it may use.
package typealias BlockKernel = @Sendable ([Volume], Block, ExecutionContext) throws -> NDArray

package struct BlockwiseOptions: Sendable {
  /// For people: the function's name.
  package var name: String
  /// For the plan: everything that decides what the function computes (its source text, captured values, seed, version, kernel level).
  package var parameters: [(key: String, value: String)]
  /// Voxels along each spatial axis; nil: the chunks of an output that exists, else 64.
  package var block: [Int]?
  /// Voxels along each spatial axis, both sides; nil is none.
  package var context: [Int]?
  /// nil: all, if all inputs cover the same.
  package var roi: WorldRoi?
  package var pad: Pad = .reflect
  /// nil: what the function returns for the first block.
  package var dtype: DType?
  package var ids = Ids.given
  /// nil: as many as the pool has threads.
  package var workers: Int?
  /// Further tries of a block that failed.
  package var retries = 2

  package init(name: String, parameters: [(key: String, value: String)] = [], block: [Int]? = nil, context: [Int]? = nil) {
    (self.name, self.parameters, self.block, self.context) = (name, parameters, block, context)
  }
}

/// What becomes of the ids that a function gives; 0 stays 0 always.
package enum Ids: String, Sendable {
  case given = "as given"
  /// Each block's are its own: block number in the high bits, the function's id in the low ones. uint64.
  case unique
  /// The same in two words, (2, space…) uint64: no id is too large beside any number of blocks.
  case wide

  /// Channels that are put before a block.
  package var leading: [Int] { self == .wide ? [2] : [] }
}

package struct BlockwiseResult: Sendable {
  package let output: any ArraySource
  package let report: Report
}

package struct BlockwiseStatement: Sendable {
  package let inputs: Inputs
  package let options: BlockwiseOptions
  package let spec: OutputSpec
  package let tiling: Tiling
  private let kernel: BlockKernel
  private let names: [Identity]

  /// Checks everything that can be checked without running the function. Reads and writes no voxel.
  ///
  /// - Throws: `BlockwiseError`, `GeometryError`, `StorageError`.
  package init(_ sources: [any ArraySource], options: BlockwiseOptions, to spec: OutputSpec, kernel: @escaping BlockKernel) throws {
    let inputs = try Inputs(sources, roi: options.roi)
    let rank = inputs.grid.rank
    let block = options.block ?? spec.usualBlock(over: inputs.total.shape.values)
    tiling = try Tiling(total: inputs.total, block: block, context: options.context ?? [Int](repeating: 0, count: rank))
    names = try sources.map { try Identity(of: $0, content: spec.path != nil) }
    (self.inputs, self.options, self.spec, self.kernel) = (inputs, options, spec, kernel)
  }

  /// The plan as far as it is known before the function has run: dtype and channels may come from its first block.
  package func plan() throws -> BlockwisePlan { try plan(dtype: options.dtype, leading: nil) }

  /// Shapes in which the function gets its inputs in the first block.
  package func firstShapes() throws -> [[Int]] {
    let read = tiling.count == 0 ? tiling.blockShape : try tiling.block(0).readRoi.shape.values
    return inputs.sources.map { source in
      var shape = source.shape
      for (axis, place) in source.grid.spatialAxes.enumerated() { shape[place] = read[axis] }
      return shape
    }
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted` and what `plan` and the output can throw.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    let (dtype, leading) = try outcome(context)
    let plan = try plan(dtype: dtype, leading: leading)
    let output = try BlockOutput(plan, options.ids == .given ? spec : markedUnique, leading: leading, total: tiling.total, dtype: dtype, inputs: inputs.sources, context)
    let (inputs, options, kernel, total, count) = (inputs, options, kernel, tiling.total, tiling.count)
    return try finishBlocks(of: plan, tiling, into: output, workers: options.workers, retries: options.retries, context) { _, _ in
      { block, context in
        let volumes = try inputs.read(block.readRoi, pad: options.pad, context)
        let own = Array(leading.dropFirst(options.ids.leading.count))
        let values = try converted(try cropped(try kernel(volumes, block, context), to: block, leading: own), to: dtype, of: block, in: total)
        return switch options.ids {
        case .given: values
        case .unique: try unique(values, block: block.index, of: count)
        case .wide: try widened(values, high: UInt64(bitPattern: block.index))
        }
      }
    }
  }

  /// The result of an earlier run whose function gave `options.dtype` and no channels, if nothing of it is missing; makes nothing.
  func finished(_ context: ExecutionContext) throws -> BlockwiseResult? {
    guard let path = spec.path, !spec.replace, let dtype = options.dtype, case .plan(let text) = try JournalFolder.look(at: try Location(path).description) else { return nil }
    let plan = try plan(dtype: dtype, leading: [])
    guard text == plan.text else { return nil }
    return try BlockOutput(plan, spec, leading: [], total: tiling.total, dtype: dtype, inputs: inputs.sources, context).finished(plan)
  }

  /// The output's attributes say in which blocks ids are unique: pairs across their faces are what is left to join.
  private var markedUnique: OutputSpec {
    var spec = spec
    spec.attributes = IdBlocks(options.ids.leading + tiling.blockShape).marked(spec.attributes)
    return spec
  }

  /// Element type and leading axes of the output: from an earlier run's output, else from running the function on the first block.
  private func outcome(_ context: ExecutionContext) throws -> (DType, [Int]) {
    if options.ids != .given, let dtype = options.dtype, dtype != .uint64 { throw BlockwiseError.kernelDType(expected: .uint64, found: dtype) }
    if let path = spec.path, !spec.replace, case .plan = try JournalFolder.look(at: try Location(path).description), let array = try? StoredArray.open(path), array.shape.count >= tiling.rank {
      return (options.ids != .given ? .uint64 : options.dtype ?? array.dtype, Array(array.shape.dropLast(tiling.rank)))
    }
    guard tiling.count > 0 else { return (options.dtype ?? inputs.sources[0].dtype, []) }
    // The first block says what the function returns; where it fails, the next one, until that makes no sense.
    var report = Report(stage: "blockwise \(options.name)", total: tiling.count)
    for index in 0..<min(tiling.count, Int64(context.stopsAtFirstFailure ? 1 : BlockRun.hopeless)) {
      let block = try tiling.block(index)
      for attempt in 1...(1 + max(0, options.retries)) {
        do {
          let values = try kernel(try inputs.read(block.readRoi, pad: options.pad, context), block, context)
          let leading = options.ids == .wide ? [] : Array(values.shape.dropLast(tiling.rank))
          _ = try cropped(values, to: block, leading: leading)
          return (options.ids != .given ? .uint64 : options.dtype ?? values.dtype, options.ids.leading + leading)
        } catch {
          if error is Cancelled || context.cancellation.isCancelled { throw error }
          guard attempt == 1 + max(0, options.retries) || isLasting(error) else { continue }
          report.failed.append(BlockFailure(block: block, tries: attempt, cause: error))
          break
        }
      }
    }
    throw BlockwiseError.blocksFailed(placed(report, inputs.grid, VoxelCoordinate(repeating: 0, count: tiling.rank)), path: nil)
  }

  /// The plan, given what the function returns.
  ///
  /// - Parameter leading: lengths of the axes before the spatial ones.
  package func plan(dtype: DType?, leading: [Int]?) throws -> BlockwisePlan {
    let axes = leadingAxes(leading?.count ?? 0)
    let grid = try inputs.grid.shifted(to: tiling.total.offset.values).with(axes: axes + inputs.grid.axes)
    let output = try plannedOutput(spec, grid: grid, dtype: dtype, leading: leading ?? [], tiling)
    let voxels = try tiling.count == 0 ? 0 : tiling.block(0).readRoi.count()
    let written = try NDArray.byteCount(dtype ?? .uint8, (leading ?? []) + tiling.blockShape)
    let stage = BlockwisePlan.StagePlan(
      name: "blocks", tiling: tiling, bytesRead: inputs.bytes(voxels: tiling.voxelsRead),
      bytesWritten: try NDArray.byteCount(output.dtype ?? .uint8, output.shape), bytesPerWorker: saturated(inputs.bytes(voxels: voxels) &+ written, 2))
    return BlockwisePlan(
      title: "blockwise \(options.name)", inputs: zip(inputs.sources, names).map { BlockwisePlan.Input($0, $1) }, output: output, stages: [stage],
      parameters: [("pad", "\(options.pad)"), ("ids", options.ids.rawValue)] + options.parameters)
  }

  private func leadingAxes(_ count: Int) -> [Axis] {
    let own = inputs.sources[0].grid.axes.filter { $0.kind != .space }
    return own.count == count && options.ids != .wide ? own : count == 1 ? [.c] : (0..<count).map { Axis("d\($0)", .channel) }
  }
}

/// Runs blocks that each yield an array into an open output: the common end of all statements whose result is an array.
func finishBlocks(
  of plan: BlockwisePlan, stage: Int = 0, _ tiling: Tiling, into output: BlockOutput, workers: Int?, retries: Int, _ context: ExecutionContext,
  makeWorker: @escaping @Sendable (_ worker: Int, ExecutionContext) throws -> (Block, ExecutionContext) throws -> NDArray
) throws -> BlockwiseResult {
  let planned = plan.stages[stage]
  if planned.bytesPerWorker > context.memoryBudget { throw BlockwiseError.budget(what: "one block", bytes: planned.bytesPerWorker, budget: context.memoryBudget) }
  let affordable = planned.bytesPerWorker > 0 ? context.memoryBudget / planned.bytesPerWorker : .max
  if let elsewhere = output.elsewhere, let folder = output.folder, context.shard == nil {
    return try finishElsewhere(plan, planned, tiling, output, folder, elsewhere, context)
  }
  let shard = context.shard, whole = try output.folder?.stage(planned.name, count: tiling.count)
  var run = BlockRun(
    stage: plan.stages.count == 1 ? plan.title : "\(plan.title): \(planned.name)", tiling: tiling, journal: try shard.map { try output.folder?.stage(Elsewhere.part(planned.name, $0.name), count: tiling.count) } ?? whole,
    verify: { try output.isThere($0) }
  ) { worker, inner in
    let body = try makeWorker(worker, inner)
    return { block, context in try output.write(try body(block, context), of: block, context) }
  }
  if let shard {
    run.part = (Int64(shard.index), Int64(shard.count))
    run.isDone = { try whole?.isFinished($0) ?? false }
  }
  let report = try run.run(workers: max(1, min(workers ?? context.pool.threads, affordable)), retries: retries, path: output.path, context)
  try output.folder?.record(report, in: shard.map { Elsewhere.part(planned.name, $0.name) + Elsewhere.reportSuffix } ?? "runs")
  if !report.isComplete { throw BlockwiseError.blocksFailed(placed(report, plan.output.grid, tiling.total.offset), path: output.path) }
  return BlockwiseResult(output: try output.result(), report: report)
}

/// With the places of failed blocks in the world: their voxels count from `origin`, where `grid` begins.
func placed(_ report: Report, _ grid: Grid, _ origin: VoxelCoordinate) -> Report {
  var report = report
  guard let spatial = try? grid.with(axes: grid.axes.filter { $0.kind == .space }) else { return report }
  for at in report.failed.indices { report.failed[at].world = try? spatial.world(VoxelRoi(offset: report.failed[at].roi.offset - origin, shape: report.failed[at].roi.shape)) }
  return report
}

/// The part of a function's result that the block writes.
func cropped(_ values: NDArray, to block: Block, leading: [Int]) throws -> NDArray {
  let rank = block.writeRoi.rank, write = block.writeRoi.shape.values, read = block.readRoi.shape.values
  let extents = Array(values.shape.suffix(rank))
  guard values.rank >= rank, Array(values.shape.dropLast(rank)) == leading, extents == write || extents == read else {
    throw BlockwiseError.kernelShape(found: values.shape, block: leading + write, read: leading + read)
  }
  if extents == write { return values }
  return try values.slice(offset: leading.map { _ in 0 } + (try block.writeRoi.offset - block.readRoi.offset).values, shape: leading + write)
}

/// What the plan says of an output; also checks that blocks and chunks fit.
func plannedOutput(_ spec: OutputSpec, grid: Grid, dtype: DType?, leading: [Int], _ tiling: Tiling) throws -> BlockwisePlan.Output {
  let spatial = tiling.total.shape.values, shape = leading + spatial
  func checked(_ lengths: [Int], _ what: String) throws -> [Int] {
    let lengths = lengths.count == shape.count ? Array(lengths.suffix(tiling.rank)) : lengths
    guard lengths.count == tiling.rank else { throw BlockwiseError.blockRank(what, expected: tiling.rank, found: lengths) }
    if lengths.contains(where: { $0 < 1 }) { throw BlockwiseError.emptyBlock(lengths) }
    return lengths
  }
  if let shards = try spec.shards.map({ try checked($0, "shards") }) {
    for axis in shards.indices where shards[axis] < spatial[axis] && tiling.blockShape[axis] % shards[axis] != 0 { throw BlockwiseError.notWholeShards(block: tiling.blockShape, shards: shards) }
    let whole = leading.map { max(1, $0) } + shards
    let inner = try spec.chunks.map { leading.map { max(1, $0) } + (try checked($0, "chunks")) } ?? ArraySpec.defaultChunks(shape, grid, in: whole)
    guard zip(whole, inner).allSatisfy({ $0 % $1 == 0 }) else { throw BlockwiseError.notWholeChunks(shards: shards, chunks: Array(inner.suffix(tiling.rank))) }
    return BlockwisePlan.Output(path: spec.path, dtype: dtype, shape: shape, chunks: whole, inner: inner, grid: grid)
  }
  var chunks = try checked(spec.chunks ?? tiling.blockShape, "chunks")
  chunks = zip(chunks, spatial).map { min($0, max(1, $1)) }
  for axis in chunks.indices where chunks[axis] < spatial[axis] && tiling.blockShape[axis] % chunks[axis] != 0 {
    throw BlockwiseError.notMultiple(block: tiling.blockShape, chunks: chunks)
  }
  return BlockwisePlan.Output(path: spec.path, dtype: dtype, shape: shape, chunks: leading.map { max(1, $0) } + chunks, grid: grid)
}

/// Their product; `Int.max` where that is larger.
package func saturated(_ a: Int, _ b: Int) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? .max : product
}

extension OutputSpec {
  /// The block of a statement that names none: the chunks of an output that exists, else `usual`, which is 64, or as many whole shards as reach it.
  /// A chunk that was cut to the array was `usual`.
  func usualBlock(over extent: [Int], _ usual: [Int]? = nil) -> [Int] {
    var usual = usual ?? [Int](repeating: 64, count: extent.count)
    if let shards, shards.count == usual.count, !shards.contains(where: { $0 < 1 }) { usual = zip(usual, shards).map { saturated(($0 - 1) / $1 + 1, $1) } }
    guard !replace, let chunks = path.flatMap({ try? StoredArray.open($0) })?.writeUnit.suffix(extent.count), chunks.count == extent.count else { return usual }
    return zip(zip(chunks, extent), usual).map { $0.0 >= $0.1 ? max($1, $0.0) : $0.0 }
  }
}
