// Exact distances over a volume of any size, equal to those of the whole to the last bit: a Euclidean distance is made one axis at a time, and each pass sees whole lines.
//
// 1. planes   slabs of whole planes: the passes along x and y; squares go to a file beside the output, column by column
// 2. columns  for the blocks of each column through all planes: the pass along z, roots, signs
//
// mask or labels  axes of space; bool or integers       distance  same axes, float32
// Scratch: 4 bytes a voxel (8 for signed distances) in OUTPUT/.dcs, removed at the end.
// Limits: a plane and a column must each fit the budget; refused before any work. Slabs are as thick as the budget allows, which changes no number.
// Checked against distanceTransform and signedDistance of the whole, bit by bit: DistanceStatementTests.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

/// What distances lead to: zero voxels, voxels of another label, or faces between labels.
package enum DistanceKind: Sendable { case background, otherLabel, signed }

package struct DistanceStatement: Sendable {
  package let source: any ArraySource
  private let kind: DistanceKind
  private let options: BlockwiseOptions
  private let spec: OutputSpec
  private let total: VoxelRoi
  private let columns: Tiling
  private let name: Identity
  private let layout: ColumnLayout

  /// - Throws: `BlockwiseError`.
  package init(_ source: any ArraySource, _ kind: DistanceKind, options: BlockwiseOptions, to spec: OutputSpec) throws {
    let rank = source.grid.spatialRank, shape = source.shape
    guard source.grid.rank == rank, (1...3).contains(rank) else { throw BlockwiseError.model("expected 1 to 3 axes of space, found \(shapeText(shape))") }
    guard !source.dtype.isFloat else { throw BlockwiseError.notAMask(source.dtype) }
    total = try VoxelRoi(shape: shape)
    let chunks = options.block ?? spec.usualBlock(over: shape)
    guard chunks.count == rank else { throw BlockwiseError.blockRank("block", expected: rank, found: chunks) }
    if chunks.contains(where: { $0 < 1 }) { throw BlockwiseError.emptyBlock(chunks) }
    var spec = spec, column = chunks
    if spec.shards == nil { spec.chunks = spec.chunks ?? chunks }
    if rank == 3 { column[0] = saturated((max(1, shape[0]) - 1) / chunks[0] + 1, chunks[0]) }
    columns = try Tiling(total: total, block: column, context: [Int](repeating: 0, count: rank))
    layout = try ColumnLayout(shape: [Int](repeating: 1, count: 3 - rank) + shape, block: [Int](repeating: 1, count: 3 - rank) + column, parts: kind == .signed ? 2 : 1)
    name = try Identity(of: source, content: spec.path != nil)
    (self.source, self.kind, self.options, self.spec) = (source, kind, options, spec)
  }

  private var isSigned: Bool { kind == .signed }
  /// The pass along z asks for labels once more.
  private var readsTwice: Bool { kind != .background }

  package func plan(_ context: ExecutionContext) throws -> BlockwisePlan {
    let output = try plannedOutput(spec, grid: source.grid, dtype: .float32, leading: [], columns)
    let slabs = try slabs(context), item = source.dtype.size, bytes = try NDArray.byteCount(source.dtype, source.shape)
    var planes = BlockwisePlan.StagePlan(
      name: "planes", tiling: slabs, bytesRead: bytes, bytesWritten: 0, bytesPerWorker: saturated(slabs.count == 0 ? 0 : slabs.blockShape.reduce(1, saturated), item + layout.bytesPerVoxel))
    planes.decidesBytes = false
    let column = columns.blockShape.indices.reduce(1) { saturated($0, min(columns.blockShape[$1], max(1, source.shape[$1]))) }
    let last = BlockwisePlan.StagePlan(
      name: "columns", tiling: columns, bytesRead: readsTwice ? bytes : 0, bytesWritten: try NDArray.byteCount(.float32, source.shape),
      bytesPerWorker: saturated(column, layout.bytesPerVoxel + 4 + (readsTwice ? item : 0)))
    return BlockwisePlan(title: options.name, inputs: [BlockwisePlan.Input(source, name)], output: output, stages: [planes, last], parameters: (kind == .otherLabel ? [("each", "true")] : []) + options.parameters)
  }

  /// Planes at a time: as many as half the budget holds, a power of two, and no more than a block is deep.
  private func slabs(_ context: ExecutionContext) throws -> Tiling {
    var slab = source.shape.map { max(1, $0) }
    if slab.count == 3 {
      let plane = saturated(saturated(slab[1], slab[2]), source.dtype.size + layout.bytesPerVoxel)
      var planes = 1
      while planes * 2 <= min(slab[0], max(64, source.chunking?.shape[0] ?? 0)), saturated(plane, planes * 2) <= context.memoryBudget / 2 { planes *= 2 }
      slab[0] = planes
    }
    return try Tiling(total: total, block: slab, context: slab.map { _ in 0 })
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted`, `.budget` before any work, and what the output can throw.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    let plan = try plan(context), slabs = plan.stages[0].tiling
    for (stage, what) in zip(plan.stages, ["one plane", "one column of blocks"]) where stage.bytesPerWorker > context.memoryBudget {
      throw BlockwiseError.budget(what: what, bytes: stage.bytesPerWorker, budget: context.memoryBudget)
    }
    let output = try BlockOutput(plan, spec, leading: [], total: total, dtype: .float32, inputs: [source], context)
    guard let folder = output.folder else { throw BlockwiseError.model("distances block by block need an output on disk") }
    let path = Files.join(folder.path, "squares")
    if let finished = try output.finished(plan) {
      try Files.remove(path)
      return finished
    }
    // slabs of any thickness are known to be there only as long as the file they were written to is
    let prefix = "planes-"
    if Files.size(path) == nil { for entry in try Files.list(folder.path) where entry.name.hasPrefix(prefix) { try Files.remove(Files.join(folder.path, entry.name)) } }
    let file = try ScratchFile(path)
    let run = BlockRun(stage: "\(plan.title): planes", tiling: slabs, journal: try folder.stage("\(prefix)\(slabs.blockShape[0])", count: slabs.count), verify: { _, _ in true }) { _, _ in
      { block, context in
        try planes(block, into: file, context)
        return .written
      }
    }
    let affordable = context.memoryBudget / max(1, plan.stages[0].bytesPerWorker)
    let report = try run.run(workers: max(1, min(options.workers ?? context.pool.threads, affordable)), retries: options.retries, path: output.path, context)
    try folder.record(report)
    if !report.isComplete { throw BlockwiseError.blocksFailed(report, path: output.path) }
    let result = try finishBlocks(of: plan, stage: 1, columns, into: output, workers: options.workers, retries: options.retries, context) { _, _ in
      { block, context in try column(block, from: file, context) }
    }
    try Files.remove(path)
    return result
  }

  /// 1 where no voxel size is known, also where a step in a slice left voxels out.
  private var sizes: [Double] { [Double](repeating: 1, count: 3 - source.grid.rank) + source.grid.voxelSize.values.map { source.grid.isKnown ? $0.double : 1 } }

  /// The passes along x and y of one slab.
  private func planes(_ block: Block, into file: ScratchFile, _ context: ExecutionContext) throws {
    var roi = block.writeRoi
    let count = roi.rank == 3 ? roi.shape[0] : 1, first = roi.rank == 3 ? roi.offset[0] : 0
    if isSigned, roi.rank == 3, roi.end[0] < total.end[0] { roi.shape[0] += 1 }
    let read = try source.read(roi, context.reading).contiguous(), values = try read.reshaped([Int](repeating: 1, count: 3 - read.rank) + read.shape)
    if isSigned {
      let (whole, half) = try signedDistanceOfPlanes(values, voxelSize: sizes, context)
      try layout.write(whole, 0, planes: first..<first + count, to: file, context.cancellation)
      try layout.write(half, 1, planes: first..<first + count, to: file, context.cancellation)
    } else {
      try layout.write(try distanceOfPlanes(values, voxelSize: sizes, each: kind == .otherLabel, context), 0, planes: first..<first + count, to: file, context.cancellation)
    }
  }

  /// The pass along z of one column.
  private func column(_ block: Block, from file: ScratchFile, _ context: ExecutionContext) throws -> NDArray {
    let shape = block.writeRoi.shape.values, place = [Int](repeating: 0, count: 3 - shape.count) + block.writeRoi.offset.values
    let squares = try layout.read(0, at: place, from: file)
    if !readsTwice { return try distanceOfColumn(squares, step: sizes[0], context).reshaped(shape) }
    let labels = try source.read(block.writeRoi, context.reading).contiguous().reshaped(squares.shape)
    if !isSigned { return try distanceOfColumn(squares, labels: labels, step: sizes[0], context).reshaped(shape) }
    return try signedDistanceOfColumn(whole: squares, half: try layout.read(1, at: place, from: file), labels: labels, voxelSize: sizes, volume: source.shape, context).reshaped(shape)
  }
}
