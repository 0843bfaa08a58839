/// A curve in one line of eighth blocks, low to high; NaN is a gap.
package func sparkline(_ values: [Double], width: Int = 16) -> String {
  let marks = Array("▁▂▃▄▅▆▇█")
  let buckets = min(width, values.count)
  guard buckets > 0 else { return "" }
  let means = (0..<buckets).map { bucket -> Double in
    let part = values[(bucket * values.count / buckets)..<((bucket + 1) * values.count / buckets)].filter(\.isFinite)
    return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
  }
  let finite = means.filter(\.isFinite)
  guard let low = finite.min(), let high = finite.max() else { return String(repeating: " ", count: buckets) }
  return String(means.map { value in
    guard value.isFinite else { return " " }
    return marks[bin(value, low, high, of: marks.count)]
  })
}
