// Exact percentiles in bounded memory: a radix selection.
//
// Every type maps to unsigned keys of its own width that ascend with the value. A pass counts the keys by their highest 16 bits; the bins that hold
// the wanted ranks are then counted by the next 16 bits, and so on: one pass for 8- and 16-bit types, two for 32, four for 64.
// Between two ranks values are interpolated linearly (numpy's default).

import CKernels
import Execution

/// Keys of a strip; `body` sees them and whether the highest one means NaN.
func withKeys(_ dtype: DType, _ strip: UnsafeRawPointer, _ count: Int, _ body: (UnsafeBufferPointer<UInt64>, _ nan: UInt64?) -> Void) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { keys in
    guard let base = keys.baseAddress else { return }
    dcs_reduce_keys(dtype.code, strip, Int64(count), base)
    body(UnsafeBufferPointer(keys), dtype.isFloat ? .max : nil)
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

/// Counts keys by one 16-bit digit, separately for each prefix of higher digits.
struct DigitCounts: Reducer {
  let dtype: DType
  let prefixes: [UInt64]
  /// Bits below this digit.
  let shift: Int
  private(set) var counts: [Int64]
  private(set) var nan = 0
  private(set) var total = 0

  init(_ dtype: DType, prefixes: [UInt64], shift: Int) {
    (self.dtype, self.prefixes, self.shift) = (dtype, prefixes, shift)
    counts = [Int64](repeating: 0, count: prefixes.count << (dtype.size == 1 ? 8 : 16))
  }

  private var digitBits: Int { dtype.size == 1 ? 8 : 16 }

  mutating func take(_ strip: UnsafeRawPointer, _ count: Int, first: Int, _ frame: BlockFrame) {
    let bits = digitBits, top = shift + bits, mask = UInt64(1) << UInt64(bits) - 1, prefixes = prefixes, shift = UInt64(shift)
    total += count
    withKeys(dtype, strip, count) { keys, missing in
      counts.withUnsafeMutableBufferPointer { counts in
        for key in keys {
          if key == missing { nan += 1; continue }
          let high = top >= 64 ? 0 : key >> UInt64(top), digit = Int((key >> shift) & mask)
          for slot in prefixes.indices where prefixes[slot] == high { counts[slot << bits + digit] += 1 }
        }
      }
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
    for digit in 0..<(1 << digitBits) {
      let here = Int(counts[slot << digitBits + digit])
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
    let digit = dtype.size == 1 ? 8 : 16
    var shift = dtype.size * 8 - digit
    var counts = try reduce(DigitCounts(dtype, prefixes: [0], shift: shift), context)
    if counts.nan > 0 { return percents.map { _ in .nan } }
    let spots = percents.map { Double(counts.total - 1) * ($0 / 100) }
    let ranks = spots.flatMap { [Int($0.rounded(.down)), Int($0.rounded(.up))] }
    var found = ranks.map { (prefix: UInt64(0), rank: $0) }
    while true {
      found = found.map { entry in
        let (digitValue, rank) = counts.place(entry.rank, under: entry.prefix)
        return (entry.prefix << UInt64(digit) | digitValue, rank)
      }
      if shift == 0 { break }
      shift -= digit
      counts = try reduce(DigitCounts(dtype, prefixes: Array(Set(found.map(\.prefix))).sorted(), shift: shift), context)
    }
    return spots.enumerated().map { i, spot in
      let low = dtype.value(ofKey: found[2 * i].prefix).double, high = dtype.value(ofKey: found[2 * i + 1].prefix).double
      return low == high ? low : low + (high - low) * (spot - spot.rounded(.down))
    }
  }

  package func percentile(_ percent: Double, _ context: ExecutionContext) throws -> Double { try percentiles([percent], context)[0] }
}
