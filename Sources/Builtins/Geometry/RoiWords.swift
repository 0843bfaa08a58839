import Arrays
import Geometry
import Language

extension Builtin {
  static let roi = Builtin(
    "roi", "(offset: coord|length, shape: coord|length) -> roi", "A box in the world, half-open: from `offset`, `shape` large.",
    examples: [Example("roi((0, 0)nm, (8, 8)nm).center", prints: "(4, 4) nm")], searchTerms: ["box", "region"]
  ) { call in
    let rank = try [call.value("offset"), call.value("shape")].compactMap { if case .worldCoordinate(let c) = $0 { c.rank } else { nil } }.first ?? 3
    return Value(RoiValue(roi: try WorldRoi(offset: try call.world("offset", rank: rank), shape: try call.world("shape", rank: rank))))
  }

  static let snap = Builtin(
    "snap", "(r: roi, grid: array|coord|length, how: \"outward|inward|nearest\" = \"outward\") -> roi",
    "The roi with its faces on the voxel grid of an array, or on multiples of a voxel size.",
    examples: [Example("snap(roi((3, 5)nm, (8, 8)nm), 4nm).offset", prints: "(0, 4) nm")], searchTerms: ["align", "round"]
  ) { call in
    let roi = try call.object("r", as: RoiValue.self), array = try call.value("grid").object(as: ArrayValue.self)
    let grid: Grid
    if let array { grid = array.grid } else {
      let rank = roi.roi.rank, axes = Axis.defaults(rank: rank).map { Axis($0.name) }
      grid = try Grid(axes: axes, voxelSize: try call.world("grid", rank: rank), offset: Coordinate(repeating: .zero, count: rank))
    }
    guard grid.spatialRank == roi.roi.rank else {
      throw call.failure(.shape, "the roi has \(Words.axes(roi.roi.rank)), the grid \(grid.spatialRank)", at: "r")
    }
    let how: Grid.Snap = switch try call.string("how") { case "inward": .inward; case "nearest": .nearest; default: .outward }
    return Value(RoiValue(roi: try grid.world(try grid.voxels(roi.roi, how)), grid: grid, owner: array?.stored?.path))
  }

  static let grow = Builtin(
    "grow", "(r: roi, by: length|coord|int) -> roi", "The roi larger on every side, by a length or by voxels of its grid.",
    examples: [Example("grow(roi((0, 0)nm, (8, 8)nm), 2nm).shape", prints: "(12, 12) nm"), Example("grow(zeros((2, 2), voxel=4nm).roi, 1).shape", prints: "(16, 16) nm")]
  ) { call in try resized(call) { $0 } }

  static let shrink = Builtin(
    "shrink", "(r: roi, by: length|coord|int) -> roi", "The roi smaller on every side, by a length or by voxels of its grid.",
    examples: [Example("shrink(roi((0, 0)nm, (8, 8)nm), 2nm).shape", prints: "(4, 4) nm")]
  ) { call in try resized(call) { -$0 } }

  private static func resized(_ call: Call, _ sign: (Rational) -> Rational) throws -> Value {
    let roi = try call.object("r", as: RoiValue.self), rank = roi.roi.rank
    var by: WorldCoordinate
    switch try call.value("by") {
    case .int, .voxelCoordinate:
      guard let grid = roi.grid, grid.isKnown else { throw call.failure(.units, "`by` is in voxels, but the roi knows no grid", at: "by", hint: "write a length, such as 64nm") }
      by = grid.voxelSize
      for (axis, count) in try call.voxels("by", rank: rank).values.enumerated() { by[axis] = try by[axis] * Rational(count) }
    default: by = try call.world("by", rank: rank)
    }
    by = WorldCoordinate(by.values.map(sign))
    for axis in 0..<rank where try roi.roi.shape[axis] + (try by[axis] + by[axis]) < .zero {
      throw call.failure(.value, "the roi is smaller than what is taken from both sides: \(sizeText(roi.roi.shape))", at: "by")
    }
    return Value(RoiValue(roi: try roi.roi.grown(before: by, after: by), grid: roi.grid, owner: roi.owner))
  }

  static let blocks = Builtin(
    "blocks", "(of: array|roi, block: int|coord|length) -> list", "The rois of the blocks of an array, or of a roi that has a grid, in raster order; those at the end are smaller.",
    examples: [Example("len(blocks(zeros((5, 4)), 2))", prints: "6"), Example("len(blocks(zeros((4, 4), voxel=4nm).roi, 8nm))", prints: "4")], searchTerms: ["tiles", "chunks"]
  ) { call in
    let whole: VoxelRoi, grid: Grid
    if let roi = try call.value("of").object(as: RoiValue.self) {
      guard let known = roi.grid else { throw call.failure(.grid, "the roi has no grid, so it has no voxels to cut", at: "of", hint: "blocks(snap(r, raw), 64)") }
      grid = try known.with(axes: known.axes.filter { $0.kind == .space })
      guard let voxels = try? grid.voxels(roi.roi, .exact) else {
        throw call.failure(.grid, "the roi is not on its voxel grid", at: "of", hint: "blocks(snap(r, raw), 64)")
      }
      whole = voxels
    } else {
      let array = try call.array("of")
      grid = array.grid
      whole = try VoxelRoi(shape: grid.spatialAxes.map { array.shape[$0] })
    }
    let shape = whole.shape.values, block = try call.sizeInVoxels("block", grid).map { size -> Int in
      guard size >= 1, size == size.rounded(), let voxels = Int(exactly: size) else { throw call.failure(.value, "`block` must be a whole number of voxels, at least 1 on each axis", at: "block") }
      return voxels
    }
    let counts = zip(shape, block).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
    let total = counts.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    guard total <= 1_000_000 else { throw call.failure(.value, "\(Words.grouped(total)) blocks are too many for a list, at most 1,000,000; use blockwise(…)") }
    return .list(try (0..<total).map { position in
      var rest = position, offset = [Int](repeating: 0, count: shape.count)
      for axis in shape.indices.reversed() { (rest, offset[axis]) = (rest / counts[axis], rest % counts[axis] * block[axis]) }
      let extent = shape.indices.map { min(block[$0], shape[$0] - offset[$0]) }
      let box = try VoxelRoi(offset: try whole.offset + Coordinate(offset), shape: Coordinate(extent))
      return Value(RoiValue(roi: try grid.world(box), grid: grid))
    })
  }
}
