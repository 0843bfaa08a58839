// Geometry says where things are: exact lengths, coordinates and ROIs in voxels or nanometres, and the grid that joins both.

/// An exact fraction. Lengths are rationals read from decimal text, so 100 × 4.56 nm is 456 nm and no grid drifts.
///
/// Invariant: `denominator > 0`, lowest terms. Arithmetic that leaves 128 bits throws `GeometryError.overflow`.
package struct Rational: Hashable, Sendable {
  package let numerator: Int128
  package let denominator: Int128

  package static let zero = Rational(0)
  package static let one = Rational(1)

  package init(_ integer: Int) { (numerator, denominator) = (Int128(integer), 1) }

  private init(whole numerator: Int128) throws(GeometryError) {
    guard numerator != .min else { throw .overflow }
    (self.numerator, denominator) = (numerator, 1)
  }

  package init(_ numerator: Int128, over denominator: Int128) throws(GeometryError) {
    guard denominator != 0 else { throw .divisionByZero }
    guard numerator != .min, denominator != .min else { throw .overflow }
    let divisor = Self.gcd(numerator.magnitude, denominator.magnitude)
    let sign: Int128 = denominator < 0 ? -1 : 1
    self.numerator = sign * numerator / Int128(divisor)
    self.denominator = sign * denominator / Int128(divisor)
  }

  /// Reads decimal text such as "4.56", "-1e-3", "5.24": exactly what was written, never a binary neighbour.
  package init?(decimal text: some StringProtocol) {
    var digits: Int128 = 0, scale = 0, seenDigit = false, seenPoint = false
    var rest = Substring(text)
    let negative = rest.first == "-"
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    while let c = rest.first, c != "e", c != "E" {
      rest.removeFirst()
      if c == "." { if seenPoint { return nil }; seenPoint = true; continue }
      if c == "_" { continue }
      guard c.isASCII, let value = c.wholeNumberValue, value < 10 else { return nil }
      let (product, over) = digits.multipliedReportingOverflow(by: 10)
      let (sum, over2) = product.addingReportingOverflow(Int128(value))
      if over || over2 { return nil }
      (digits, seenDigit) = (sum, true)
      if seenPoint { scale -= 1 }
    }
    guard seenDigit else { return nil }
    if !rest.isEmpty {
      guard let exponent = Int(rest.dropFirst()), abs(exponent) < 40 else { return nil }
      scale += exponent
    }
    guard abs(scale) <= 38 else { return nil }
    var power: Int128 = 1
    for _ in 0..<abs(scale) {
      let (product, over) = power.multipliedReportingOverflow(by: 10)
      if over { return nil }
      power = product
    }
    let signed = negative ? -digits : digits
    if scale < 0 {
      guard let value = try? Rational(signed, over: power) else { return nil }
      self = value
    } else {
      let (product, over) = signed.multipliedReportingOverflow(by: power)
      if over { return nil }
      (numerator, denominator) = (product, 1)
    }
  }

  /// The shortest decimal that prints as this double: metadata hold 4.56 as a double, people mean 4.56.
  package init?(_ value: Double) {
    guard value.isFinite else { return nil }
    self.init(decimal: "\(value)")
  }

  package var double: Double { Double(numerator) / Double(denominator) }
  package var isInteger: Bool { denominator == 1 }

  /// The integer it is, if it is one that fits.
  package var int: Int? { denominator == 1 ? Int(exactly: numerator) : nil }

  package func rounded(_ rule: RoundingRule) throws(GeometryError) -> Int {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    let floor = remainder < 0 ? quotient - 1 : quotient
    let result: Int128
    switch rule {
    case .down: result = floor
    case .up: result = remainder == 0 ? quotient : floor + 1
    case .nearest:
      let fraction = numerator - floor * denominator
      let twice = fraction.multipliedReportingOverflow(by: 2)
      if twice.overflow { throw .overflow }
      result = twice.partialValue > denominator || (twice.partialValue == denominator && floor % 2 != 0) ? floor + 1 : floor
    }
    guard let int = Int(exactly: result) else { throw .overflow }
    return int
  }

  package enum RoundingRule: Sendable { case down, up, nearest }

  static func gcd(_ a: UInt128, _ b: UInt128) -> UInt128 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return max(a, 1)
  }
}

extension Rational: Comparable {
  package static func < (a: Rational, b: Rational) -> Bool {
    let left = a.numerator.multipliedFullWidth(by: b.denominator)
    let right = b.numerator.multipliedFullWidth(by: a.denominator)
    return (left.high, left.low) < (right.high, right.low)
  }
}

extension Rational {
  package static func + (a: Rational, b: Rational) throws(GeometryError) -> Rational {
    if a.isInteger && b.isInteger { return try Rational(whole: try sum(a.numerator, b.numerator)) }
    return try Rational(try sum(try product(a.numerator, b.denominator), try product(b.numerator, a.denominator)), over: try product(a.denominator, b.denominator))
  }
  package static func - (a: Rational, b: Rational) throws(GeometryError) -> Rational { try a + (-b) }
  package static func * (a: Rational, b: Rational) throws(GeometryError) -> Rational {
    if a.isInteger && b.isInteger { return try Rational(whole: try product(a.numerator, b.numerator)) }
    return try Rational(try product(a.numerator, b.numerator), over: try product(a.denominator, b.denominator))
  }
  package static func / (a: Rational, b: Rational) throws(GeometryError) -> Rational {
    try Rational(try product(a.numerator, b.denominator), over: try product(a.denominator, b.numerator))
  }
  package static prefix func - (a: Rational) -> Rational { Rational(unchecked: -a.numerator, a.denominator) }

  private init(unchecked numerator: Int128, _ denominator: Int128) { (self.numerator, self.denominator) = (numerator, denominator) }

  private static func product(_ a: Int128, _ b: Int128) throws(GeometryError) -> Int128 {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow { throw .overflow }
    return value
  }
  private static func sum(_ a: Int128, _ b: Int128) throws(GeometryError) -> Int128 {
    let (value, overflow) = a.addingReportingOverflow(b)
    if overflow { throw .overflow }
    return value
  }
}

extension Rational: CustomStringConvertible {
  /// Decimal where it ends within 12 places ("5.24"), else rounded to 6 places with "≈".
  package var description: String {
    if denominator == 1 { return "\(numerator)" }
    var text = numerator < 0 ? "-" : ""
    var (whole, rest) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
    text += "\(whole)."
    for _ in 0..<12 {
      let (next, overflow) = rest.multipliedReportingOverflow(by: 10)
      if overflow { break }
      (whole, rest) = next.quotientAndRemainder(dividingBy: denominator.magnitude)
      text += "\(whole)"
      if rest == 0 { return text }
    }
    return "≈\((double * 1e6).rounded() / 1e6)"
  }
}

extension Rational {
  /// All its decimals, which `init(decimal:)` reads back: "4.56", "-3"; nil for a fraction that has no end, or too many of them.
  package var decimalText: String? {
    var (denominator, decimals) = (denominator, 0), numerator = numerator
    // tens first, then each two or five makes one more of them
    while denominator % 10 == 0 { denominator /= 10; decimals += 1 }
    while denominator % 5 == 0 || denominator % 2 == 0 {
      let factor: Int128 = denominator % 5 == 0 ? 5 : 2
      let (product, overflow) = numerator.multipliedReportingOverflow(by: 10 / factor)
      if overflow { return nil }
      (numerator, denominator, decimals) = (product, denominator / factor, decimals + 1)
    }
    guard denominator == 1, decimals <= 38, numerator != .min else { return nil }
    var text = String(numerator.magnitude)
    if decimals > 0 {
      text = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
      text.insert(".", at: text.index(text.endIndex, offsetBy: -decimals))
    }
    return (numerator < 0 ? "-" : "") + text
  }
}
