import Arrays
import Geometry
import Language
import Segmentation

extension Builtin {
  static let watershed = Builtin(
    "watershed", "(a: array, seeds: array, mask: array = nil, connectivity=1, to: string = nil, block: int|coord = nil, replace=false) -> array",
    "Grows seeds over a landscape, lowest places first, until they meet: each voxel gets the id of a seed.",
    details: [
      "connectivity: neighbours share a face; 2 also an edge, 3 also a corner. Of equal heights the voxel reached first goes on, and what lies lower than the flood is reached at its height; seeds enter in raster order.",
      "mask: 0 keeps a voxel dry: it stays 0, as does all that no seed can reach.",
      wholeDetail,
    ],
    examples: [Example("seeds = zeros(5, uint8); seeds[0] = 1; seeds[4] = 2; l = watershed(abs(arange(5) - 1), seeds); [sum(l == 1), sum(l == 2)]", prints: "[4, 1]")],
    searchTerms: ["flood", "basins", "seeded"], streams: ["a", "seeds", "mask"],
    plan: { call in try call.value("to").isNil ? nil : try wholeWatershed(call).planned(call) }
  ) { call in
    try wholeWatershed(call).run(call) {
      let volume = try call.spatialVolume("a")
      guard let seeds = try call.maskVolume("seeds", like: volume.grid, volume) else { throw call.failure(.argument, "`watershed` needs seeds", at: "seeds") }
      let mask = try call.maskVolume("mask", like: volume.grid, volume)
      return (try Segmentation.watershed(volume.array, seeds: seeds, mask: mask, connectivity: try call.int("connectivity", in: 1...3), call.execution), nil)
    }
  }

  private static func wholeWatershed(_ call: Call) throws -> WholeResult {
    let array = try call.array("a")
    // uint64 ids for seeds of 64 bits, else uint32
    return try WholeResult(call, inputs: ["a", "seeds", "mask"], shape: array.shape, grid: array.grid, dtype: try call.array("seeds").dtype.size == 8 ? .uint64 : .uint32)
  }

  /// How words that hold everything at once use `to`, in their help.
  static let wholeDetail = "to=\"c.zarr/name\" keeps the result on disk, block by block; it is made in memory all the same, because every voxel may depend on every other: inputs and result must fit the budget (:set memory)."

  static let agglomerate = Builtin(
    "agglomerate", "(fragments: array, affinities: array, at: float|list = 0.5, offsets: list = nil) -> array|list",
    "Merges fragments by the mean affinity of the faces between them, strongest pair first, while it is at least `at`.",
    details: [
      "affinities: a channel an offset; unsigned ints count as fractions of their largest value, so uint8 255 is 1.",
      "offsets: of the channels, of which those to a face neighbour count; without it the first channels are one voxel up along each axis: (1, 0, 0), (0, 1, 0), (0, 0, 1).",
      "A merged object carries the smallest id of its fragments. Of pairs equally strong the one with the smaller ids goes first; there a merged object stands under the id of its side with more neighbours.",
      "at: a list of thresholds gives a list of results, one a threshold, for little more than the time of one.",
    ],
    examples: [
      Example("a = ones((1, 4), axes=[\"c\", \"x\"]); unique(agglomerate(arange(4) + 1, a, offsets=[1]))", prints: "[1]"),
      Example("a = ones((1, 4), axes=[\"c\", \"x\"]); map(agglomerate(arange(4) + 1, a, at=[0.5, 2], offsets=[1]), max)", prints: "[1, 4]"),
    ],
    searchTerms: ["waterz", "merge", "hierarchical"]
  ) { call in
    let volume = try call.spatialVolume("fragments")
    let bound = try call.boundAffinities("affinities", like: volume.grid, volume)
    let isList = if case .list = try call.value("at") { true } else { false }
    let thresholds = try isList ? call.numbers("at") ?? [] : [call.affinityLimit()]
    if let broken = thresholds.first(where: \.isNaN) { throw call.failure(.value, "`at` must hold numbers, not \(broken)", at: "at") }
    let merged = try Segmentation.agglomerate(volume.array, affinities: bound.array, offsets: bound.offsets, thresholds: thresholds.map { $0 * bound.scale }, call.execution)
    let results = try merged.map { Value(ArrayValue(try Volume($0, volume.grid))) }
    return isList ? .list(results) : results[0]
  }
}

/// Affinities that were given with a label volume.
struct BoundAffinities {
  let array: NDArray, offsets: [[Int]]
  /// What stands for 1.
  let scale: Double
}

extension Call {
  /// Affinities in memory over the voxels of `volume`, channels first.
  func boundAffinities(_ name: String, like grid: Grid, _ volume: Volume) throws -> BoundAffinities {
    let affinities = try self.volume(name)
    guard affinities.shape.count == volume.shape.count + 1 else {
      throw failure(.shape, "`\(name)` needs a channel axis before those of fragments \(ArrayValue(volume).axesText), found \(ArrayValue(affinities).axesText)", at: name, hint: "stack(up, down, right): a channel an offset")
    }
    let own = try spatialGrid(of: affinities, name)
    guard Array(affinities.shape.dropFirst()) == volume.shape else {
      throw failure(.shape, "shapes do not match: fragments \(ArrayValue(volume).axesText) and \(name) \(ArrayValue(affinities).axesText)", at: name)
    }
    try checkGrids(grid, own, name)
    return BoundAffinities(
      array: try affinities.array.contiguous(), offsets: try faceOffsets(rank: grid.rank, channels: affinities.shape[0]), scale: affinities.dtype.one)
  }

  /// `offsets`, or one voxel up along each axis.
  func faceOffsets(rank: Int, channels: Int) throws -> [[Int]] {
    if !(try value("offsets").isNil) {
      let given = try offsets("offsets", rank: rank)
      guard given.count == channels else { throw failure(.shape, "`offsets` has \(given.count) entries for \(channels) channels of affinities", at: "offsets") }
      guard given.contains(where: { $0.reduce(0) { $0 &+ Int(clamping: $1.magnitude) } == 1 }) else { throw failure(.value, "`offsets` holds no face neighbour, such as (0, 0, 1)", at: "offsets") }
      return given
    }
    guard channels >= rank else {
      throw failure(.shape, "\(channels) channels of affinities are too few for \(rank) axes", at: "affinities", hint: "offsets=[…] says what each channel speaks of")
    }
    return (0..<rank).map { axis in (0..<rank).map { $0 == axis ? 1 : 0 } }
  }
}

extension DType {
  /// The value that stands for certainty in a stored probability.
  var one: Double {
    switch self {
    case .uint8: 255
    case .uint16: 65535
    case .uint32: 4_294_967_295
    default: 1
    }
  }
}
