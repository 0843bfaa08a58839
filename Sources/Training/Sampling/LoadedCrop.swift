// A crop as patches are cut from it: held in memory if it fits, else read box by box.

import Arrays
import Execution
import Geometry
import Networks

/// A crop ready to be cut: in memory where the budget allowed it.
struct LoadedCrop: Sendable {
  let name: String
  let weight: Double
  let raw: ChannelSource, labels: ChannelSource, mask: ChannelSource?
  let bounds: VoxelRoi
  /// As those of `Crop`.
  let rawShift: [Int], rate: [Int]
  let foreground: ForegroundIndex?
  /// Voxels of `labels`.
  let points: [[Int]]
  /// The arrays (channel, space…) of a crop in memory; nil for one that is read patch by patch.
  let held: (raw: NDArray, labels: NDArray, mask: NDArray?)?
  /// Held in memory.
  let bytes: Int

  init(_ crop: Crop, _ patch: PatchShape, indexed: Bool, ids: Int, _ budget: inout Int, _ context: ExecutionContext) throws {
    let reading = ReadContext(pool: context.pool, cancellation: context.cancellation)
    (name, weight, rate) = (crop.name, crop.weight, crop.rate)
    let rank = crop.labels.rank
    let rawBounds = try crop.raw(under: crop.bounds)
    let margin = Coordinate<Voxel>(patch.input)
    let rawRoi = try rawBounds.grown(before: margin, after: margin).intersection(try VoxelRoi(shape: crop.raw.shape))
    let rawBytes = try NDArray.byteCount(crop.raw.source.dtype, [crop.raw.channels] + rawRoi.shape.values)
    let labelBytes = try NDArray.byteCount(crop.labels.source.dtype, [crop.labels.channels] + crop.bounds.shape.values)
    let maskBytes = try crop.mask.map { try NDArray.byteCount($0.source.dtype, [$0.channels] + crop.bounds.shape.values) } ?? 0
    let all = rawBytes + labelBytes + maskBytes, fits = all <= budget, begin: [Int]
    if fits {
      budget -= all
      raw = try Self.memory(crop.raw, rawRoi, reading)
      labels = try Self.memory(crop.labels, crop.bounds, reading)
      mask = try crop.mask.map { try Self.memory($0, crop.bounds, reading, nonZero: true) }
      bounds = try VoxelRoi(shape: crop.bounds.shape.values)
      begin = crop.bounds.offset.values
      rawShift = (0..<rank).map { crop.bounds.offset[$0] + crop.rawShift[$0] - rawRoi.offset[$0] * crop.rate[$0] }
    } else {
      (raw, labels, mask, bounds, rawShift) = (crop.raw, crop.labels, crop.mask, crop.bounds, crop.rawShift)
      begin = [Int](repeating: 0, count: rank)
    }
    points = (crop.points ?? []).map { zip($0, begin).map { $0 - $1 } }
    if fits, let raw = (raw.source as? Volume)?.array, let labels = (labels.source as? Volume)?.array {
      held = (raw, labels, (mask?.source as? Volume)?.array)
    } else { held = nil }
    let index = try points.isEmpty && (indexed || mask != nil) ? ForegroundIndex(labels, mask: mask, bounds: bounds, ids: ids, foreground: indexed, reading) : nil
    foreground = index
    bytes = (fits ? all : 0) + (index?.bytes ?? 0)
  }

  /// Voxels of a class that patches may be centred on.
  func count(_ number: Int) -> Int { foreground?.count(number) ?? 0 }

  private static func memory(_ view: ChannelSource, _ roi: VoxelRoi, _ context: ReadContext, nonZero: Bool = false) throws -> ChannelSource {
    let read = try view.read(offset: roi.offset.values, shape: roi.shape.values, context), block = nonZero ? try read.nonZero() : read
    let axes = [Axis.c] + view.source.grid.axes.filter { $0.kind == .space }
    let grid = try view.source.grid.shifted(to: view.source.grid.rank == roi.rank ? roi.offset.values : [0] + roi.offset.values).with(axes: axes)
    guard let result = ChannelSource(try Volume(block, grid)) else { throw TrainingError.channels(what: "a crop", expected: "(c, z, y, x)", found: "other axes") }
    return result
  }

  func patch(at offset: [Int], _ shape: PatchShape, _ units: Normalisation) throws -> Patch {
    let rank = offset.count
    var rawOffset = offset, labelOffset = offset
    for axis in 0..<rank {
      rawOffset[axis] = (offset[axis] + rawShift[axis] - shape.margin(axis)) / rate[axis]   // whole: the sampler draws such offsets
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
    // in voxels of raw, the middle of whose first one lies (rate − 1) / 2 voxels of labels behind its corner
    func inRaw(_ fine: Double, _ axis: Int) -> Double { (fine - Double(rate[axis] - 1) / 2) / Double(rate[axis]) }
    let rawBox = try WarpedBox(
      warp, box: shape.input, first: axes.map { (Double(rate[$0] - 1) / 2 - Double(shape.margin($0)) - middle[$0]) / Double(rate[$0]) },
      centre: axes.map { inRaw(centre[$0] + Double(rawShift[$0]), $0) }, voxelSize: axes.map { voxelSize[$0] * Double(rate[$0]) }, limit: limit(raw, MemoryLayout<Float>.size))
    let labelBox = try WarpedBox(
      warp, box: shape.labels, first: axes.map { -Double(shape.context[$0]) - middle[$0] }, centre: centre, voxelSize: voxelSize, limit: limit(labels, 1))
    let grid = try labels.grid(at: axes.map { offset[$0] - shape.context[$0] }), rawGrid = try rawGrid(at: offset, shape)
    if let held, let values = try rawBox.sampled(reflecting: held.raw, scale: Float(units.scale), shift: Float(units.shift)) {
      return Patch(
        raw: values, labels: try labelBox.sampled(reflecting: held.labels), mask: try labelBox.inside(labels.shape, mask: held.mask), grid: grid, rawGrid: rawGrid, crop: name, offset: offset)
    }
    let found = try raw.read(offset: rawBox.offset, shape: rawBox.extent).floats(scale: Float(units.scale), shift: Float(units.shift))
    return Patch(
      raw: try rawBox.sampled(found, linear: true), labels: try labelBox.sampled(try labelsReflected(labelBox.offset, labelBox.extent), linear: false),
      mask: try trusted(through: labelBox), grid: grid, rawGrid: rawGrid, crop: name, offset: offset)
  }

  /// Where raw of a patch lies.
  private func rawGrid(at offset: [Int], _ shape: PatchShape) throws -> Grid {
    let corner = try labels.grid(at: offset.indices.map { offset[$0] - shape.margin($0) })
    guard corner.isKnown else { return corner }
    return try Grid(axes: corner.axes, voxelSize: Coordinate(zip(corner.voxelSize.values, rate).map { try $0 * Rational($1) }), offset: corner.offset)
  }

  /// Labels, reflected at the border of what may be used, so that no object seems to end there.
  private func labelsReflected(_ offset: [Int], _ box: [Int]) throws -> NDArray {
    let whole = bounds.offset.values.allSatisfy { $0 == 0 } && bounds.shape.values == labels.shape
    if whole { return try labels.read(offset: offset, shape: box) }
    let window = try WindowSource(labels, bounds)
    guard let view = ChannelSource(window) else { return try labels.read(offset: offset, shape: box) }
    return try view.read(offset: zip(offset, bounds.offset.values).map { $0 - $1 }, shape: box)
  }

  /// Of a crop that is not in memory.
  private func trusted(through box: WarpedBox) throws -> NDArray {
    let known = try trusted(box.offset, box.extent)
    if known.withElements(UInt8.self, { !$0.contains(0) }) {   // as nearly always: nothing to look up
      var ones = try NDArray(.uint8, [known.shape[0]] + box.shape.suffix(known.rank - 1), zeroed: false)
      ones.withMutableElements(UInt8.self) { $0.update(repeating: 1) }
      return ones
    }
    return try box.sampled(known, linear: false)
  }

  private func trusted(_ offset: [Int], _ box: [Int]) throws -> NDArray {
    var result = try NDArray(.uint8, [mask?.channels ?? 1] + box)
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
