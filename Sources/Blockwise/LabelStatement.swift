// Connected components of a mask of any size, exactly those of the whole volume: same components, same numbers.
//
// 1. faces   each block labels its part of the mask by itself and keeps only how many components it has, where each begins, and the labels
//            on its outer faces (FaceRecord), in files beside the output
// 2. reduce  union–find over the labels that touch across faces, edges and corners of blocks; classes are numbered 1, 2, … in raster
//            order of their first voxels, which is how a whole volume is numbered
// 3. labels  each block labels its part once more, which gives the same local labels, and writes the numbers of their classes
//
// No labels are stored in between: labelling twice is cheaper than writing, reading and rewriting 8 bytes a voxel, and since stage 3 reads only
// the mask it may be repeated, in any order, after any kill.
// mask     spatial axes; bool or integers, 0 is background; given, or made from the inputs by a function of a block
// labels   same axes, uint32, or uint64 from 2³² voxels on
// Limits: 2³² − 1 components a block; 32 bytes a component of a block in memory while reducing (checked against the budget).
// Checked against labelComponents of the whole for random masks, all block sizes and connectivities: LabelTests.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

package struct LabelResult: Sendable {
  package let output: any ArraySource
  package let objects: Int
  package let report: Report
}

package struct LabelStatement: Sendable {
  package let tiling: Tiling
  private let inputs: Inputs
  private let options: BlockwiseOptions
  private let connectivity: Int
  private let byValue: Bool
  private let spec: OutputSpec
  private let mask: BlockKernel?
  private let names: [Identity]

  /// - Parameter byValue: neighbours belong together only if their values are equal.
  /// - Parameter mask: makes the mask of a block, or of block and context, from the inputs; nil: the one input is the mask.
  /// - Throws: `BlockwiseError`, `SegmentationError.connectivity`.
  package init(_ sources: [any ArraySource], connectivity: Int = 1, byValue: Bool = false, options: BlockwiseOptions, to spec: OutputSpec, mask: BlockKernel? = nil) throws {
    let inputs = try Inputs(sources, roi: options.roi)
    let rank = inputs.grid.rank
    _ = try forwardDirections(rank: rank, connectivity: connectivity)
    if mask == nil, let first = sources.first {
      guard first.grid.rank == rank else { throw BlockwiseError.model("expected a mask of \(rank) spatial axes, found \(shapeText(first.shape)) with channels") }
      guard !first.dtype.isFloat else { throw BlockwiseError.notAMask(first.dtype) }
    }
    let block = options.block ?? spec.usualBlock(over: inputs.total.shape.values)
    tiling = try Tiling(total: inputs.total, block: block, context: options.context ?? [Int](repeating: 0, count: rank))
    names = try sources.map { try Identity(of: $0, content: spec.path != nil) }
    (self.inputs, self.options, self.connectivity, self.byValue, self.spec, self.mask) = (inputs, options, connectivity, byValue, spec, mask)
  }

  /// Of the labels.
  private var dtype: DType { idType(voxels: tiling.total.shape.values.reduce(1) { saturated($0, $1) }) }

  package func plan() throws -> BlockwisePlan {
    let grid = try inputs.grid.shifted(to: tiling.total.offset.values)
    let output = try plannedOutput(spec, grid: grid, dtype: dtype, leading: [], tiling)
    let voxels = try tiling.count == 0 ? 0 : tiling.block(0).readRoi.count()
    func stage(_ name: String, written: Int) throws -> BlockwisePlan.StagePlan {
      BlockwisePlan.StagePlan(
        name: name, tiling: tiling, bytesRead: inputs.bytes(voxels: tiling.voxelsRead), bytesWritten: written,
        bytesPerWorker: inputs.bytes(voxels: voxels) &+ (try NDArray.byteCount(.uint32, tiling.blockShape) + NDArray.byteCount(dtype, tiling.blockShape)))
    }
    let faces = tiling.blockShape.indices.reduce(0) { sum, axis in sum &+ saturated(2 * 4, tiling.blockShape.indices.reduce(1) { $1 == axis ? $0 : saturated($0, tiling.blockShape[$1]) }) }
    return BlockwisePlan(
      title: "label \(options.name)", inputs: zip(inputs.sources, names).map { BlockwisePlan.Input($0, $1) }, output: output,
      stages: [try stage("faces", written: saturated(faces, Int(clamping: tiling.count))), try stage("labels", written: try NDArray.byteCount(dtype, output.shape))],
      parameters: [("connectivity", "\(connectivity)"), ("pad", "\(options.pad)")] + (byValue ? [("each", "true")] : []) + options.parameters)
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted`, `.budget`, and what the output can throw.
  package func execute(_ context: ExecutionContext) throws -> LabelResult {
    let plan = try plan()
    let output = try BlockOutput(plan, spec, leading: [], total: tiling.total, dtype: dtype, inputs: inputs.sources, context)
    if let finished = try output.finished(plan), case .stored(let array, _) = output.place, let objects = array.attributes["objects"]?.int {
      return LabelResult(output: finished.output, objects: objects, report: finished.report)
    }

    let records = try RecordStore(folder: output.folder.map { Files.join($0.path, "faces") })
    try runFaces(plan, output, records, context)
    let numbering = try reduce(records, context)
    let (local, dtype) = (localLabels, dtype)
    let result = try finishBlocks(of: plan, stage: 1, tiling, into: output, workers: options.workers, retries: options.retries, context) { _, _ in
      { block, context in try numbering.apply(to: try local(block, context).labels, of: block.index, dtype) }
    }
    if case .stored(let array, _) = output.place { try array.setAttributes(.object([.init("objects", JSON(numbering.objects))])) }
    try records.removeAll()
    return LabelResult(output: try output.result(), objects: numbering.objects, report: result.report)
  }

  private func runFaces(_ plan: BlockwisePlan, _ output: BlockOutput, _ records: RecordStore, _ context: ExecutionContext) throws {
    let (local, tiling) = (localLabels, tiling)
    let run = BlockRun(
      stage: "\(plan.title): faces", tiling: tiling, journal: try output.folder?.stage("faces", count: tiling.count), verify: { block, _ in try records.has(block.index) }
    ) { _, _ in
      { block, context in
        let (labels, count, values) = try local(block, context)
        let record = try FaceRecord(labels, count: count, values: values, origin: (try block.writeRoi.offset - tiling.total.offset).values, whole: tiling.total.shape.values)
        try records.put(block.index, record.bytes)
        return .written
      }
    }
    let report = try run.run(workers: options.workers ?? context.pool.threads, retries: options.retries, path: output.path, context)
    try output.folder?.record(report)
    if !report.isComplete { throw BlockwiseError.blocksFailed(report, path: output.path) }
  }

  /// Labels of one block by itself: the same whenever it is asked; and what they are labels of, where values count.
  private var localLabels: @Sendable (Block, ExecutionContext) throws -> (labels: NDArray, count: Int, values: NDArray?) {
    let (inputs, options, mask, connectivity, byValue) = (inputs, options, mask, connectivity, byValue)
    return { block, context in
      let values: NDArray
      if let mask {
        values = try cropped(try mask(try inputs.read(block.readRoi, pad: options.pad, context), block, context), to: block, leading: [])
      } else {
        values = try inputs.read(block.writeRoi, pad: options.pad, context)[0].array
      }
      let packed = try values.contiguous()
      let (labels, count) = try labelComponents(packed, connectivity: connectivity, byValue: byValue, dtype: .uint32, context)
      return (labels, count, byValue ? packed : nil)
    }
  }

  // MARK: Reduce

  private func reduce(_ records: RecordStore, _ context: ExecutionContext) throws -> Numbering {
    var joined = try JoinedFaces(tiling, connectivity: connectivity, label: "label \(options.name): joining", bytesEach: 32, context) { index in
      guard let bytes = try records.get(index), let record = FaceRecord(bytes), record.values.count == (byValue ? record.count : 0) else {
        throw BlockwiseError.journalDamaged(path: spec.path ?? "memory", reason: "the faces of block \(index) cannot be read")
      }
      return record
    }
    return Numbering(&joined.classes, firsts: joined.firsts, bases: joined.bases)
  }
}

/// The number of each component of each block in the whole.
struct Numbering: Sendable {
  /// 1 … objects, of the components of all blocks in block order.
  private let numbers: [UInt64]
  private let bases: [Int]
  let objects: Int

  /// Classes by their first voxel, in raster order.
  init(_ classes: inout UnionFind, firsts: [Int], bases: [Int]) {
    let roots = classes.roots()
    var first = firsts
    for (component, root) in roots.enumerated() { first[root] = min(first[root], firsts[component]) }
    let order = roots.indices.filter { roots[$0] == $0 }.sorted { first[$0] < first[$1] }
    var numbers = [UInt64](repeating: 0, count: roots.count)
    for (number, root) in order.enumerated() { numbers[root] = UInt64(number + 1) }
    for (component, root) in roots.enumerated() { numbers[component] = numbers[root] }
    (self.numbers, self.bases, objects) = (numbers, bases, order.count)
  }

  /// - Parameter dtype: uint32 or uint64, which holds all numbers.
  func apply(to labels: NDArray, of block: Int64, _ dtype: DType) throws -> NDArray {
    dtype == .uint32 ? try numbered(labels, block, dtype, as: UInt32.self) : try numbered(labels, block, dtype, as: UInt64.self)
  }

  private func numbered<ID: FixedWidthInteger & Element>(_ labels: NDArray, _ block: Int64, _ dtype: DType, as: ID.Type) throws -> NDArray {
    let base = bases[Int(block)], count = bases[Int(block) + 1] - base
    var result = try NDArray(dtype, labels.shape, zeroed: false), strangers = 0
    try labels.contiguous().withElements(UInt32.self) { local in
      result.withMutableElements(ID.self) { global in
        for at in local.indices {
          let label = Int(local[at])
          if label > count { strangers += 1 }
          global[at] = label == 0 || label > count ? 0 : ID(truncatingIfNeeded: numbers[base + label - 1])
        }
      }
    }
    if strangers > 0 { throw BlockwiseError.model("the mask of block \(block) changed between its two readings") }
    return result
  }
}
