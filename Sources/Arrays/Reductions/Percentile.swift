// Exact percentiles in bounded memory: a radix selection.
//
// Every type maps to unsigned keys of its own width that ascend with the value. A pass counts the keys by their highest 16 bits; the bins that hold
// the wanted ranks are then counted by the next 16 bits, and so on: one pass for 8- and 16-bit types, two for 32, four for 64.
// Between two ranks values are interpolated linearly (numpy's default).

import CKernels
import Execution

/// Keys of a strip, and how many of them are the highest one, which means NaN.
func withKeys(_ dtype: DType, _ strip: UnsafeRawPointer, _ count: Int, _ body: (UnsafePointer<UInt64>, _ nan: Int) -> Void) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { keys in
    guard let base = keys.baseAddress else { return }
    dcs_reduce_keys(dtype.code, strip, Int64(count), base)
    body(base, dtype.isFloat ? Int(dcs_count_last(base, Int64(count))) : 0)
  }
}

extension DType {
  /// The number behind a key.
  func value(ofKey key: UInt64) -> Scalar {
    func real<T: FixedWidthInteger & UnsignedInteger>(_ key: T) -> T { key >> T(T.bitWidth - 1) == 1 ? key ^ (1 << T(T.bitWidth - 1)) : ~key }
    switch self {
    case .bool: return .bool(key != 0)
    case .float16: return .float(Double(Float16(bitPattern: real(UInt16(truncatingIfNeeded: key)))))
    case .float32: return .float(Double(Float(bitPattern: real(UInt32(truncatingIfNeeded: key)))))
    case .float64: return .float(Double(bitPattern: real(key)))
    default: return .int(Int128(key) + (bounds?.lowerBound ?? 0))
    }
  }
}

/// Counts keys of 32 and 64 bits by one 16-bit digit, separately for each prefix of higher digits.
struct DigitCounts: Reducer {
  static let bits = 16
  let dtype: DType
  let prefixes: [UInt64]
  /// Bits below this digit.
  let shift: Int
  private var counts: [Int64]
  private(set) var nan = 0
  private(set) var total = 0

  init(_ dtype: DType, prefixes: [UInt64], shift: Int) {
    (self.dtype, self.prefixes, self.shift) = (dtype, prefixes, shift)
    counts = [Int64](repeating: 0, count: prefixes.count << Self.bits)
  }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    total += count
    withKeys(dtype, strip, count) { keys, missing in
      nan += missing
      dcs_count_digits(keys, Int64(count), missing > 0 ? 1 : 0, prefixes, Int64(prefixes.count), Int32(shift), Int32(Self.bits), &counts)
    }
  }

  mutating func merge(_ other: DigitCounts) {
    for i in counts.indices { counts[i] += other.counts[i] }
    (nan, total) = (nan + other.nan, total + other.total)
  }

  /// The digit at which `rank` falls under a prefix, and the rank within it.
  func place(_ rank: Int, under prefix: UInt64) -> (digit: UInt64, rank: Int) {
    guard let slot = prefixes.firstIndex(of: prefix) else { return (0, 0) }
    var left = rank
    for digit in 0..<(1 << Self.bits) {
      let here = Int(counts[slot << Self.bits + digit])
      if left < here { return (UInt64(digit), left) }
      left -= here
    }
    return (0, 0)
  }
}

extension ArrayExpression {
  /// The values below which `percents` of all values lie, 0 to 100, exact, interpolated between neighbours. NaN if any value is NaN.
  ///
  /// - Throws: `ArrayError.empty`, `.parameter`, and what evaluating throws.
  /// - Complexity: one pass over the sources for 8- and 16-bit types, two for 32-bit ones, four for 64-bit ones.
  package func percentiles(_ percents: [Double], _ context: ExecutionContext) throws -> [Double] {
    for percent in percents where !(percent >= 0 && percent <= 100) { throw ArrayError.parameter("percentile", expected: "0 to 100", found: "\(percent)") }
    if shape.contains(0) { throw ArrayError.empty("percentile") }
    guard let keys = try dtype.size <= 2 ? countedKeys(percents, context) : selectedKeys(percents, context) else { return percents.map { _ in .nan } }
    return keys.map { low, high, share in
      let below = dtype.value(ofKey: low).double, above = dtype.value(ofKey: high).double
      return below == above ? below : below + (above - below) * share
    }
  }

  /// For each percent the keys around it and how far it lies from the lower one.
  private typealias Neighbours = [(low: UInt64, high: UInt64, share: Double)]

  private func spots(_ percents: [Double], of total: Int) -> [(low: Int, high: Int, share: Double)] {
    percents.map { percent in
      let spot = Double(total - 1) * (percent / 100), low = spot.rounded(.down)
      return (Int(low), Int(spot.rounded(.up)), spot - low)
    }
  }

  /// Of types of 8 and 16 bits; nil where there is NaN.
  private func countedKeys(_ percents: [Double], _ context: ExecutionContext) throws -> Neighbours? {
    let counts = try reduce(ValueCounts(dtype), context)
    if counts.nan > 0 { return nil }
    var ends: [(key: UInt64, end: Int)] = [], end = 0
    for (key, count) in counts.found {
      end += count
      ends.append((key, end))
    }
    func at(_ rank: Int) -> UInt64 { ends.first { rank < $0.end }?.key ?? 0 }
    return spots(percents, of: counts.total).map { (at($0.low), at($0.high), $0.share) }
  }

  /// Of types of 32 and 64 bits, digit by digit; nil where there is NaN.
  private func selectedKeys(_ percents: [Double], _ context: ExecutionContext) throws -> Neighbours? {
    var shift = dtype.size * 8 - DigitCounts.bits
    var counts = try reduce(DigitCounts(dtype, prefixes: [0], shift: shift), context)
    if counts.nan > 0 { return nil }
    let spots = spots(percents, of: counts.total)
    var found = spots.flatMap { [(prefix: UInt64(0), rank: $0.low), (prefix: UInt64(0), rank: $0.high)] }
    while true {
      found = found.map { entry in
        let (digit, rank) = counts.place(entry.rank, under: entry.prefix)
        return (entry.prefix << UInt64(DigitCounts.bits) | digit, rank)
      }
      if shift == 0 { break }
      shift -= DigitCounts.bits
      counts = try reduce(DigitCounts(dtype, prefixes: Array(Set(found.map(\.prefix))).sorted(), shift: shift), context)
    }
    return spots.enumerated().map { (found[2 * $0].prefix, found[2 * $0 + 1].prefix, $1.share) }
  }

  package func percentile(_ percent: Double, _ context: ExecutionContext) throws -> Double { try percentiles([percent], context)[0] }
}
