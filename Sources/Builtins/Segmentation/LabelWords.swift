import Arrays
import Blockwise
import Execution
import Geometry
import Language
import Segmentation

extension Builtin {
  static let label = Builtin(
    "label", "(mask: array, connectivity=1, each=false, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "Numbers the connected components of a mask: 1, 2, … in raster order; attrs.objects counts them.",
    details: [
      "connectivity: 1 faces, 2 also edges, 3 also corners (6, 18, 26 neighbours in 3D; 4, 8 in 2D).",
      "each=true takes labels or classes: neighbours belong together only if they have the same value, so an object in pieces becomes as many.",
      "The result is uint32, of volumes of 2³² voxels and more uint64.",
      "to=\"c.zarr/name\" works block by block on volumes of any size; the result is the same.",
    ],
    examples: [Example("max(label(arange(5) != 2))", prints: "2"), Example("max(label(arange(6) // 2 + 1, each=true))", prints: "3")],
    searchTerms: ["components", "instances"], streams: ["mask"],
    plan: { call in
      if try call.value("to").isNil { return nil }
      let (statement, source) = try labelStatement(call, try call.array("mask"), try call.int("connectivity", in: 1...3))
      return try call.planBlocks(try statement.plan(), [source], try call.output(rank: source.grid.spatialRank), workers: try call.workers())
    }
  ) { call in
    let array = try call.array("mask"), connectivity = try call.int("connectivity", in: 1...3)
    if !(try call.value("to")).isNil { return try labelOnDisk(call, array, connectivity) }
    let volume = try call.volume("mask")
    let (labels, count) = try labelComponents(try volume.array.contiguous(), connectivity: connectivity, byValue: try call.bool("each"), call.execution)
    var result = ArrayValue(try Volume(labels, volume.grid))
    result.notes["objects"] = .int(count)
    return Value(result)
  }

  private static func labelStatement(_ call: Call, _ array: ArrayValue, _ connectivity: Int) throws -> (LabelStatement, any ArraySource) {
    let source = try array.source(call.execution), rank = source.grid.spatialRank
    var options = BlockwiseOptions(name: "label", block: try call.block(rank: rank))
    options.workers = try call.workers()
    return (try LabelStatement([source], connectivity: connectivity, byValue: try call.bool("each"), options: options, to: try call.output(rank: rank)), source)
  }

  private static func labelOnDisk(_ call: Call, _ array: ArrayValue, _ connectivity: Int) throws -> Value {
    let result = try labelStatement(call, array, connectivity).0.execute(call.execution)
    var labels = ArrayValue(result.output)
    labels.notes["objects"] = .int(result.objects)
    return Value(labels)
  }

  static let threshold = Builtin(
    "threshold", "(a: array, at: int|float) -> array", "Marks what lies above a value: a > at.", examples: [Example("sum(threshold(arange(4), at=1))", prints: "2")], streams: ["a"]
  ) { call in
    guard let limit = try call.value("at").scalar else { throw call.failure(.type, "`at` must be a number", at: "at") }
    return Value(ArrayValue(try ArrayExpression.compare(.greater, try call.array("a").expression, ArrayExpression(limit))))
  }

  static let argmax = Builtin(
    "argmax", "(a: array) -> array", "The index of the largest channel at each voxel, the first of equals; the channel axis is the first. NaN is never the largest.",
    examples: [Example("argmax(zeros((2, 1, 3))).shape", prints: "(1, 3)")]
  ) { call in
    let volume = try call.volume("a")
    guard volume.shape.count >= 2 else { throw call.failure(.shape, "`argmax` needs a channel axis and others, found \(ArrayValue(volume).axesText)", at: "a") }
    return Value(ArrayValue(try Volume(try Segmentation.argmax(volume.array, call.execution), try volume.grid.dropping(axis: 0))))
  }

  static let fillHoles = Builtin(
    "fill_holes", "(mask: array, to: string = nil, block: int|coord = nil, shards: int|coord = nil, workers: int = nil, replace=false) -> array",
    "Fills background that is enclosed by one object with its id.",
    details: [
      "A hole touches no edge of the array, not even through other holes that share a face; one between several ids stays.",
      "to=\"c.zarr/name\" works block by block on volumes of any size; the result is the same.",
    ],
    examples: [Example("ring = ones((3, 3), uint8); ring[1, 1] = 0; sum(fill_holes(ring))", prints: "9")], searchTerms: ["holes", "enclosed"], streams: ["mask"],
    plan: { call in
      if try call.value("to").isNil { return nil }
      let statement = try fillHolesStatement(call)
      return try call.planBlocks(try statement.plan(), [statement.source], try call.output(rank: statement.source.grid.rank), workers: try call.workers())
    }
  ) { call in
    if !(try call.value("to")).isNil { return try fillHolesStatement(call).execute(call.execution).value }
    return try spatially(call, "mask") { try Segmentation.fillHoles($0, call.execution) }
  }

  private static func fillHolesStatement(_ call: Call) throws -> FillHolesStatement {
    let source = try call.labelSource("mask")
    var options = BlockwiseOptions(name: "fill_holes", block: try call.block(rank: source.grid.rank))
    options.workers = try call.workers()
    return try FillHolesStatement(source, options: options, to: try call.output(rank: source.grid.rank))
  }

  private static func spatially(_ call: Call, _ argument: String, _ body: (NDArray) throws -> NDArray) throws -> Value {
    try call.volume(argument).mapping(call, body)
  }

  static let morphology: [Builtin] = [
    morphological("erode", "Shrinks objects by a ball or box.", [Segmentation.erode]), morphological("dilate", "Grows objects by a ball or box.", [Segmentation.dilate]),
    morphological("opening", "Erodes, then dilates: removes what is thinner than the element.", [Segmentation.erode, Segmentation.dilate]),
    morphological("closing", "Dilates, then erodes: closes gaps thinner than the element.", [Segmentation.dilate, Segmentation.erode]),
  ]

  private static func morphological(
    _ name: String, _ summary: String, _ steps: [@Sendable (NDArray, StructuringElement, String, ExecutionContext) throws -> NDArray]
  ) -> Builtin {
    Builtin(
      name, "(a: array, radius: int|float|length|coord|list = 1, shape: \"ball|box\" = \"ball\") -> array", summary + " Radius in voxels or as a length.",
      details: ["A ball works on masks and gives bool; a box takes the least or greatest value, of any type. What lies outside the array takes no part."], streams: ["a"]
    ) { call in
      let array = try call.array("a")
      let (element, halo) = try element(call, array.grid)
      let dtype: DType = if case .ball = element { .bool } else { array.dtype }
      return try steps.enumerated().reduce(Value(array)) { value, step in
        guard let array = value.object(as: ArrayValue.self) else { return value }
        return try array.filtered(call, halo: halo, giving: dtype, recipe: "\(name) step \(step.offset)") { try step.element($0, element, name, $1) }
      }
    }
  }

  /// The element, and how many voxels it reaches along each axis.
  private static func element(_ call: Call, _ grid: Grid) throws -> (StructuringElement, halo: [Int]) {
    let radius = try call.sizeInVoxels("radius", grid)
    guard radius.allSatisfy({ $0 >= 0 && $0 <= 10_000 }) else { throw call.failure(.value, "`radius` must be from 0 to 10,000 voxels", at: "radius") }
    let halo = radius.map { Int(($0 * (1 + 1e-6)).rounded(.down)) }
    if try call.string("shape") == "box" { return (.box(radius: radius.map { Int($0) }), halo) }
    if case .length(let length) = try call.value("radius") { return (.ball(radius: length.double, voxelSize: grid.sizes), halo.map { $0 + 1 }) }
    // An ellipsoid is a ball of radius 1 in units of its half axes.
    return (.ball(radius: 1, voxelSize: radius.map { $0 > 0 ? 1 / $0 : 1e9 }), halo.map { $0 + 1 })
  }

  static let median = Builtin(
    "median", "(a: array, radius: int|float|length|coord|list = 1) -> array", "The median of the box around each voxel; edges reflect.", streams: ["a"]
  ) { call in
    let array = try call.array("a"), radius = try call.sizeInVoxels("radius", array.grid)
    guard radius.allSatisfy({ $0 >= 0 && $0 <= 100 }) else { throw call.failure(.value, "`radius` must be from 0 to 100 voxels", at: "radius") }
    let whole = radius.map { Int($0) }
    return try array.filtered(call, halo: whole, giving: array.dtype) { try Segmentation.median($0, radius: whole, $1) }
  }
}
