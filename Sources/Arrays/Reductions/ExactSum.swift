// The sum of doubles without any rounding until it is asked for.
//
// A fixed-point number as wide as float64 reaches, 2^-1074 to 2^1024, with room for 2^63 terms on top (the superaccumulator of Kulisch;
// Neal 2015, arXiv 1505.05571). Sums in any order, over any cut into blocks, are the same number: that is what makes reductions
// independent of chunks and threads, and the mean of 10^12 voxels right to its last digit.

package struct ExactSum: Sendable, Equatable {
  /// Two's complement, low limb first, in units of 2^-1074.
  private var limbs = [UInt64](repeating: 0, count: 35)

  package init() {}

  /// - Parameter value: finite.
  package mutating func add(_ value: Double) {
    let exponent = Int(value.exponentBitPattern)
    let significand = value.significandBitPattern | (exponent == 0 ? 0 : 1 << 52)
    if significand != 0 { add(significand, shift: max(exponent, 1) - 1, negative: value.sign == .minus) }
  }

  /// Adds an integer times 2^power, `power` from 0 to 900.
  package mutating func add(_ integer: UInt64, power: Int = 0, negative: Bool = false) { add(integer, shift: 1074 + power, negative: negative) }

  package mutating func add(_ integer: Int128) {
    let magnitude = integer.magnitude
    add(UInt64(truncatingIfNeeded: magnitude), negative: integer < 0)
    add(UInt64(truncatingIfNeeded: magnitude >> 64), power: 64, negative: integer < 0)
  }

  package mutating func add(_ other: ExactSum) {
    var carry = false
    for i in limbs.indices {
      let (sum, over) = limbs[i].addingReportingOverflow(other.limbs[i])
      let (total, over2) = sum.addingReportingOverflow(carry ? 1 : 0)
      (limbs[i], carry) = (total, over || over2)
    }
  }

  private mutating func add(_ significand: UInt64, shift: Int, negative: Bool) {
    let limb = shift >> 6, bit = shift & 63
    let low = significand << UInt64(bit), high = bit == 0 ? 0 : significand >> UInt64(64 - bit)
    limbs.withUnsafeMutableBufferPointer { limbs in
      if negative {
        var borrow = limbs[limb] < low
        limbs[limb] &-= low
        var i = limb + 1, part = high
        while i < limbs.count && (borrow || part != 0) {
          let (first, under) = limbs[i].subtractingReportingOverflow(part)
          let (second, under2) = first.subtractingReportingOverflow(borrow ? 1 : 0)
          (limbs[i], borrow, part) = (second, under || under2, 0)
          i += 1
        }
      } else {
        let (sum, over) = limbs[limb].addingReportingOverflow(low)
        limbs[limb] = sum
        var carry = over, i = limb + 1, part = high
        while i < limbs.count && (carry || part != 0) {
          let (first, over) = limbs[i].addingReportingOverflow(part)
          let (second, over2) = first.addingReportingOverflow(carry ? 1 : 0)
          (limbs[i], carry, part) = (second, over || over2, 0)
          i += 1
        }
      }
    }
  }

  /// The nearest double, half to even; infinite beyond the largest.
  package var value: Double {
    var magnitude = limbs
    let negative = limbs[limbs.count - 1] >> 63 == 1
    if negative {
      var carry = true
      for i in magnitude.indices {
        let (value, over) = (~magnitude[i]).addingReportingOverflow(carry ? 1 : 0)
        (magnitude[i], carry) = (value, over)
      }
    }
    guard let top = magnitude.lastIndex(where: { $0 != 0 }) else { return 0 }
    let space = magnitude[top].leadingZeroBitCount, position = top * 64 + 63 - space   // of the highest bit
    if position <= 52 { return Double(sign: negative ? .minus : .plus, exponent: -1074, significand: Double(magnitude[0])) }
    var window = magnitude[top] << UInt64(space)
    if space > 0 && top > 0 { window |= magnitude[top - 1] >> UInt64(64 - space) }
    let below = top > 0 ? magnitude[top - 1] << UInt64(space) : 0
    let sticky = below != 0 || magnitude[..<max(0, top - 1)].contains { $0 != 0 }
    var significand = window >> 11
    let rest = window & 0x7ff
    if rest > 0x400 || (rest == 0x400 && (sticky || significand & 1 == 1)) { significand += 1 }
    return Double(sign: negative ? .minus : .plus, exponent: position - 52 - 1074, significand: Double(significand))
  }

  /// Adds `factor` times another sum, exactly but for underflow. Does nothing sensible once a product is infinite: the value is then NaN upstream.
  mutating func add(_ other: ExactSum, times factor: Double) {
    var rest = other
    for _ in 0..<40 {   // 53 bits of the sum a turn
      let part = rest.value
      if part == 0 { return }
      rest.add(-part)
      guard part.isFinite, (part * factor).isFinite else { return }
      add(product: part, factor)
    }
  }

  /// Adds a product, exactly but for underflow; nothing if it is not finite.
  mutating func add(product a: Double, _ b: Double) {
    let product = a * b
    guard product.isFinite else { return }
    add(product)
    add((-product).addingProduct(a, b))   // what its rounding lost, by a fused multiply-add
  }
}
