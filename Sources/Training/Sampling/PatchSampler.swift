// Draws patches: which crop, where, and what is read there, all keyed by (seed, iteration, item of the batch), so that a resumed
// run and any number of threads see the same ones.
//
// A crop is drawn by weight; `foreground` of the patches are centred on a voxel that is not background, the others lie anywhere. A patch stays
// inside the labelled voxels where it fits. Outside of raw, values are reflected; outside of the labelled voxels the mask is 0.

import Arrays
import Execution
import Geometry
import Networks

package struct PatchSampler: Sendable {
  package let shape: PatchShape
  private let units: Normalisation
  package let foreground: Double
  private let crops: [LoadedCrop]
  private let seed: UInt64
  private let augment: [Augmentation]
  /// Bytes that one reading for a patch may take.
  private let memory: Int

  /// Reads the crops into memory as far as half the budget goes, the rest patch by patch, and indexes the foreground.
  package init(_ crops: [Crop], shape: PatchShape, units: Normalisation, foreground: Double, augment: [Augmentation] = [], seed: UInt64, _ context: ExecutionContext) throws {
    memory = context.memoryBudget / 2
    var budget = memory, loaded: [LoadedCrop] = []
    for (index, crop) in crops.enumerated() {
      context.progress.report(ProgressUpdate("reading crops", done: Int64(index), total: Int64(crops.count), unit: "crops", note: crop.name))
      loaded.append(try LoadedCrop(crop, shape, indexed: foreground > 0, &budget, context))
    }
    context.progress.finish("reading crops")
    (self.crops, self.shape, self.units, self.foreground, self.augment, self.seed) = (loaded, shape, units, foreground, augment, seed)
  }

  /// The patch number `item` of `iteration`, cut through whatever turns, bends or scales it, and not augmented otherwise.
  package func patch(iteration: Int, item: Int) throws -> Patch {
    var random = KeyedGenerator(seed: seed, purpose: "patch", index: Self.key(iteration, item))
    var crop = try draw(&random), offset = try place(in: crop, &random)
    for _ in 0..<64 {   // a patch without one trusted voxel teaches nothing: draw again, a bounded number of times
      if try !crop.isEmpty(at: offset, shape) { break }
      crop = try draw(&random)
      offset = try place(in: crop, &random)
    }
    let frame = Warp.Frame(voxelSize: crop.labels.source.grid.voxelSize.values.map(\.double), shape: shape)
    let warp = try augment.warp(frame, seed: seed, iteration: iteration, item: item)
    return warp.isIdentity ? try crop.patch(at: offset, shape, units) : try crop.patch(at: offset, shape, units, through: warp, memory)
  }

  static func key(_ iteration: Int, _ item: Int) -> UInt64 { UInt64(truncatingIfNeeded: iteration) << 20 | UInt64(truncatingIfNeeded: item) & 0xf_ffff }

  private func draw(_ random: inout KeyedGenerator) throws -> LoadedCrop {
    let total = crops.reduce(0) { $0 + $1.weight }
    var rest = random.uniform() * total
    for crop in crops {
      rest -= crop.weight
      if rest < 0 { return crop }
    }
    guard let last = crops.last else { throw TrainingError.split([.noTraining(crops: 0)]) }
    return last
  }

  /// First output voxel, in labels.
  private func place(in crop: LoadedCrop, _ random: inout KeyedGenerator) throws -> [Int] {
    let wantsForeground = random.uniform() < foreground
    var centre: [Int]?
    if wantsForeground, let index = crop.foreground, index.count > 0 { centre = try index.voxel(random.index(below: index.count)) }
    return (0..<shape.output.count).map { axis in
      let room = crop.bounds.shape[axis] - shape.output[axis], first = crop.bounds.offset[axis]
      let low = first + min(0, room), high = first + max(0, room)
      if let centre { return min(max(centre[axis] - shape.output[axis] / 2, low), high) }
      return low + random.index(below: high - low + 1)
    }
  }
}

/// A crop ready to be cut: in memory where the budget allowed it.
private struct LoadedCrop: Sendable {
  let name: String
  let weight: Double
  let raw: ChannelSource, labels: ChannelSource, mask: ChannelSource?
  let bounds: VoxelRoi
  let rawShift: [Int]
  let foreground: ForegroundIndex?

  init(_ crop: Crop, _ patch: PatchShape, indexed: Bool, _ budget: inout Int, _ context: ExecutionContext) throws {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    (name, weight) = (crop.name, crop.weight)
    let rank = crop.labels.rank
    let rawBounds = try crop.bounds.shifted(by: Coordinate(crop.rawShift))
    let margin = Coordinate<Voxel>(patch.input)
    let rawRoi = try rawBounds.grown(before: margin, after: margin).intersection(try VoxelRoi(shape: crop.raw.shape))
    let rawBytes = try NDArray.byteCount(crop.raw.source.dtype, [crop.raw.channels] + rawRoi.shape.values)
    let labelBytes = try NDArray.byteCount(crop.labels.source.dtype, [crop.labels.channels] + crop.bounds.shape.values)
    let maskBytes = crop.mask == nil ? 0 : try NDArray.byteCount(.uint64, crop.bounds.shape.values)
    if rawBytes + labelBytes + maskBytes <= budget {
      budget -= rawBytes + labelBytes + maskBytes
      raw = try Self.memory(crop.raw, rawRoi, reading)
      labels = try Self.memory(crop.labels, crop.bounds, reading)
      mask = try crop.mask.map { try Self.memory($0, crop.bounds, reading) }
      bounds = try VoxelRoi(shape: crop.bounds.shape.values)
      rawShift = (0..<rank).map { crop.bounds.offset[$0] + crop.rawShift[$0] - rawRoi.offset[$0] }
    } else {
      (raw, labels, mask, bounds, rawShift) = (crop.raw, crop.labels, crop.mask, crop.bounds, crop.rawShift)
    }
    foreground = indexed ? try ForegroundIndex(labels, bounds: bounds, reading) : nil
  }

  /// Whether no voxel of the output there counts.
  func isEmpty(at offset: [Int], _ shape: PatchShape) throws -> Bool {
    if mask == nil { return false }
    return try trusted(offset, shape.output).withElements(UInt8.self) { !$0.contains { $0 != 0 } }
  }

  private static func memory(_ view: ChannelSource, _ roi: VoxelRoi, _ context: ReadContext) throws -> ChannelSource {
    let block = try view.read(offset: roi.offset.values, shape: roi.shape.values, context)
    let axes = [Axis.c] + view.source.grid.axes.filter { $0.kind == .space }
    let grid = try view.source.grid.shifted(to: view.source.grid.rank == roi.rank ? roi.offset.values : [0] + roi.offset.values).with(axes: axes)
    guard let result = ChannelSource(try Volume(block, grid)) else { throw TrainingError.channels(what: "a crop", expected: "(c, z, y, x)", found: "other axes") }
    return result
  }

  func patch(at offset: [Int], _ shape: PatchShape, _ units: Normalisation) throws -> Patch {
    let rank = offset.count
    var rawOffset = offset, labelOffset = offset
    for axis in 0..<rank {
      rawOffset[axis] += rawShift[axis] - (shape.input[axis] - shape.output[axis]) / 2
      labelOffset[axis] -= shape.context[axis]
    }
    let found = try raw.read(offset: rawOffset, shape: shape.input)
    return Patch(
      raw: try found.floats(scale: Float(units.scale), shift: Float(units.shift)),
      labels: try labelsReflected(labelOffset, shape.labels), mask: try trusted(labelOffset, shape.labels), grid: try labels.grid(at: labelOffset),
      rawGrid: try rawGrid(at: offset, shape), crop: name, offset: offset)
  }

  /// The same through a warp around the centre of the output.
  func patch(at offset: [Int], _ shape: PatchShape, _ units: Normalisation, through warp: Warp, _ memory: Int) throws -> Patch {
    let axes = 0..<offset.count, voxelSize = labels.source.grid.voxelSize.values.map(\.double)
    let middle = axes.map { Double(shape.output[$0] - 1) / 2 }, centre = axes.map { Double(offset[$0]) + middle[$0] }
    func limit(_ source: ChannelSource, _ more: Int) -> Int { memory / (source.channels * (source.source.dtype.size + more)) }
    let rawBox = try WarpedBox(
      warp, box: shape.input, first: axes.map { -Double((shape.input[$0] - shape.output[$0]) / 2) - middle[$0] }, centre: axes.map { centre[$0] + Double(rawShift[$0]) }, voxelSize: voxelSize,
      limit: limit(raw, MemoryLayout<Float>.size))
    let labelBox = try WarpedBox(
      warp, box: shape.labels, first: axes.map { -Double(shape.context[$0]) - middle[$0] }, centre: centre, voxelSize: voxelSize, limit: limit(labels, 1))
    let found = try raw.read(offset: rawBox.offset, shape: rawBox.extent).floats(scale: Float(units.scale), shift: Float(units.shift))
    return Patch(
      raw: try rawBox.sampled(found, linear: true), labels: try labelBox.sampled(try labelsReflected(labelBox.offset, labelBox.extent), linear: false),
      mask: try labelBox.sampled(try trusted(labelBox.offset, labelBox.extent), linear: false), grid: try labels.grid(at: axes.map { offset[$0] - shape.context[$0] }),
      rawGrid: try rawGrid(at: offset, shape), crop: name, offset: offset)
  }

  /// Where raw of a patch lies, on the grid of the labels.
  private func rawGrid(at offset: [Int], _ shape: PatchShape) throws -> Grid {
    try labels.grid(at: offset.indices.map { offset[$0] - (shape.input[$0] - shape.output[$0]) / 2 })
  }

  /// Labels, reflected at the border of what may be used, so that no object seems to end there.
  private func labelsReflected(_ offset: [Int], _ box: [Int]) throws -> NDArray {
    let whole = bounds.offset.values.allSatisfy { $0 == 0 } && bounds.shape.values == labels.shape
    if whole { return try labels.read(offset: offset, shape: box) }
    let window = try WindowSource(labels, bounds)
    guard let view = ChannelSource(window) else { return try labels.read(offset: offset, shape: box) }
    return try view.read(offset: zip(offset, bounds.offset.values).map { $0 - $1 }, shape: box)
  }

  private func trusted(_ offset: [Int], _ box: [Int]) throws -> NDArray {
    var result = try NDArray(.uint8, [1] + box)
    let wanted = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box))
    let inside = try wanted.intersection(bounds)
    if inside.isEmpty { return result }
    let block: NDArray
    if let mask {
      block = try mask.read(offset: inside.offset.values, shape: inside.shape.values).nonZero()
    } else {
      var ones = try NDArray(.uint8, [1] + inside.shape.values, zeroed: false)
      ones.withMutableElements(UInt8.self) { $0.update(repeating: 1) }
      block = ones
    }
    try result.assign(block, at: [0] + zip(inside.offset.values, offset).map { $0 - $1 })
    return result
  }
}

/// A box of a source, as a source of its own.
private struct WindowSource: ArraySource {
  let inner: ChannelSource
  let offset: [Int]
  let shape: [Int]
  let grid: Grid
  var dtype: DType { inner.source.dtype }

  init(_ inner: ChannelSource, _ box: VoxelRoi) throws {
    (self.inner, offset, shape) = (inner, box.offset.values, [inner.channels] + box.shape.values)
    grid = Grid(unknown: [.c] + inner.source.grid.axes.filter { $0.kind == .space })
  }

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let place = zip(roi.offset.values.dropFirst(), offset).map { $0 + $1 }
    let block = try inner.read(offset: place, shape: Array(roi.shape.values.dropFirst()), ReadContext(pool: context.pool, cancellation: context.cancellation))
    return try block.slice(offset: [roi.offset[0]] + [Int](repeating: 0, count: inner.rank), shape: roi.shape.values).contiguous()
  }
}
