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
    "snap", "(r: roi, grid: array, how: \"outward|inward|nearest\" = \"outward\") -> roi", "The roi with its faces on the voxel grid of an array.",
    searchTerms: ["align", "round"]
  ) { call in
    let roi = try call.object("r", as: RoiValue.self), grid = try call.array("grid").grid
    let how: Grid.Snap = switch try call.string("how") { case "inward": .inward; case "nearest": .nearest; default: .outward }
    return Value(RoiValue(roi: try grid.world(try grid.voxels(roi.roi, how)), grid: grid))
  }

  static let grow = Builtin("grow", "(r: roi, by: length|coord) -> roi", "The roi larger by a length on every side.", examples: [
    Example("grow(roi((0, 0)nm, (8, 8)nm), 2nm).shape", prints: "(12, 12) nm")
  ]) { call in try resized(call) { $0 } }

  static let shrink = Builtin("shrink", "(r: roi, by: length|coord) -> roi", "The roi smaller by a length on every side.", examples: [
    Example("shrink(roi((0, 0)nm, (8, 8)nm), 2nm).shape", prints: "(4, 4) nm")
  ]) { call in try resized(call) { -$0 } }

  private static func resized(_ call: Call, _ sign: (Rational) -> Rational) throws -> Value {
    let roi = try call.object("r", as: RoiValue.self)
    let by = WorldCoordinate(try call.world("by", rank: roi.roi.rank).values.map(sign))
    return Value(RoiValue(roi: try roi.roi.grown(before: by, after: by), grid: roi.grid))
  }

  static let blocks = Builtin(
    "blocks", "(a: array, block: int|coord) -> list", "The rois of an array's blocks, in raster order; those at the end are smaller.",
    examples: [Example("len(blocks(zeros((5, 4)), 2))", prints: "6")], searchTerms: ["tiles", "chunks"]
  ) { call in
    let array = try call.array("a"), grid = array.grid, shape = grid.spatialAxes.map { array.shape[$0] }
    let block = try call.voxels("block", rank: shape.count)
    guard block.values.allSatisfy({ $0 >= 1 }) else { throw call.failure(.value, "`block` must be at least 1 on each axis", at: "block") }
    let counts = zip(shape, block.values).map { ($0 + $1 - 1) / $1 }
    let total = counts.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard total <= 1_000_000 else { throw call.failure(.value, "\(total) blocks are too many for a list; use blockwise(…)") }
    return .list(try (0..<total).map { position in
      var rest = position, offset = [Int](repeating: 0, count: shape.count)
      for axis in shape.indices.reversed() { (rest, offset[axis]) = (rest / counts[axis], rest % counts[axis] * block[axis]) }
      let extent = shape.indices.map { min(block[$0], shape[$0] - offset[$0]) }
      return Value(RoiValue(roi: try grid.world(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(extent))), grid: grid))
    })
  }
}
