// Holes of a label volume of any size, exactly those of the whole volume: background that cannot reach its edge, enclosed by a single id.
//
// 1. holes   each block labels its background, keeps the labels on its outer faces (FaceRecord), and for each component what encloses it: nothing yet, one id, or
//            no single id (several, or the edge of the volume); it looks one voxel beyond its faces
// 2. reduce  union–find over components that touch across faces of blocks; what encloses the parts encloses the whole
// 3. filled  each block labels its background once more, which gives the same components, and writes their ids into the holes
//
// labels   axes of space; bool or integers, 0 is background       result  same axes and type
// Limits: 2³² − 1 components a block; 40 bytes a component of a block in memory while reducing (checked against the budget).
// Checked against fillHoles of the whole for random labels and all block sizes: FillHolesTests.

import Arrays
import Execution
import Geometry
import Segmentation
import Storage

package struct FillHolesStatement: Sendable {
  package let tiling: Tiling
  package let source: any ArraySource
  private let inputs: Inputs
  private let options: BlockwiseOptions
  private let spec: OutputSpec
  private let name: Identity

  /// - Throws: `BlockwiseError`.
  package init(_ source: any ArraySource, options: BlockwiseOptions, to spec: OutputSpec) throws {
    inputs = try Inputs([source], roi: options.roi)
    let rank = inputs.grid.rank
    guard source.grid.rank == rank else { throw BlockwiseError.model("expected labels of \(rank) spatial axes, found \(shapeText(source.shape)) with channels") }
    guard !source.dtype.isFloat else { throw BlockwiseError.notAMask(source.dtype) }
    tiling = try Tiling(total: inputs.total, block: options.block ?? spec.usualBlock(over: inputs.total.shape.values), context: [Int](repeating: 1, count: rank))
    name = try Identity(of: source, content: spec.path != nil)
    (self.source, self.options, self.spec) = (source, options, spec)
  }

  package func plan() throws -> BlockwisePlan {
    let grid = try inputs.grid.shifted(to: tiling.total.offset.values)
    let output = try plannedOutput(spec, grid: grid, dtype: source.dtype, leading: [], tiling)
    let voxels = try tiling.count == 0 ? 0 : tiling.block(0).readRoi.count(), block = try NDArray.byteCount(.uint32, tiling.blockShape)
    func stage(_ name: String, written: Int) -> BlockwisePlan.StagePlan {
      .init(name: name, tiling: tiling, bytesRead: inputs.bytes(voxels: tiling.voxelsRead), bytesWritten: written, bytesPerWorker: saturated(inputs.bytes(voxels: voxels) &+ block, 2))
    }
    return BlockwisePlan(
      title: "fill_holes", inputs: [BlockwisePlan.Input(source, name)], output: output,
      stages: [stage("holes", written: 0), stage("filled", written: try NDArray.byteCount(source.dtype, output.shape))], parameters: options.parameters)
  }

  /// Runs what is missing.
  ///
  /// - Throws: `BlockwiseError.blocksFailed`, `.interrupted`, `.budget`, and what the output can throw.
  package func execute(_ context: ExecutionContext) throws -> BlockwiseResult {
    let plan = try plan(), holes = Holes(inputs: inputs, tiling: tiling)
    let output = try BlockOutput(plan, spec, leading: [], total: tiling.total, dtype: source.dtype, inputs: inputs.sources, context)
    if let finished = try output.finished(plan) { return finished }
    let records = try RecordStore(folder: output.folder.map { Files.join($0.path, "holes") })
    let run = BlockRun(
      stage: "fill_holes: holes", tiling: tiling, journal: try output.folder?.stage("holes", count: tiling.count), verify: { block, _ in try records.has(block.index) }
    ) { _, _ in
      { block, context in
        try records.put(block.index, try holes.record(of: block, context))
        return .written
      }
    }
    let report = try run.run(workers: options.workers ?? context.pool.threads, retries: options.retries, path: output.path, context)
    try output.folder?.record(report)
    if !report.isComplete { throw BlockwiseError.blocksFailed(report, path: output.path) }

    let fills = try reduce(records, context)
    let result = try finishBlocks(of: plan, stage: 1, tiling, into: output, workers: options.workers, retries: options.retries, context) { _, _ in
      { block, context in try holes.filled(block, fills, context) }
    }
    try records.removeAll()
    return result
  }

  private func reduce(_ records: RecordStore, _ context: ExecutionContext) throws -> Fills {
    var enclosed: [Enclosure] = []
    var joined = try JoinedFaces(tiling, connectivity: 1, label: "fill_holes: joining", bytesEach: 40, context) { index in
      guard let bytes = try records.get(index), let record = HoleRecord(bytes) else { throw BlockwiseError.journalDamaged(path: spec.path ?? "memory", reason: "the holes of block \(index) cannot be read") }
      return record.faces
    }
    for index in 0..<tiling.count {
      try context.cancellation.check()
      guard let bytes = try records.get(index), let record = HoleRecord(bytes) else { throw BlockwiseError.journalDamaged(path: spec.path ?? "memory", reason: "the holes of block \(index) cannot be read") }
      enclosed += record.enclosures
    }
    let roots = joined.classes.roots()
    for (component, root) in roots.enumerated() where root != component { enclosed[root].meet(enclosed[component]) }
    return Fills(ids: roots.map { enclosed[$0].id }, bases: joined.bases)
  }
}

/// What encloses a component of the background.
struct Enclosure: Sendable, Equatable {
  private var owner: UInt64 = 0
  private var isOpen = false

  init() {}
  fileprivate init(owner: UInt64, isOpen: Bool) { (self.owner, self.isOpen) = (owner, isOpen) }

  /// The single id around it; 0 if there is none.
  var id: UInt64 { isOpen ? 0 : owner }

  mutating func open() { isOpen = true }
  mutating func meet(_ id: UInt64) { if owner == 0 { owner = id } else if owner != id { isOpen = true } }
  mutating func meet(_ other: Enclosure) {
    if other.owner != 0 { meet(other.owner) }
    isOpen = isOpen || other.isOpen
  }

  fileprivate var bytes: [UInt8] { [isOpen ? 1 : 0] + (0..<8).map { UInt8(truncatingIfNeeded: owner >> UInt64(8 * $0)) } }
  fileprivate init(bytes: ArraySlice<UInt8>) {
    self.init(owner: bytes.dropFirst().reversed().reduce(0) { $0 << 8 | UInt64($1) }, isOpen: bytes.first == 1)
  }
}

/// The id to write into each component of each block; 0 leaves it.
private struct Fills: Sendable {
  let ids: [UInt64]
  let bases: [Int]
}

/// A face record, and what encloses each of its components: the number of its bytes (8 bytes), then 9 bytes a component.
private struct HoleRecord {
  let faces: FaceRecord
  let enclosures: [Enclosure]

  static func bytes(_ faces: FaceRecord, _ enclosures: [Enclosure]) -> [UInt8] {
    let head = faces.bytes
    return (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) } + head + enclosures.flatMap(\.bytes)
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 8, let length = Int(exactly: bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }), length <= bytes.count - 8,
      let faces = FaceRecord(bytes[8..<8 + length]), bytes.count == 8 + length + 9 * faces.count
    else { return nil }
    self.faces = faces
    enclosures = (0..<faces.count).map { Enclosure(bytes: bytes[(8 + length + 9 * $0)..<(17 + length + 9 * $0)]) }
  }
}

/// The background of one block: the same components whenever they are asked for.
private struct Holes: Sendable {
  let inputs: Inputs
  let tiling: Tiling

  private func components(_ block: Block, _ context: ExecutionContext) throws -> (around: NDArray, own: NDArray, labels: NDArray, count: Int) {
    let around = try inputs.read(block.readRoi, pad: .constant(0), context)[0].array
    let own = try around.slice(offset: block.writeRoi.shape.values.map { _ in 1 }, shape: block.writeRoi.shape.values).contiguous()
    let (labels, count) = try labelComponents(isBackground(own, context), connectivity: 1, dtype: .uint32, context)
    return (around, own, labels, count)
  }

  func record(of block: Block, _ context: ExecutionContext) throws -> [UInt8] {
    let (around, _, labels, count) = try components(block, context)
    let origin = (try block.writeRoi.offset - tiling.total.offset).values
    let faces = try FaceRecord(labels, count: count, origin: origin, whole: tiling.total.shape.values)
    return HoleRecord.bytes(faces, try enclosures(around, labels, count, origin, context))
  }

  private func enclosures(_ around: NDArray, _ labels: NDArray, _ count: Int, _ origin: [Int], _ context: ExecutionContext) throws -> [Enclosure] {
    var all = [Enclosure](repeating: Enclosure(), count: count)
    let shape = labels.shape, steps = NDArray.packedStrides(around.shape), whole = tiling.total.shape.values, ids = try around.contiguous()
    let rows = labels.count / max(1, shape.last ?? 1)
    try labels.withElements(UInt32.self) { holes in
      try ids.withBytes { bytes in
        guard let ids = bytes.baseAddress, let width = shape.last else { return }
        for row in 0..<rows {
          if row % 1024 == 0 { try context.cancellation.check() }
          // where the row stands in the block, and its first voxel in the array with context
          var rest = row, at = [Int](repeating: 0, count: shape.count), first = 1
          for axis in (0..<shape.count - 1).reversed() {
            at[axis] = rest % shape[axis]
            rest /= shape[axis]
            first += (at[axis] + 1) * steps[axis]
          }
          let onEdge = (0..<shape.count - 1).contains { origin[$0] + at[$0] == 0 || origin[$0] + at[$0] == whole[$0] - 1 }
          for x in 0..<width {
            let hole = Int(holes[row * width + x])
            if hole == 0 { continue }
            let place = origin[shape.count - 1] + x
            if onEdge || place == 0 || place == whole[shape.count - 1] - 1 { all[hole - 1].open(); continue }
            for step in steps {
              for near in [first + x - step, first + x + step] {
                let id = id(of: ids, near, around.dtype.size)
                if id != 0 { all[hole - 1].meet(id) }
              }
            }
          }
        }
      }
    }
    return all
  }

  func filled(_ block: Block, _ fills: Fills, _ context: ExecutionContext) throws -> NDArray {
    let (_, own, labels, count) = try components(block, context)
    let base = fills.bases[Int(block.index)]
    guard fills.bases[Int(block.index) + 1] - base == count else { throw BlockwiseError.model("the labels of block \(block.index) changed between their two readings") }
    var result = own
    let size = own.dtype.size
    labels.withElements(UInt32.self) { holes in
      result.withMutableBytes { out in
        guard let out = out.baseAddress else { return }
        for voxel in holes.indices where holes[voxel] != 0 {
          let id = fills.ids[base + Int(holes[voxel]) - 1]
          if id == 0 { continue }
          withUnsafeBytes(of: id.littleEndian) { bytes in
            if let source = bytes.baseAddress { (out + voxel * size).copyMemory(from: source, byteCount: size) }
          }
        }
      }
    }
    return result
  }
}

private func id(of ids: UnsafeRawPointer, _ index: Int, _ size: Int) -> UInt64 {
  switch size {
  case 1: UInt64(ids.load(fromByteOffset: index, as: UInt8.self))
  case 2: UInt64(ids.load(fromByteOffset: 2 * index, as: UInt16.self))
  case 4: UInt64(ids.load(fromByteOffset: 4 * index, as: UInt32.self))
  default: ids.load(fromByteOffset: 8 * index, as: UInt64.self)
  }
}
