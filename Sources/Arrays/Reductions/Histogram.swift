import CKernels
import Execution

/// How many values fall between edges.
package struct Histogram: Sendable, Equatable {
  /// One more than bins, ascending evenly.
  package let edges: [Double]
  /// Values in [edge, next edge); the last bin holds its upper edge too.
  package let counts: [Int]
  package let below: Int, above: Int, nan: Int

  package init(edges: [Double], counts: [Int], below: Int, above: Int, nan: Int) {
    (self.edges, self.counts, self.below, self.above, self.nan) = (edges, counts, below, above, nan)
  }
}

struct HistogramReducer: Reducer {
  let dtype: DType
  let edges: [Double]
  private let width: Int
  /// Several tables behind one another (include/count.h): bins, below, above, NaN.
  private var counts: [Int64]

  init(_ dtype: DType, edges: [Double]) {
    (self.dtype, self.edges, width) = (dtype, edges, edges.count + 2)
    counts = [Int64](repeating: 0, count: width * Int(DCS_COUNT_TABLES))
  }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { values in
      guard let base = values.baseAddress else { return }
      dcs_widen(dtype.code, DType.float64.code, strip, base, Int64(count))
      dcs_reduce_histogram(base, Int64(count), edges, Int64(edges.count - 1), &counts)
    }
  }

  mutating func merge(_ other: HistogramReducer) {
    for i in counts.indices { counts[i] += other.counts[i] }
  }

  var histogram: Histogram {
    let sums = (0..<width).map { bin in stride(from: bin, to: counts.count, by: width).reduce(0) { $0 + Int(counts[$1]) } }
    return Histogram(edges: edges, counts: Array(sums.dropLast(3)), below: sums[width - 3], above: sums[width - 2], nan: sums[width - 1])
  }

  /// `bins + 1` edges; a range of no width is widened by a half on both sides, as numpy does.
  static func edges(_ low: Double, _ high: Double, _ bins: Int) -> [Double] {
    let (low, high) = low == high ? (low - 0.5, high + 0.5) : (low, high)
    return (0...bins).map { $0 == bins ? high : low + (high - low) * (Double($0) / Double(bins)) }
  }
}

extension ArrayExpression {
  /// Counts values in `bins` bins of equal width.
  ///
  /// - Parameter range: nil takes the finite values' lowest and highest, which costs a pass of its own.
  /// - Throws: `ArrayError.parameter` for no bins or a range that is not one, `.empty` where a range must be found among no finite values.
  package func histogram(bins: Int = 64, range: (low: Double, high: Double)? = nil, _ context: ExecutionContext) throws -> Histogram {
    guard (1...1 << 20).contains(bins) else { throw ArrayError.parameter("bins", expected: "1 to 1,048,576", found: "\(bins)") }
    var ends = range
    if ends == nil {
      guard let found = try reduce(Moments(dtype, [.range, .finite]), context).range else { throw ArrayError.empty("histogram") }
      ends = (found.low.double, found.high.double)
    }
    guard let ends, ends.low <= ends.high, (ends.high - ends.low).isFinite else {
      throw ArrayError.parameter("range", expected: "a low and a high end", found: ends.map { "\($0.low), \($0.high)" } ?? "none")
    }
    let edges = HistogramReducer.edges(ends.low, ends.high, bins)
    if dtype.size <= 2 { return try reduce(ValueCounts(dtype), context).histogram(edges) }
    return try reduce(HistogramReducer(dtype, edges: edges), context).histogram
  }
}

extension ArrayExpression {
  /// Lowest and highest finite value; nil if there is none. One pass.
  package func finiteRange(_ context: ExecutionContext) throws -> (low: Double, high: Double)? {
    try reduce(Moments(dtype, [.range, .finite]), context).range.map { ($0.low.double, $0.high.double) }
  }
}
