// Affinities, descriptors and what is made of them.

import Arrays
import Geometry
import Language
import Segmentation

extension Builtin {
  static let affinities = Builtin(
    "affinities", "(labels: array, offsets: list, background_as_object=false) -> array",
    "Which neighbouring voxels belong together: a channel an offset, 1 where a voxel and the voxel at that offset from it carry the same label (uint8).",
    details: [
      "offsets: voxels along each axis, such as [(1, 0, 0), (0, 1, 0), (0, 0, 1)]; any sign, any length.",
      "Background is no object unless background_as_object=true; a voxel whose neighbour lies outside the array gets 0.",
    ],
    examples: [Example("sum(affinities(arange(4) // 2 + 1, offsets=[(1)]))", prints: "2")], searchTerms: ["neighbourhood", "target"]
  ) { call in
    let volume = try call.spatialVolume("labels"), offsets = try call.offsets("offsets", rank: volume.grid.rank)
    let made = try Segmentation.affinities(volume.array, neighborhood: offsets, backgroundAsObject: try call.bool("background_as_object"), call.execution)
    return Value(ArrayValue(try Volume(made, try volume.grid.withChannels())))
  }

  static let descriptors = Builtin(
    "descriptors", "(labels: array, sigma: int|float|length|coord|list, downsample=1) -> array",
    "Local shape descriptors: how the object of each voxel lies, spreads and leans within sigma; 10 channels in 3D, 6 in 2D, 0 to 1, float32.",
    details: [
      "Channels in 3D: mean offset along z, y, x; variance along z, y, x; correlation zy, zx, yx; mass. In 2D: y, x; y, x; yx; mass.",
      "sigma: of the Gaussian window, in voxels or as a length; looks 3 sigma far. Background is 0.",
      "downsample: take every so many voxels along each axis, for speed; a voxel then has the descriptors at the sample at or before it.",
    ],
    examples: [Example("descriptors(ones((9, 9), uint8), sigma=2).shape", prints: "(6, 9, 9)")], searchTerms: ["lsd", "lsds", "shape"]
  ) { call in
    let volume = try call.spatialVolume("labels"), sigma = try call.sizeInVoxels("sigma", volume.grid), sizes = volume.grid.sizes
    guard sigma.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw call.failure(.value, "`sigma` must be above 0", at: "sigma") }
    let made = try Segmentation.descriptors(volume.array, sigma: zip(sigma, sizes).map { $0 * $1 }, voxelSize: sizes, factor: try call.int("downsample", in: 1...1024), call.execution)
    return Value(ArrayValue(try Volume(made, try volume.grid.withChannels())))
  }

  static let mutexWatershed = Builtin(
    "mutex_watershed", "(affinities: array, offsets: list, strides: list = nil, mask: array = nil, to: string = nil, block: int|coord = nil, replace=false) -> array",
    "Segments signed affinities by the mutex watershed: strongest first, above 0 merges, below 0 keeps apart; uint64, numbered in raster order.",
    details: [
      "affinities: a channel an offset, a probability minus a bias, such as a / 255.0 - 0.5: above 0 the voxel and the one at the offset belong together.",
      "offsets: voxels along each axis, one a channel. strides: every how many voxels an offset is used, one a channel, such as [1, 1, 1, (1, 4, 4)].",
      "mask: 0 leaves a voxel out. Voxels that no affinity above 0 reaches are 0. Equal strengths are taken in the order of channels, then voxels. attrs.objects counts the segments.",
      wholeDetail,
    ],
    examples: [Example("max(mutex_watershed(affinities(arange(6) // 3 + 1, offsets=[(1)]) - 0.5, offsets=[(1)]))", prints: "2")], searchTerms: ["mws", "instances"], streams: ["affinities", "mask"],
    plan: { call in try call.value("to").isNil ? nil : try wholeMutexWatershed(call).planned(call) }
  ) { call in
    try wholeMutexWatershed(call).run(call) {
      let volume = try call.volume("affinities"), grid = try call.spatialGrid(of: volume, "affinities")
      let offsets = try call.offsets("offsets", rank: grid.rank)
      guard offsets.count == volume.shape[0] else {
        throw call.failure(.shape, "`offsets` has \(offsets.count) entries for \(volume.shape[0]) channels of affinities \(ArrayValue(volume).axesText)", at: "offsets")
      }
      let strides = try call.value("strides").isNil ? nil : try call.offsets("strides", rank: grid.rank)
      let (labels, count) = try Segmentation.mutexWatershed(volume.array.contiguous(), offsets: offsets, strides: strides, mask: try call.maskVolume("mask", like: grid, volume), call.execution)
      return (labels, count)
    }
  }

  private static func wholeMutexWatershed(_ call: Call) throws -> WholeResult {
    let array = try call.array("affinities")
    guard array.shape.count >= 2 else { throw call.failure(.shape, "`affinities` needs a channel axis and others, found \(array.axesText)", at: "affinities") }
    return try WholeResult(call, inputs: ["affinities", "mask"], shape: Array(array.shape.dropFirst()), grid: try array.grid.dropping(axis: 0), dtype: .uint64)
  }
}

extension Call {
  /// An array whose axes are all of space, packed.
  func spatialVolume(_ name: String) throws -> Volume {
    let volume = try volume(name)
    guard volume.grid.spatialRank == volume.grid.rank, volume.grid.rank >= 1 else {
      throw failure(.shape, "`\(builtin.name)` needs axes of space only, found \(ArrayValue(volume).axesText)", at: name)
    }
    return try Volume(try volume.array.contiguous(), volume.grid)
  }

  /// The grid of an array without its first axis, that of the channels.
  func spatialGrid(of volume: Volume, _ name: String) throws -> Grid {
    guard volume.shape.count >= 2 else { throw failure(.shape, "`\(name)` needs a channel axis and others, found \(ArrayValue(volume).axesText)", at: name) }
    return try volume.grid.dropping(axis: 0)
  }

  /// Voxels along each axis, one entry a channel: coords, lists or, for the same on every axis, ints.
  func offsets(_ name: String, rank: Int) throws -> [[Int]] {
    let entries = try list(name)
    if entries.isEmpty { throw failure(.value, "`\(name)` is empty", at: name) }
    return try entries.enumerated().map { position, entry in
      switch entry {
      case .int(let each) where rank == 1 || name == "strides": return [Int](repeating: each, count: rank)
      case .voxelCoordinate(let coordinate) where coordinate.rank == rank: return coordinate.values
      case .list(let values) where values.count == rank:
        let numbers = values.compactMap { value -> Int? in if case .int(let x) = value { x } else { nil } }
        if numbers.count == rank { return numbers }
      case .length, .worldCoordinate: throw failure(.units, "`\(name)` must be in voxels, not in nanometres", at: name, label: "entry \(position) is \(entry.shown())")
      default: break
      }
      throw failure(
        .value, "`\(name)` must hold \(rank == 1 ? "an int" : "\(rank) ints") an entry, one an axis", at: name, label: "entry \(position) is \(entry.shown())",
        hint: rank == 3 ? "offsets=[(1, 0, 0), (0, 1, 0), (0, 0, 1)]" : nil)
    }
  }

  /// An optional mask in memory that covers the voxels of `volume`, which has the axes of `grid` last.
  func maskVolume(_ name: String, like grid: Grid, _ volume: Volume) throws -> NDArray? {
    guard let mask = try optionalArray(name) else { return nil }
    let shape = Array(volume.shape.suffix(grid.rank))
    guard mask.shape == shape else {
      throw failure(.shape, "shapes do not match: \(builtin.signature.parameters[0].name) \(ArrayValue(volume).axesText) and \(name) \(mask.axesText)", at: name)
    }
    try checkGrids(grid, mask.grid, name)
    return try self.volume(name).array.contiguous()
  }

  /// Refuses an array that lies elsewhere, or has other voxels, than the one it is used with.
  func checkGrids(_ grid: Grid, _ other: Grid, _ name: String) throws {
    guard grid.isKnown, other.isKnown else { return }
    if grid.voxelSize != other.voxelSize {
      throw failure(.grid, "voxel sizes differ: \(Value.worldCoordinate(grid.voxelSize).shown()) and \(Value.worldCoordinate(other.voxelSize).shown())", at: name, hint: "resample one of them first")
    }
    if grid.offset != other.offset {
      throw failure(.grid, "offsets differ: \(Value.worldCoordinate(grid.offset).shown()) and \(Value.worldCoordinate(other.offset).shown())", at: name, hint: "r = a.roi & b.roi, then a[r], b[r]")
    }
  }
}

extension Grid {
  /// With a channel axis before its own.
  func withChannels() throws -> Grid { try with(axes: [.c] + axes) }
}
