// An array of a run whose data are not where they were: it has its shape and type from run.json, and says what is wrong when it is read.
// So a run can be looked at, compared and used to predict on a machine that has its folder and nothing else.

import Arrays
import Geometry
import Storage

struct MissingSource: ArraySource {
  let dtype: DType
  let shape: [Int]
  let grid: Grid
  let reason: TrainingError

  func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray { throw reason }

  /// What `DataSplit(record:)` may open in place of the arrays of a run.
  ///
  /// - Parameter facts: `DataSplit.facts` as they were written.
  static func sources(of record: JSON, facts: JSON?, _ reason: TrainingError) -> [String: MissingSource] {
    var found: [String: MissingSource] = [:]
    let voxel = facts?["voxel"]?.strings.map { $0.compactMap { Rational(exactText: Substring($0)) } }, rates = facts?["rate"]?.ints
    for crop in record["crops"]?.array ?? [] {
      let space = crop["shape"]?.ints ?? []
      func source(_ dtype: DType, channels: Int, rate: [Int]? = nil) -> MissingSource {
        let rate = rate.flatMap { $0.count == space.count && $0.allSatisfy { $0 >= 1 } ? $0 : nil } ?? space.map { _ in 1 }
        let space = zip(space, rate).map { ($0 - 1) / $1 + 1 }, shape = channels == 1 ? space : [channels] + space
        let axes = Array(([Axis.c] + Axis.defaults(rank: space.count)).suffix(shape.count)), zero = WorldCoordinate(repeating: .zero, count: space.count)
        let known = voxel.flatMap { $0.count == space.count ? try? Grid(axes: axes, voxelSize: Coordinate(zip($0, rate).map { try $0 * Rational($1) }), offset: zero) : nil }
        return MissingSource(dtype: dtype, shape: shape, grid: known ?? Grid(unknown: axes), reason: reason)
      }
      if let raw = crop["raw"]?.string { found[raw] = source(crop["dtype"]?.string.flatMap(DType.init(rawValue:)) ?? .uint8, channels: facts?["raw_channels"]?.int ?? 1, rate: rates) }
      for labels in crop["labels"]?.strings ?? [] { found[labels] = source(.uint32, channels: crop["labels"]?.strings?.count == 1 ? facts?["label_channels"]?.int ?? 1 : 1) }
      if let mask = crop["mask"]?.string { found[mask] = source(.uint8, channels: 1) }
    }
    return found
  }
}
