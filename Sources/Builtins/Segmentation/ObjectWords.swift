import Arrays
import Blockwise
import Geometry
import Language
import Segmentation

extension Builtin {
  static let objects = Builtin(
    "objects", "(labels: array, shape=false, block: int|coord = nil, workers: int = nil) -> table",
    "What a label volume holds: a row an object with its id, size in voxels, roi and centre, ascending by id; with shape=true also its surface, Euler number and axes.",
    details: [
      "The columns z, y, x are the centre of mass in nm (where no voxel size is known in voxels, of the array that a view was taken of: the place stays).",
      "shape=true adds surface, the area in nm² of the voxel faces that show: to other objects, to background, to the outside of the volume; euler_number, lumps − tunnels + hollows (1 for a ball, 0 for a ring, 2 for a shell; voxels that share a corner are connected); axis_lengths in nm, longest first, of the ellipsoid with the same covariance; axis_directions, their unit vectors.",
      "Arrays on disk are read block by block, so they may be of any size.",
    ],
    examples: [
      Example("objects(label(arange(5) != 1)).size", prints: "[1, 3]"), Example("objects(label(arange(5) != 1)).x", prints: "[0.5, 3.5]"),
      Example("objects(ones((2, 3, 4), uint8), shape=true).surface", prints: "[52.0]"),
    ],
    searchTerms: ["sizes", "centroid", "bounding box", "regionprops", "surface area", "euler", "holes", "principal axes", "orientation"], streams: ["labels"],
    plan: { call in try call.planReading(["labels"]) }
  ) { call in
    let source = try call.labelSource("labels"), grid = source.grid
    var options = BlockwiseOptions(name: "objects", block: try call.block(rank: grid.rank))
    options.workers = try call.workers()
    let shape = try call.bool("shape"), found = try objectsBlockwise(source, corners: shape, options: options, call.execution)
    var table = try objectColumns(found.extents, grid)
    if shape { table += shapeColumns(found.extents, found.corners, grid) }
    return Value(TableValue(columns: table.map(\.name), made: table.map(\.values)))
  }

  private typealias NamedColumn = (name: String, values: TableColumn)

  private static func objectColumns(_ found: ObjectTable, _ grid: Grid) throws -> [NamedColumn] {
    let sizes = grid.voxelSize.values.map(\.double), corner = grid.offset.values.map(\.double)
    func column(_ value: @escaping @Sendable (ObjectExtent) -> Value) -> TableColumn { TableColumn(count: found.count) { value(found[$0]) } }
    let roi = column { object in
      let shape = zip(object.end, object.begin).map { $0 - $1 }
      // within the world that the volume itself covers, so that it cannot overflow
      guard let world = try? grid.world(VoxelRoi(offset: Coordinate(object.begin), shape: Coordinate(shape))) else { return .nil }
      return Value(RoiValue(roi: world, grid: grid))
    }
    return [("id", column { Value($0.id) }), ("size", column { .int($0.count) }), ("roi", roi)]
      + grid.axes.enumerated().map { axis, named in (named.name, column { .float(corner[axis] + ($0.centroid(axis) + 0.5) * sizes[axis]) }) }
  }

  private static func shapeColumns(_ found: ObjectTable, _ corners: [UInt64: ObjectCorners], _ grid: Grid) -> [NamedColumn] {
    let sizes = grid.sizes
    func column(_ value: @escaping @Sendable (ObjectExtent) -> Value) -> TableColumn { TableColumn(count: found.count) { value(found[$0]) } }
    @Sendable func axes(_ object: ObjectExtent) -> (lengths: [Double], directions: [[Double]]) {
      principalAxes(covariance: object.covariance.enumerated().map { i, row in row.enumerated().map { $1 * sizes[i] * sizes[$0] } })
    }
    @Sendable func list(_ values: [Double]) -> Value { .list(values.map { .float($0) }) }
    return [
      ("surface", column { .float(corners[$0.id]?.surface(voxelSize: sizes) ?? 0) }), ("euler_number", column { .int(corners[$0.id]?.eulerNumber ?? 0) }),
      ("axis_lengths", column { list(axes($0).lengths) }), ("axis_directions", column { .list(axes($0).directions.map(list)) }),
    ]
  }

  static let touching = Builtin(
    "touching", "(fragments: array, affinities: array = nil, at=0.5, offsets: list = nil, block: int|coord = nil, workers: int = nil) -> table",
    "Pairs of labels that meet: a row a pair with both ids, the number of faces between them and, with affinities, their mean, which is at least `at`.",
    details: [
      "Where fragments were made block by block with ids=\"unique\", only pairs across faces of blocks are listed: inside a block the function has decided already. So relabel(fragments, merge=pairs) joins what the blocks cut apart.",
      "affinities: a channel an offset; unsigned ints count as fractions of their largest value. offsets: of the channels, of which those to a face neighbour count; without it the first channels are one voxel up along each axis.",
      "Arrays on disk are read block by block; the pairs are kept in memory.",
    ],
    examples: [Example("touching(arange(4) + 1).faces", prints: "[1, 1, 1]")], searchTerms: ["neighbours", "contacts", "adjacency", "rag"], streams: ["fragments", "affinities"],
    plan: { call in try call.planReading(["fragments", "affinities"]) }
  ) { call in
    let array = try call.array("fragments"), grid = array.grid
    let labels = try call.labelSource("fragments"), affinities = try call.optionalArray("affinities")
    var statement = TouchingStatement(labels, options: BlockwiseOptions(name: "touching", block: try call.block(rank: grid.rank)))
    statement.options.workers = try call.workers()
    statement.between = array.uniqueBlocks
    if let blocks = statement.between, !blocks.isRegular {
      throw call.failure(.value, "ids here are unique within blocks, which the steps of this slice do not divide", at: "fragments", hint: "take a part without a step, or one whose step divides the block")
    }
    if let affinities {
      guard affinities.shape.count == grid.rank + 1 else { throw call.failure(.shape, "`affinities` needs a channel axis before \(array.axesText), found \(affinities.axesText)", at: "affinities") }
      statement.affinities = try affinities.source(call.execution)
      statement.offsets = try call.faceOffsets(rank: grid.rank, channels: affinities.shape[0])
    }
    var found = try statement.execute(call.execution)
    let scale = affinities?.dtype.one ?? 1, limit = try call.affinityLimit()
    if affinities != nil { found.removeAll { $0.mean / scale < limit } }
    var columns: [(String, [Value])] = [("a", found.map { Value($0.a) }), ("b", found.map { Value($0.b) }), ("faces", found.map { .int($0.faces) })]
    if affinities != nil { columns.append(("affinity", found.map { .float($0.mean / scale) })) }
    return Value(TableValue(columns: columns.map(\.0), values: columns.map(\.1)))
  }
}

extension Call {
  /// `at`, the least affinity that counts.
  func affinityLimit() throws -> Double {
    let limit = try float("at")
    guard !limit.isNaN else { throw failure(.value, "`at` must be a number, not nan", at: "at") }
    return limit
  }

  /// The plan of a word that reads blocks and gives no array: unknown where some of them are on disk; nil where all is in memory.
  func planReading(_ names: [String]) throws -> Value? {
    let reads = try names.compactMap { try optionalArray($0) }.flatMap(\.readItems)
    if reads.isEmpty { return nil }
    record(Effect(builtin.name, reads: reads))
    return .unknown
  }
}

extension Call {
  /// The output of a word that gives each object one id, in the same place: ids that lie in blocks still do.
  func outputKeepingBlocks(of argument: String) throws -> OutputSpec {
    let labels = try array(argument)
    var spec = try output(rank: labels.grid.rank)
    if let blocks = labels.uniqueBlocks { spec.attributes = blocks.marked(spec.attributes) }
    return spec
  }
}

extension ArrayValue {
  /// The blocks within which each id of a blockwise result with ids="unique" lies, or of a part of one; nil for all other arrays.
  var uniqueBlocks: IdBlocks? {
    if let idBlocks { return idBlocks }
    guard case .view(let view) = content, let stored else { return nil }
    return IdBlocks(attributes: stored.attributes, rank: stored.shape.count)?.seen(by: view.walks)
  }
}
