// A model over a volume: predict(model, source).
//
// source       spatial axes, or channel and spatial axes; any dtype, normalised as the model says; mirrored at the edges
// prediction   spatial axes for one channel, else channel first; float32, float16, or uint8 with its scaling in the attributes
// Super-resolution: blocks, chunks and the result are in voxels of the output, which are `scale` times smaller than those of the source.
// A network of two spatial axes takes each plane of a volume by itself.
// Each worker has one engine, made once and reused for all its blocks, and two threads where memory allows: while one computes, the other writes
// a block and reads the next. Where one pass over a block needs more memory than there is, the block is done in several tiles; that changes
// nothing in the result (NetworkTiles.swift).

import Arrays
import CKernels
import Execution
import Geometry
import Networks
import Storage

package struct PredictOptions: Sendable {
  /// Voxels along each spatial axis; nil: the chunks of an output that exists, else `defaultBlock`.
  package var block: [Int]?
  /// nil: all of the source.
  package var roi: WorldRoi?
  /// `.float32`, `.float16` or `.uint8`.
  package var dtype: DType
  package var pad: Pad
  /// One engine each, used by two threads in turn; convolutions use the whole pool by themselves.
  package var workers: Int
  package var retries: Int
  /// Convolutions in tiles: faster, but the last bits depend on blocks and on memory.
  package var fast: Bool
  /// The mean over all mirrorings of the input instead of one pass (test-time augmentation): 2ⁿ passes.
  package var mirror: Bool
  /// Said in plans and messages.
  package var name: String

  package init(
    block: [Int]? = nil, roi: WorldRoi? = nil, dtype: DType = .float32, pad: Pad = .reflect, workers: Int = 1, retries: Int = 2, fast: Bool = false, mirror: Bool = false, name: String = "model"
  ) {
    (self.block, self.roi, self.dtype, self.pad) = (block, roi, dtype, pad)
    (self.workers, self.retries, self.fast, self.mirror, self.name) = (workers, retries, fast, mirror, name)
  }
}

/// Predicts a volume, in memory or on disk, and continues where an earlier run of the same plan stopped.
package func predict(_ model: Model, _ source: any ArraySource, _ options: PredictOptions = PredictOptions(), to spec: OutputSpec = .memory, _ context: ExecutionContext) throws -> BlockwiseResult {
  try PredictStatement(model, source, options, to: spec, context).execute(context)
}

package struct PredictStatement: Sendable {
  package let tiling: Tiling
  package let tiles: NetworkTiles
  private let model: Model
  private let inputs: Inputs
  private let options: PredictOptions
  private let spec: OutputSpec
  private let scaling: Scaling?
  private let identity: Identity
  private let bytesPerWorker: Int
  /// Of a worker: 2 where two blocks fit in memory.
  private let threads: Int
  /// Voxels of the output in one of the source, along each axis of the source.
  private let scale: [Int]

  /// Checks source against model and chooses tiles that fit in memory. Reads no voxel.
  ///
  /// - Throws: `BlockwiseError.model` with both sides of what does not fit; `.budget`; `NetworkError`.
  package init(_ model: Model, _ source: any ArraySource, _ options: PredictOptions, to spec: OutputSpec, _ context: ExecutionContext) throws {
    let network = model.network
    try Self.check(model, source)
    scaling = try Scaling(model.activation, options.dtype)
    let inputs = try Inputs([source], roi: options.roi)
    let rank = inputs.grid.rank, planes = rank - network.spatialRank
    func laid(_ lengths: [Int]) throws -> NetworkTiles {
      network.seesAll ? try NetworkTiles(network, trainedOn: model.provenance["input"]?.ints ?? []) : try NetworkTiles(network, atLeast: lengths)
    }
    let least = try laid([Int](repeating: 1, count: network.spatialRank))
    let scale = [Int](repeating: 1, count: planes) + least.scale
    let total = try VoxelRoi(offset: Coordinate(zip(inputs.total.offset.values, scale).map(saturated)), shape: Coordinate(zip(inputs.total.shape.values, scale).map(saturated)))
    let block = options.block ?? spec.usualBlock(over: total.shape.values, zip(Self.defaultBlock(least, planes: planes), scale).map(saturated))
    let margin = zip([Int](repeating: 0, count: planes) + least.before, scale).map(saturated)
    tiling = try Tiling(total: total, block: block, before: margin, after: margin)

    // One pass a block if it fits in memory, else halves of the longest axis until it does.
    let share = context.memoryBudget / max(1, options.workers)
    let inner = ExecutionContext(pool: context.pool, cancellation: context.cancellation, memoryBudget: share)
    var lengths = (planes..<rank).map { axis -> Int in
      let parts = scale[axis], fine = max(1, min(block[axis], total.shape[axis])), step = least.step[axis - planes]
      let length = (fine - 1) / parts + 1, begins = saturated(step, parts)
      let aligned = total.offset[axis] % begins == 0 && (block[axis] % begins == 0 || block[axis] >= total.shape[axis])
      return aligned ? length : length + step - 1 + (parts > 1 ? 1 : 0)
    }
    let block2 = saturated(2 * 4 * network.outChannels, try VoxelRoi(shape: block).count())   // as values and as stored
    if network.seesAll { lengths = least.tile }
    var fitting: (tiles: NetworkTiles, bytes: Int, perThread: Int)?
    while fitting == nil {
      let tiles = try laid(lengths)
      let tensors = saturated(2 * 4, Int(clamping: Int128(saturated(network.inChannels, tiles.input.reduce(1, saturated))) + Int128(saturated(network.outChannels, zip(tiles.input, tiles.scale).map(saturated).reduce(1, saturated)))))
      do {
        let needed = Int(clamping: Int128(try Self.engineBytes(network, tiles, options.fast, inner)) + Int128(tensors) + Int128(block2))
        guard needed <= share else { throw NetworkError.memory(needed: needed, budget: share) }
        fitting = (tiles, needed, saturatedSum(tensors, block2))
      } catch NetworkError.memory(let needed, let budget) {
        let longest = lengths.indices.max { lengths[$0] - least.tile[$0] < lengths[$1] - least.tile[$1] } ?? 0
        if lengths[longest] <= least.tile[longest] { throw NetworkError.memory(needed: needed, budget: budget) }
        lengths[longest] = max(least.tile[longest], lengths[longest] / 2)
      }
    }
    let (tiles, bytes, perThread) = fitting ?? (least, 0, 0)
    self.tiles = tiles
    threads = bytes + min(perThread, Int.max - bytes) <= share ? 2 : 1
    bytesPerWorker = threads == 2 ? bytes + perThread : bytes
    if options.mirror { try Self.checkMirrored(model, tiles) }
    identity = try Identity(of: source, content: spec.path != nil)
    (self.model, self.inputs, self.options, self.spec, self.scale) = (model, inputs, options, spec, scale)
  }

  package func plan() throws -> BlockwisePlan {
    let channels = model.network.outChannels, leading = channels > 1 ? [channels] : []
    let grid = try finer(inputs.grid).shifted(to: tiling.total.offset.values).with(axes: leading.map { _ in .c } + inputs.grid.axes)
    let output = try plannedOutput(spec, grid: grid, dtype: options.dtype, leading: leading, tiling)
    let source = inputs.sources[0]
    let stage = BlockwisePlan.StagePlan(
      name: "blocks", tiling: tiling, bytesRead: inputs.bytes(voxels: tiling.voxelsRead / scale.reduce(1, *)),
      bytesWritten: try NDArray.byteCount(options.dtype, output.shape),
      bytesPerWorker: bytesPerWorker)
    return BlockwisePlan(
      title: "predict \(options.name)", inputs: [BlockwisePlan.Input(source, identity)], output: output, stages: [stage],
      parameters: [("model", model.contentHash), ("pad", "\(options.pad)"), ("kernels", kernelClass())] + (options.fast ? [("fast", "true")] : []) + (options.mirror ? [("mirror", "true")] : []))
  }

  /// The source's grid with the voxels of the output; where nothing is known of them they have length 1 either way.
  private func finer(_ grid: Grid) throws -> Grid {
    guard grid.isKnown, scale.contains(where: { $0 > 1 }) else { return grid }
    return try Grid(axes: grid.axes, voxelSize: Coordinate(try zip(grid.voxelSize.values, scale).map { try $0 / Rational($1) }), offset: grid.offset)
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted` and what the output can throw.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    let plan = try plan()
    var spec = spec
    if let scaling { spec.attributes = spec.attributes.merging(.object([.init("scaling", scaling.json)])) }
    let leading = Array(plan.output.shape.dropLast(tiling.rank))
    let output = try BlockOutput(plan, spec, leading: leading, total: tiling.total, dtype: options.dtype, inputs: inputs.sources, context)
    let (model, inputs, options, tiles, scaling) = (model, inputs, options, tiles, scaling)
    let share = context.memoryBudget / max(1, options.workers)
    let engines = (0..<max(1, options.workers)).map { _ in
      SharedEngine { try Engine(model.network, batch: 1, inputSpatialShape: tiles.input, mode: .inference, fast: options.fast, context: $0.with(memoryBudget: share)) }
    }
    return try finishBlocks(of: plan, tiling, into: output, workers: options.workers, threads: threads, retries: options.retries, context) { worker, inner in
      let engine = engines[worker % engines.count]
      try engine.prepare(inner)
      let predictor = BlockPredictor(model: model, engine: engine, tiles: tiles, inputs: inputs, pad: options.pad, mirror: options.mirror, scaling: scaling, dtype: options.dtype, leading: leading)
      return { block, context in try predictor.predict(block, context) }
    }
  }

  /// Memory of an engine for one tile; asked of the engine itself, which takes none of it before it runs.
  private static func engineBytes(_ network: Network, _ tiles: NetworkTiles, _ fast: Bool, _ context: ExecutionContext) throws(NetworkError) -> Int {
    do { return try Engine(network, batch: 1, inputSpatialShape: tiles.input, mode: .inference, fast: fast, context: context).byteCount } catch let error as NetworkError { throw error } catch {
      throw .memory(needed: .max, budget: context.memoryBudget)
    }
  }

  /// A mirrored pass must lie where the plain one does, and mean the same.
  private static func checkMirrored(_ model: Model, _ tiles: NetworkTiles) throws {
    let geometry = try model.network.geometry(forSpatial: tiles.input)
    guard geometry.before == geometry.after else { throw BlockwiseError.model("the output of \(model.network.name) does not lie in the middle of its input: mirrored passes would lie beside it") }
    let kind = model.task["kind"]?.string, directed = kind.map { ["affinities", "descriptors"].contains($0) ? $0 : nil } ?? (model.network.makesFlows ? "flows" : nil)
    if let directed { throw BlockwiseError.model("channels of \(directed) have directions, which a mirrored pass turns around: predict them without mirroring") }
  }

  private static func check(_ model: Model, _ source: any ArraySource) throws {
    let network = model.network, grid = source.grid
    let channels = source.shape.indices.filter { grid.axes[$0].kind != .space }
    guard channels.count <= 1, channels.allSatisfy({ $0 == 0 }) else { throw BlockwiseError.model("expected (channel, space…) or spatial axes alone, found \(shapeText(source.shape)) with axes \(grid.axes.map(\.name).joined(separator: ", "))") }
    let found = channels.first.map { source.shape[$0] } ?? 1
    guard found == network.inChannels else {
      throw BlockwiseError.model("channels do not match: \(network.name) takes \(network.inChannels), the source has \(found) in \(shapeText(source.shape))")
    }
    guard network.spatialRank == grid.spatialRank || (network.spatialRank == 2 && grid.spatialRank == 3) else {
      throw BlockwiseError.model("axes do not match: \(network.name) has \(network.spatialRank) spatial axes, the source \(grid.spatialRank)")
    }
    if grid.isKnown, let expected = model.inputVoxelSize {
      let own = Array(grid.voxelSize.values.suffix(network.spatialRank))
      guard own == expected.values else { throw BlockwiseError.model("voxel sizes do not match: the model was trained at \(expected) nm, the source has \(grid.voxelSize) nm") }
    }
  }

  /// So large that margins and short rows cost little: about twice the margin, 64 to 128 voxels an axis; of networks with fewer axes, 256 to 512.
  private static func defaultBlock(_ tiles: NetworkTiles, planes: Int) -> [Int] {
    let (least, most) = tiles.step.count < 3 ? (256, 512) : (64, 128)
    return [Int](repeating: 1, count: planes) + tiles.step.indices.map { axis in
      let wish = min(most, max(least, tiles.before[axis] + tiles.after[axis])), step = tiles.step[axis]
      return max(1, (wish + step - 1) / step) * step
    }
  }
}

/// Byte-equal results are promised among kernels that round alike: those with fused multiply-add, or the baseline.
func kernelClass() -> String { String(cString: dcs_kernel_level()) == "baseline" ? "baseline" : "fused multiply-add" }

extension Model {
  /// Of everything that decides its predictions.
  package var contentHash: String {
    var hash = StableHash()
    hash.add(network.json.compact)
    hash.add(activation.rawValue)
    hash.add("\(normalisation.scale) \(normalisation.shift)")
    for (name, array) in zip(parameters.names, parameters.arrays) {
      hash.add(name)
      if let packed = try? array.contiguous() { packed.withBytes { hash.add(words: $0) } }
    }
    return hash.text
  }
}
