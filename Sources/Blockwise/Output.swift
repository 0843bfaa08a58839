// Where blocks write: an array in memory, or one on disk with its journal.

import Arrays
import Execution
import Geometry
import Storage
import Synchronization

/// What is asked of an output.
package struct OutputSpec: Sendable {
  /// Container and key; nil keeps the result in memory.
  package var path: String?
  /// Chunks along the spatial axes; nil for the block size.
  package var chunks: [Int]?
  /// Voxels along the spatial axes that are kept in one file, whole chunks; nil for a file a chunk. Blocks are whole shards then.
  package var shards: [Int]?
  package var codec: Codec
  /// nil: what the container is.
  package var format: Format?
  /// Added to the output's attributes.
  package var attributes: JSON
  /// Continue what an earlier run of the same plan began; false refuses an output that exists.
  package var resume: Bool
  /// Start anew, whatever is there. Never an input.
  package var replace: Bool
  /// Has the blocks done by other processes; nil: here.
  package var elsewhere: Elsewhere?

  package init(
    path: String? = nil, chunks: [Int]? = nil, shards: [Int]? = nil, codec: Codec = .standard, format: Format? = nil, attributes: JSON = .emptyObject, resume: Bool = true,
    replace: Bool = false
  ) {
    (self.path, self.chunks, self.shards, self.codec, self.format) = (path, chunks, shards, codec, format)
    (self.attributes, self.resume, self.replace) = (attributes, resume, replace)
  }

  package static let memory = OutputSpec()
}

/// An output that is open for its blocks.
struct BlockOutput: Sendable {
  enum Place: Sendable {
    case memory(MemoryOutput)
    case stored(StoredArray, JournalFolder)
  }

  var elsewhere: Elsewhere?

  let place: Place
  /// Axes before the spatial ones.
  let leading: [Int]
  /// What the blocks together write; its first voxel is the output's.
  let total: VoxelRoi
  let grid: Grid

  /// Creates, continues or replaces the output of `plan`.
  ///
  /// - Parameter number: which of the outputs of one statement it is.
  /// - Throws: `BlockwiseError.outputExists`, `.planDiffers`, `.outputIsInput`, `.inputIncomplete`, `.busy`, `.budget`; `StorageError`.
  init(_ plan: BlockwisePlan, _ spec: OutputSpec, leading: [Int], total: VoxelRoi, dtype: DType, inputs: [any ArraySource], number: Int = 0, _ context: ExecutionContext) throws {
    (self.leading, self.total, grid) = (leading, total, plan.output.grid)
    let stored = inputs.flatMap(storedArrays)
    for input in stored {
      if let status = try JournalFolder.status(of: input.path), let stage = status.stages.first(where: { $0.finished < $0.total }) {
        throw BlockwiseError.inputIncomplete(path: input.path, done: stage.finished, total: stage.total)
      }
    }
    elsewhere = spec.elsewhere
    guard let path = spec.path else {
      place = .memory(try MemoryOutput(dtype, leading + total.shape.values, budget: context.memoryBudget))
      return
    }
    let output = try Location(path).description
    if stored.contains(where: { $0.path == output || $0.path.hasPrefix(output + "/") }) { throw BlockwiseError.outputIsInput(path: output) }
    if let shard = context.shard {
      let array = try StoredArray.open(path, mode: .edit)
      place = .stored(array, try JournalFolder(joining: shard.plan(number), plan, at: output))
      return
    }
    let hash = plan.hash
    func isOurs() -> Bool { (try? StoredArray.open(path))?.attributes["dcs"]?["plan"]?.string == hash }
    let folder = try JournalFolder.begin(plan, at: output, resume: spec.resume && plan.isResumable, replace: spec.replace, isOurs: isOurs) { replace in
      let made = JSON.object([.init("plan", .string(hash)), .init("made", .string(plan.title)), .init("inputs", .array(plan.inputs.map { .string($0.name) }))])
      let own = (spec.attributes["dcs"] ?? .emptyObject).merging(made)
      let array = ArraySpec(
        dtype, plan.output.shape, grid: plan.output.grid, chunks: plan.output.inner ?? plan.output.chunks, shards: plan.output.inner == nil ? nil : plan.output.chunks, codec: spec.codec,
        format: spec.format,
        attributes: spec.attributes.merging(.object([.init("dcs", own)])))
      _ = try StoredArray.create(path, array, replace: replace)
    }
    let array = try StoredArray.open(path, mode: .edit)
    try Self.check(array, plan.output, path)
    place = .stored(array, folder)
  }

  /// What is on disk must be what the plan says: metadata may have been edited since.
  private static func check(_ array: StoredArray, _ planned: BlockwisePlan.Output, _ path: String) throws {
    if array.dtype != planned.dtype { throw BlockwiseError.outputDiffers(path: path, what: "dtype", onDisk: "\(array.dtype)", here: "\(planned.dtype ?? array.dtype)") }
    if array.shape != planned.shape { throw BlockwiseError.outputDiffers(path: path, what: "shape", onDisk: shapeText(array.shape), here: shapeText(planned.shape)) }
    if array.writeUnit != planned.chunks { throw BlockwiseError.outputDiffers(path: path, what: "chunks", onDisk: shapeText(array.writeUnit), here: shapeText(planned.chunks)) }
  }

  var path: String? {
    if case .stored(let array, _) = place { return array.path }
    return nil
  }

  var folder: JournalFolder? {
    if case .stored(_, let folder) = place { return folder }
    return nil
  }

  /// Writes a block, `leading` axes first, and says whether it left bytes.
  func write(_ values: NDArray, of block: Block, _ context: ExecutionContext) throws -> JournalFile.Mark {
    let begin = leading.map { _ in 0 } + (try block.writeRoi.offset - total.offset).values
    switch place {
    case .memory(let output):
      try output.write(values, at: begin)
      return .written
    case .stored(let array, let folder):
      try folder.checkJoined()
      try array.write(values, at: begin, context.reading)
      return try hasBytes(array, begin, values.shape) ? .written : .empty
    }
  }

  /// Whether a block that was written is still there. One of its chunks is enough: chunks of fill value alone are never stored, so which
  /// of the others were lost cannot be told.
  func isThere(_ block: Block) throws -> Bool {
    guard case .stored(let array, _) = place else { return false }
    return try hasBytes(array, leading.map { _ in 0 } + (try block.writeRoi.offset - total.offset).values, leading + block.writeRoi.shape.values)
  }

  /// The result of an earlier run of the plan, where every block of its last stage is written and still there.
  func finished(_ plan: BlockwisePlan) throws -> BlockwiseResult? {
    guard let folder, let stage = plan.stages.last else { return nil }
    let journal = try folder.stage(stage.name, count: stage.tiling.count)
    guard journal.finished == stage.tiling.count else { return nil }
    for index in 0..<stage.tiling.count where try journal.mark(of: index) == .written {
      if try !isThere(try stage.tiling.block(index)) { return nil }
    }
    var report = Report(stage: stage.name, total: stage.tiling.count)
    report.skipped = stage.tiling.count
    try folder.record(report)   // `status` tells that this run found nothing to do
    return BlockwiseResult(output: try result(), report: report)
  }

  /// What a reader gets.
  func result() throws -> any ArraySource {
    switch place {
    case .memory(let output): try Volume(output.value, grid)
    case .stored(let array, _): try StoredArray.open(array.path)
    }
  }

  private func hasBytes(_ array: StoredArray, _ begin: [Int], _ shape: [Int]) throws -> Bool {
    if shape.contains(0) { return false }
    let first = zip(begin, array.chunks).map { $0 / $1 }
    let last = zip(zip(begin, shape), array.chunks).map { ($0.0 + $0.1 - 1) / $1 }
    var index = first
    while true {
      if (try array.storedBytes(ofChunk: index) ?? 0) > 0 { return true }
      guard let axis = index.indices.reversed().first(where: { index[$0] < last[$0] }) else { return false }
      index[axis] += 1
      for later in index.indices where later > axis { index[later] = first[later] }
    }
  }
}

/// An array in memory that several workers fill.
final class MemoryOutput: Sendable {
  private let array: Mutex<NDArray>

  /// - Throws: `BlockwiseError.budget`, `ArrayError`.
  init(_ dtype: DType, _ shape: [Int], budget: Int) throws {
    let bytes = try NDArray.byteCount(dtype, shape)
    if bytes > budget { throw BlockwiseError.budget(what: "the result", bytes: bytes, budget: budget) }
    array = Mutex(try NDArray(dtype, shape))
  }

  func write(_ block: NDArray, at offset: [Int]) throws { try array.withLock { try $0.assign(block, at: offset) } }

  var value: NDArray { array.withLock { $0 } }
}
