import Geometry

/// Lengths as files write them.
enum Lengths {
  /// Nanometres in a unit; nil for voxels ("pixel") and for words nobody knows.
  static func nanometres(_ unit: String) -> Rational? {
    let text = unit.lowercased().replacing("\\u00b5", with: "µ").filter { $0 != " " }
    switch text {
    case "nm", "nanometer", "nanometers", "nanometre", "nanometres": return .one
    case "um", "µm", "μm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres": return Rational(1000)
    case "mm", "millimeter", "millimeters", "millimetre", "millimetres": return Rational(1_000_000)
    case "cm", "centimeter", "centimeters", "centimetre", "centimetres": return Rational(10_000_000)
    case "m", "meter", "meters", "metre", "metres": return Rational(1_000_000_000)
    case "inch", "inches", "in": return Rational(25_400_000)
    case "å", "angstrom", "ångström", "angstroms": return try? Rational(1, over: 10)
    case "pm", "picometer", "picometre": return try? Rational(1, over: 1000)
    default: return nil
    }
  }

  /// The number somebody meant who could only write `numerator / denominator`: the shortest decimal that is equal to it as far as the
  /// fraction is exact, so 190,839,694 / 1,000,000 pixels a micrometre are voxels of 5.24 nm.
  static func meant(_ numerator: Int, over denominator: Int) -> Rational? {
    guard numerator > 0, denominator > 0, let exact = try? Rational(Int128(numerator), over: Int128(denominator)) else { return nil }
    let larger = max(numerator, denominator)
    if larger < 100_000 { return exact }
    let value = exact.double, tolerance = 1 / Double(min(numerator, denominator) >= 100_000 ? min(numerator, denominator) : larger)
    for digits in 1...7 {
      guard let near = Rational(rounded(value, digits: digits)) else { continue }
      if abs(near.double - value) <= tolerance * value { return near }
    }
    return exact
  }

  /// To so many significant digits.
  private static func rounded(_ value: Double, digits: Int) -> Double {
    var scale = 1.0
    while value * scale >= 10 { scale /= 10 }
    while value * scale < 1 { scale *= 10 }
    for _ in 1..<max(1, digits) { scale *= 10 }
    return (value * scale).rounded() / scale
  }
}
