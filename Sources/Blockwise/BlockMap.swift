// The blocks of a stage seen along their first axes: a cell is a column of blocks, those of one place along the last two axes.
//
//     blocks (z, y, x)   cells (y, x), what of each column is finished, and whether a block of it failed
//
// Where there are more than `side` cells along an axis, a cell takes `step` × `step` columns.

package struct BlockMap: Sendable {
  package static let side = 256

  /// Blocks along each axis, and the axes' names.
  package let counts: [Int], axes: [String]
  package let step: Int
  package let rows: Int, columns: Int
  /// Finished blocks of each cell, in raster order.
  private var finished: [Int64]
  private var failed: [Bool]

  /// - Parameter counts: blocks along each axis, whose product fits in Int64; nil where there are none.
  init?(counts: [Int], axes: [String]) {
    guard !counts.isEmpty, !counts.contains(where: { $0 < 1 }) else { return nil }
    let plane = Self.plane(counts)
    step = max(1, (max(plane.rows, plane.columns) + Self.side - 1) / Self.side)
    (rows, columns) = ((plane.rows + step - 1) / step, (plane.columns + step - 1) / step)
    (self.counts, self.axes) = (counts, axes.count == counts.count ? axes : counts.indices.map { "d\($0)" })
    finished = [Int64](repeating: 0, count: rows * columns)
    failed = [Bool](repeating: false, count: rows * columns)
  }

  private static func plane(_ counts: [Int]) -> (rows: Int, columns: Int) { (counts.count > 1 ? counts[counts.count - 2] : 1, counts[counts.count - 1]) }

  /// Blocks that lie behind each other.
  package var depth: Int { counts.dropLast(2).reduce(1, *) }

  /// - Precondition: `block` is 0 or more.
  private func cell(_ block: Int64) -> Int {
    let (rows, columns) = Self.plane(counts), place = Int(block % (Int64(rows) * Int64(columns)))
    return place / columns / step * self.columns + place % columns / step
  }

  mutating func finish(_ block: Int64) { finished[cell(block)] &+= 1 }
  mutating func fail(_ block: Int64) { if block >= 0 { failed[cell(block)] = true } }

  package func hasFailed(_ row: Int, _ column: Int) -> Bool { failed[row * columns + column] }

  /// 0…1
  package func shareFinished(_ row: Int, _ column: Int) -> Double {
    let plane = Self.plane(counts)
    let all = Double(min(step, plane.rows - row * step)) * Double(min(step, plane.columns - column * step)) * Double(depth)
    return min(1, Double(finished[row * columns + column]) / all)
  }
}
