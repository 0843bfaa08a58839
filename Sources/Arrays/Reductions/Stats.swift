import CKernels
import Execution

/// What a first look at an array should show. NaN and infinities are counted, and left out of everything else.
package struct Stats: Sendable, Equatable {
  package let dtype: DType
  package let count: Int
  package let nan: Int
  package let infinite: Int
  /// Of the finite values, exact; nil if there are none.
  package let min: Scalar?, max: Scalar?
  /// NaN if there are no finite values.
  package let mean: Double, std: Double
  package let p1: Double, median: Double, p99: Double
  /// Finite sampled values in bins of equal width from `min` to `max`; empty if there are none.
  package let histogram: [Int]
  /// How many values percentiles and histogram rest on: all of them up to 65,536 and for 8- and 16-bit types, else one from each of as many equal runs.
  package let sampled: Int
}

/// One value from each of 65,536 equal runs of elements of the whole, at a place within the run that only its number decides:
/// the same sample whatever the blocks, and no stride that a regular structure could fall in step with.
struct Sample: Reducer {
  static let size = 1 << 16
  let dtype: DType
  private let run: Int
  /// Ordered keys; NaN is left out.
  private(set) var keys: [UInt64] = []
  private(set) var taken = 0

  init(_ dtype: DType, count: Int) { (self.dtype, run) = (dtype, Swift.max(1, (count + Self.size - 1) / Self.size)) }

  private func pick(_ number: Int) -> Int {
    if run == 1 { return number }
    var z = UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678_9abc_def0
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return number * run + Int((z ^ (z >> 31)) % UInt64(run))
  }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    let size = dtype.size, code = dtype.code, missing: UInt64? = dtype.isFloat ? .max : nil
    frame.runs(first: first, count: count) { inStrip, element, length in
      for number in element / run...(element + length - 1) / run {
        let chosen = pick(number) - element
        guard chosen >= 0, chosen < length else { continue }
        var key: UInt64 = 0
        dcs_reduce_keys(code, strip + (inStrip + chosen) * size, 1, &key)
        taken += 1
        if key != missing { keys.append(key) }
      }
    }
  }

  mutating func merge(_ other: Sample) {
    keys += other.keys
    taken += other.taken
  }
}

/// Moments and a sample (or, for small types, all counts) in one pass.
private struct StatsReducer: Reducer {
  var moments: Moments
  var sample: Sample?
  var counts: ValueCounts?

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    moments.take(strip, count, first: first, frame)
    sample?.take(strip, count, first: first, frame)
    counts?.take(strip, count, first: first, frame)
  }

  mutating func merge(_ other: StatsReducer) {
    moments.merge(other.moments)
    if let part = other.sample { sample?.merge(part) }
    if let part = other.counts { counts?.merge(part) }
  }
}

extension ArrayExpression {
  /// One pass: every chunk is read once.
  ///
  /// - Throws: what evaluating throws.
  package func stats(bins: Int = 16, _ context: ExecutionContext) throws -> Stats {
    let total = shape.reduce(1, *), small = dtype.size <= 2
    let found = try reduce(StatsReducer(
      moments: Moments(dtype, [.sum, .squares, .range, .finite]),
      sample: small ? nil : Sample(dtype, count: total), counts: small ? ValueCounts(dtype) : nil), context)
    let moments = found.moments, range = moments.range
    // (value, how often), ascending, finite.
    var values: [(value: Double, count: Int)] = []
    if let counts = found.counts {
      values = counts.found.map { (dtype.value(ofKey: $0.key).double, $0.count) }
    } else {
      values = (found.sample?.keys ?? []).sorted().map { (dtype.value(ofKey: $0).double, 1) }
    }
    values.removeAll { !$0.value.isFinite }
    var histogram: [Int] = []
    if let range, bins > 0 {
      let edges = HistogramReducer.edges(range.low.double, range.high.double, bins)
      var places = [Int32](repeating: 0, count: values.count)
      dcs_histogram_bins(values.map(\.value), Int64(values.count), edges, Int32(clamping: bins), &places)
      histogram = [Int](repeating: 0, count: bins)
      for (place, entry) in zip(places, values) where Int(place) < bins { histogram[Int(place)] += entry.count }
    }
    let finite = moments.finiteCount
    return Stats(
      dtype: dtype, count: moments.count, nan: moments.nan, infinite: moments.up + moments.down, min: range?.low, max: range?.high,
      mean: finite == 0 ? .nan : moments.finiteMean, std: finite == 0 ? .nan : moments.finiteDeviation,
      p1: quantile(values, 0.01), median: quantile(values, 0.5), p99: quantile(values, 0.99), histogram: histogram,
      sampled: found.sample?.taken ?? moments.count)
  }

  private func quantile(_ values: [(value: Double, count: Int)], _ fraction: Double) -> Double {
    let total = values.reduce(0) { $0 + $1.count }
    guard total > 0 else { return .nan }
    let spot = Double(total - 1) * fraction
    func at(_ rank: Int) -> Double {
      var left = rank
      for (value, count) in values {
        if left < count { return value }
        left -= count
      }
      return values.last?.value ?? .nan
    }
    let low = at(Int(spot.rounded(.down))), high = at(Int(spot.rounded(.up)))
    return low + (high - low) * (spot - spot.rounded(.down))
  }
}
