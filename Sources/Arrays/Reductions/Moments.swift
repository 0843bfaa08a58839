import CKernels
import Execution

/// Count, sum, sum of squares, lowest and highest value of one pass, all exact.
struct Moments: Reducer {
  struct Wanted: OptionSet {
    let rawValue: Int
    static let sum = Wanted(rawValue: 1), squares = Wanted(rawValue: 2), range = Wanted(rawValue: 4)
    /// Leave infinities out of the range.
    static let finite = Wanted(rawValue: 8)
  }

  let dtype: DType
  let wanted: Wanted
  private(set) var count = 0
  /// NaN, +inf, −inf; and squares beyond float64.
  private(set) var nan = 0, up = 0, down = 0, lost = 0
  private var whole: Int128 = 0
  private var sums = ExactSum(), squares = ExactSum()
  private var low: UInt64, high: UInt64

  init(_ dtype: DType, _ wanted: Wanted) {
    (self.dtype, self.wanted) = (dtype, wanted)
    if dtype.isFloat { (low, high) = (Double.infinity.bitPattern, (-Double.infinity).bitPattern) }
    else if dtype.isSigned { (low, high) = (UInt64(bitPattern: .max), UInt64(bitPattern: .min)) }
    else { (low, high) = (.max, .min) }
  }

  /// Elements that one strip may have: the ends are found in any number, exact sums are of short ones.
  var longest: Int { !wantsSums ? .max : dtype.isFloat ? StripMachine.strip : Int(DCS_SUM_LENGTH) }

  private var wantsSums: Bool { !wanted.isDisjoint(with: [.sum, .squares]) }

  mutating func take(_ strip: UnsafeRawPointer, _ n: Int, first: Int, _ frame: BlockFrame) {
    count += n
    var isFinite = true
    if wantsSums {
      if !dtype.isFloat { takeIntegers(strip, n) } else if !takePlain(strip, n) {
        takeParts(strip, n)
        isFinite = false   // or spread far
      }
    }
    if wanted.contains(.range) && dcs_reduce_range(dtype.code, strip, Int64(n), wanted.contains(.finite) ? 1 : 0, &low, &high) != 0 { isFinite = false }
    if isFinite { return }
    var specials: (Int64, Int64, Int64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &specials) { if let counts = $0.baseAddress { dcs_reduce_specials(dtype.code, strip, Int64(n), counts.assumingMemoryBound(to: Int64.self)) } }
    (nan, up, down) = (nan + Int(specials.0), up + Int(specials.1), down + Int(specials.2))
  }

  /// The sums of floats that are finite and near each other; false, and nothing taken, of others.
  private mutating func takePlain(_ strip: UnsafeRawPointer, _ n: Int) -> Bool {
    var found: (Double, Double, Double) = (0, 0, 0)
    let isPlain = withUnsafeMutableBytes(of: &found) { bytes in
      bytes.baseAddress.map { dcs_reduce_plain(dtype.code, strip, Int64(n), wanted.contains(.squares) ? 1 : 0, $0.assumingMemoryBound(to: Double.self)) == 1 } ?? false
    }
    guard isPlain else { return false }
    if wanted.contains(.sum) { sums.add(found.0) }
    if wanted.contains(.squares) {
      squares.add(found.1)
      squares.add(found.2)
    }
    return true
  }

  /// The sums of the finite ones of any floats.
  private mutating func takeParts(_ strip: UnsafeRawPointer, _ n: Int) {
    let code = dtype.code, length = Int64(n)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(DCS_PARTS)) { parts in
      guard let base = parts.baseAddress else { return }
      var beyond: Int64 = 0
      if wanted.contains(.sum) { for i in 0..<Int(dcs_reduce_parts(code, strip, length, 0, base, &beyond)) { sums.add(base[i]) } }
      if wanted.contains(.squares) { for i in 0..<Int(dcs_reduce_parts(code, strip, length, 1, base, &beyond)) { squares.add(base[i]) } }
      lost += Int(beyond)
    }
  }

  private mutating func takeIntegers(_ strip: UnsafeRawPointer, _ n: Int) {
    let code = dtype.code, length = Int64(n)
    if wanted.contains(.sum) {
      var sum: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &sum) { if let halves = $0.baseAddress { dcs_reduce_sum(code, strip, length, halves.assumingMemoryBound(to: UInt64.self)) } }
      whole += Int128(truncatingIfNeeded: UInt128(sum.0) | UInt128(sum.1) << 64)
    }
    if wanted.contains(.squares) {
      var sum: (UInt64, UInt64, UInt64) = (0, 0, 0)
      withUnsafeMutableBytes(of: &sum) { if let parts = $0.baseAddress { dcs_reduce_squares(code, strip, length, parts.assumingMemoryBound(to: UInt64.self)) } }
      squares.add(sum.0)
      if sum.1 != 0 { squares.add(sum.1, power: 64) }
      if sum.2 != 0 { squares.add(sum.2, power: 128) }
    }
  }

  mutating func merge(_ other: Moments) {
    (count, nan, up, down, lost) = (count + other.count, nan + other.nan, up + other.up, down + other.down, lost + other.lost)
    whole += other.whole
    sums.add(other.sums)
    squares.add(other.squares)
    // A reducer's own range is one more strip of two elements of the widest type of its kind; where it found nothing finite, they are infinities.
    var ends = (other.low, other.high)
    let kind: DType = dtype.isFloat ? .float64 : dtype.isSigned ? .int64 : .uint64
    if wanted.contains(.range), other.count > 0 { withUnsafeBytes(of: &ends) { if let base = $0.baseAddress { _ = dcs_reduce_range(kind.code, base, 2, wanted.contains(.finite) ? 1 : 0, &low, &high) } } }
  }

  // MARK: What came out

  var sum: Scalar { dtype.isFloat ? .float(propagated(sums.value)) : .int(whole) }

  var mean: Double { dtype.isFloat ? propagated(sums.value / Double(count)) : exactSum.value / Double(count) }

  /// Population standard deviation: the root of Σ(x − m)² / n, with Σ(x − m)² = Σx² − 2mΣx + nm² taken without rounding, so nothing cancels.
  var deviation: Double { dtype.isFloat ? (nan + up + down > 0 ? .nan : finiteDeviation) : finiteDeviation }

  /// Of the finite values alone.
  var finiteCount: Int { count - nan - up - down }
  var finiteMean: Double { exactSum.value / Double(finiteCount) }
  var finiteDeviation: Double {
    if lost > 0 { return .infinity }
    let mean = finiteMean, n = Double(finiteCount)
    guard mean.isFinite else { return mean.magnitude }
    var total = squares
    total.add(exactSum, times: -2 * mean)
    let square = mean * mean
    if !square.isFinite { return .infinity }
    for part in [square, (-square).addingProduct(mean, mean)] { total.add(product: part, n) }
    // The mean was rounded: the sum above is too large by n times the square of what it lost, which shows for 64-bit ints.
    var lost = exactSum
    lost.add(product: -mean, n)
    let rest = lost.value
    total.add(-(rest * (rest / n)))
    return (Swift.max(0, total.value) / n).squareRoot()
  }

  private var exactSum: ExactSum {
    if dtype.isFloat { return sums }
    var sum = ExactSum()
    sum.add(whole)
    return sum
  }

  /// Lowest and highest; nil if there were none.
  var range: (low: Scalar, high: Scalar)? {
    if dtype.isFloat {
      let (l, h) = (Double(bitPattern: low), Double(bitPattern: high))
      let none = wanted.contains(.finite) ? finiteCount == 0 : count == nan
      return none ? nil : (.float(l), .float(h))
    }
    if count == 0 { return nil }
    if dtype == .bool { return (.bool(low != 0), .bool(high != 0)) }
    return dtype.isSigned ? (.int(Int128(Int64(bitPattern: low))), .int(Int128(Int64(bitPattern: high)))) : (.int(Int128(low)), .int(Int128(high)))
  }

  private func propagated(_ value: Double) -> Double {
    if nan > 0 || (up > 0 && down > 0) { return .nan }
    return up > 0 ? .infinity : down > 0 ? -.infinity : value
  }
}
