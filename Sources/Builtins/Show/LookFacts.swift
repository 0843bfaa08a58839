// What stands beside a picture: the range and spread of its values, or how many labels it shows and the largest of them.

import Arrays
import Display

enum LookFacts {
  static func values(_ slices: [NDArray]) throws -> [String] {
    let values = try slices.flatMap { try $0.asDoubles() }, sorted = values.filter { !$0.isNaN }.sorted()
    guard let first = sorted.first, let last = sorted.last else { return ["every value is NaN"] }
    if slices[0].dtype == .bool {
      let share = Double(sorted.count { $0 > 0 }) / Double(sorted.count)
      return ["true \(fixed(100 * share, 1)) %"]
    }
    let at = { (percent: Int) in compact(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) }
    var lines = ["min \(compact(first))  p1 \(at(1))  median \(at(50))  p99 \(at(99))  max \(compact(last))"]
    let finite = sorted.filter(\.isFinite)
    if let low = finite.first, let high = finite.last, low < high {
      var counts = [Double](repeating: 0, count: 16)
      for value in finite { counts[bin(value, low, high, of: counts.count)] += 1 }
      // roots, so that a peak does not flatten the rest
      lines.append("\(sparkline(counts.map { $0.squareRoot() }))   \(compact(low)) → \(compact(high))")
    }
    let nan = values.count - sorted.count, infinite = sorted.count - finite.count
    if nan + infinite > 0 { lines.append("\(grouped(nan)) NaN  \(grouped(infinite)) infinite") }
    return lines
  }

  static func labels(_ slice: NDArray) throws -> [String] {
    var sizes: [UInt64: Int] = [:]
    for id in try Picture.identifiers(slice) where id != 0 { sizes[id, default: 0] += 1 }
    let total = slice.shape[0] * slice.shape[1]
    guard let largest = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return ["no label but 0"] }
    let share = total > 0 ? 100 * Double(sizes.values.reduce(0, +)) / Double(total) : 0
    return ["\(grouped(sizes.count)) \(sizes.count == 1 ? "label" : "labels") on \(fixed(share, 1)) %", "largest \(largest.key), \(grouped(largest.value)) voxels"]
  }
}
