import Arrays
import Blockwise
import Geometry
import Language
import Segmentation

extension Builtin {
  static let gaussian = Builtin(
    "gaussian", "(a: array, sigma: int|float|length|coord|list) -> array",
    "Smooths with a Gaussian; sigma in voxels or as a length, also per axis; edges reflect; float32.",
    examples: [Example("gaussian(ones((5, 5)), sigma=1).shape", prints: "(5, 5)")], searchTerms: ["blur", "smooth"], streams: ["a"]
  ) { call in
    let array = try call.array("a"), sigma = try call.sizeInVoxels("sigma", array.grid)
    guard sigma.allSatisfy({ $0 >= 0 && $0.isFinite }) else { throw call.failure(.value, "`sigma` must not be negative", at: "sigma") }
    return try array.filtered(call, halo: gaussianRadius(sigma: sigma), giving: .float32) { try Segmentation.gaussian($0, sigma: sigma, $1) }
  }

  static let distance = Builtin(
    "distance", "(mask: array, each=false, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "Distance of every foreground voxel to the nearest background voxel, exact; nm (voxels where no voxel size is known), float32.",
    details: ["each=true takes labels: from every voxel of an object to the nearest voxel outside that object, be it background or another object."] + distanceDetails("4 bytes"),
    examples: [
      Example("max(distance(ones((1, 3)) == 0))", prints: "0.0"), Example("max(distance(arange(6) // 3 + 1, each=true))", prints: "3.0"),
    ], searchTerms: ["edt", "labels"], streams: ["mask"],
    plan: { call in try plannedDistance(call, try distanceStatement(call, try distanceKind(call))) }
  ) { call in
    let kind = try distanceKind(call)
    if !(try call.value("to")).isNil { return try distanceStatement(call, kind).execute(call.execution).value }
    let volume = try call.volume("mask")
    return try volume.mapping(call) { try distanceTransform($0, voxelSize: volume.grid.sizes, each: kind == .otherLabel, call.execution) }
  }

  static let signedDistance = Builtin(
    "signed_distance", "(labels: array, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "Distance to the nearest face between different labels: above 0 inside objects, below 0 outside; nm (voxels where no voxel size is known), float32.",
    details: distanceDetails("8 bytes"),
    examples: [Example("max(signed_distance(arange(4) > 1))", prints: "1.5")], streams: ["labels"],
    plan: { call in try plannedDistance(call, try distanceStatement(call, .signed)) }
  ) { call in
    if !(try call.value("to")).isNil { return try distanceStatement(call, .signed).execute(call.execution).value }
    let volume = try call.volume("labels")
    return try volume.mapping(call) { try Segmentation.signedDistance($0, voxelSize: volume.grid.sizes, call.execution) }
  }

  private static func distanceDetails(_ scratch: String) -> [String] {
    ["to=\"c.zarr/name\" works on volumes of any size, a few planes and then a column of blocks at a time; the result is the same to the last bit. Meanwhile \(scratch) a voxel lie in a file beside the output."]
  }

  /// Refuses what is no mask, and with `each` what is no label volume.
  private static func distanceKind(_ call: Call) throws -> DistanceKind {
    if try call.bool("each") { return .otherLabel }
    try checkMask(try call.array("mask"))
    return .background
  }

  private static func distanceStatement(_ call: Call, _ kind: DistanceKind) throws -> DistanceStatement {
    let argument = call.builtin.signature.parameters[0].name
    let source = try call.labelSource(argument), rank = source.grid.rank
    guard rank <= 3 else { throw call.failure(.shape, "`\(call.builtin.name)` works on up to 3 axes, found \(try call.array(argument).axesText)", at: argument) }
    var options = BlockwiseOptions(name: call.builtin.name, block: try call.block(rank: rank))
    options.workers = try call.workers()
    return try DistanceStatement(source, kind, options: options, to: try call.output(rank: rank))
  }

  /// The effect of a statement; nil without `to`.
  private static func plannedDistance(_ call: Call, _ statement: @autoclosure () throws -> DistanceStatement) throws -> Value? {
    if try call.value("to").isNil { return nil }
    let statement = try statement()
    return try call.planBlocks(try statement.plan(call.execution), [statement.source], try call.output(rank: statement.source.grid.rank), workers: try call.workers())
  }

  /// Refuses what is no mask.
  private static func checkMask(_ array: ArrayValue) throws {
    if array.dtype == .bool || array.dtype == .uint8 { return }
    throw Failure(.type, "expected a mask (bool), found \(array.dtype)", hint: array.dtype.isFloat ? "compare first: distance(a > 0)" : "compare first: distance(a > 0), or take each label by itself: distance(a, each=true)", argument: "mask")
  }
}

extension Volume {
  /// The result of working on each spatial part (all of it, or channel by channel), on the same grid.
  func mapping(_ call: Call, _ body: (NDArray) throws -> NDArray) throws -> Value {
    try grid.checkSpaceIsLast(call.builtin.name)
    return Value(ArrayValue(try Volume(try eachSpatialPart(array, grid, body), grid)))
  }
}

/// The result of working on each spatial part of a block: all of it, or channel by channel.
func eachSpatialPart(_ block: NDArray, _ grid: Grid, _ body: (NDArray) throws -> NDArray) throws -> NDArray {
  let packed = try block.contiguous(), channels = grid.rank - grid.spatialRank
  if channels == 0 { return try body(packed) }
  let outer = packed.shape.prefix(channels).reduce(1, *)
  let flat = try packed.reshaped([outer] + Array(packed.shape.dropFirst(channels)))
  let parts = try (0..<outer).map { try body(try flat.dropping(axis: 0, at: $0).contiguous()) }
  return try NDArray.stack(parts).reshaped(packed.shape)
}

extension Grid {
  func checkSpaceIsLast(_ word: String) throws {
    guard spatialRank > 0, spatialAxes == Array((rank - spatialRank)..<rank) else {
      throw Failure(.shape, "`\(word)` needs the axes of space last, found \(axes.map(\.name).joined(separator: ", "))")
    }
  }

  /// Voxel sizes in nm as doubles; 1 where unknown, also where a step in a slice left voxels out.
  var sizes: [Double] { isKnown ? voxelSize.values.map(\.double) : [Double](repeating: 1, count: rank) }
}
