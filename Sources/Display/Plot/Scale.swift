// Axes: which values they span, where ticks stand and what is written at them.
//
// Steps are 1, 2, 2.5 or 5 times a power of ten; all labels of an axis have the same decimals. From a million up and below a thousandth the
// power is written once, beside the axis' name. Logarithmic axes have ticks at powers of ten, and at 2 and 5 between them where room is left.

import Glibc

package struct Scale: Sendable {
  package private(set) var low: Double, high: Double
  package let isLog: Bool
  package private(set) var ticks: [Tick] = []
  /// The labels are to be multiplied by 10 to this power.
  package private(set) var exponent = 0

  package struct Tick: Sendable, Equatable {
    package var value: Double
    package var label: String
  }

  /// - Parameters:
  ///   - values: what must lie inside; those that cannot (not finite, not above 0 on a logarithmic axis) are ignored.
  ///   - wanted: about how many ticks.
  ///   - snaps: the axis ends at ticks.
  ///   - fromZero: 0 must lie inside, unless the axis is logarithmic.
  package init(over values: some Sequence<Double>, isLog: Bool = false, wanted: Int = 6, snaps: Bool = true, fromZero: Bool = false) {
    self.isLog = isLog
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where Self.canShow(value, isLog: isLog) { (low, high) = (min(low, value), max(high, value)) }
    if !isLog, fromZero { (low, high) = (min(low, 0), max(high, 0)) }
    if low > high { (low, high) = isLog ? (1, 10) : (0, 1) }
    if isLog, Self.isNarrow(low, high) { (low, high) = (low / 2, high * 2) }
    (self.low, self.high) = isLog ? (low, high) : Self.widened(low, high, fromZero: fromZero)
    if isLog { setLogTicks(wanted) } else { setTicks(max(2, wanted), snaps) }
  }

  /// Values up to 1e300, so that no difference overflows.
  package static func canShow(_ value: Double, isLog: Bool) -> Bool { value.magnitude <= 1e300 && (!isLog || value >= 1e-300) }

  /// One value, or several that differ in their last bits only, or less than can be cut into steps.
  private static func isNarrow(_ low: Double, _ high: Double) -> Bool { high - low <= max(1e-290, 1e-13 * max(low.magnitude, high.magnitude)) }

  /// A span that can be cut into steps: values as good as equal stand in the middle of one of their size, or above 0.
  static func widened(_ low: Double, _ high: Double, fromZero: Bool = false) -> (low: Double, high: Double) {
    guard isNarrow(low, high) else { return (low, high) }
    let room = max(low.magnitude, high.magnitude) < 1e-290 ? 0.5 : low.magnitude / 2
    return fromZero ? (low, high + 2 * room) : (low - room, high + room)
  }

  /// 0 at the low end, 1 at the high one.
  package func position(_ value: Double) -> Double {
    isLog ? (log10(max(value, 1e-300)) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
  }

  /// "f1", "size (×10⁶)".
  package func title(_ name: String) -> String {
    exponent == 0 ? name : name + (name.isEmpty ? "" : " ") + "(×10" + String("\(exponent)".map { Self.superscripts[$0] ?? $0 }) + ")"
  }

  private static let superscripts: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]

  private mutating func setTicks(_ wanted: Int, _ snaps: Bool) {
    let step = Self.niceStep((high - low) / Double(wanted - 1))
    if snaps {
      low = step * (low / step + 1e-9).rounded(.down)
      high = step * (high / step - 1e-9).rounded(.up)
    }
    let largest = max(low.magnitude, high.magnitude)
    if largest >= 1e6 || largest < 1e-3 { exponent = 3 * Int((log10(largest) / 3).rounded(.down)) }
    let unit = pow(10, Double(exponent))
    var first = (low / step - 1e-9).rounded(.up)
    // a step of the last bit of huge numbers would never move on
    guard first.magnitude < 1e15 else { ticks = [low, high].map { Tick(value: $0, label: compact($0 / unit)) }; return }
    let decimals = Self.decimals(step / unit)
    while first * step <= high + step * 1e-9, ticks.count < 100 {
      let value = first == 0 ? 0 : first * step
      ticks.append(Tick(value: value, label: Self.label(value / unit, decimals)))
      first += 1
    }
  }

  private mutating func setLogTicks(_ wanted: Int) {
    let (from, to) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
    let stride = max(1, (to - from + wanted - 1) / max(1, wanted))
    let between: [Double] = to - from <= 2 ? [1, 2, 5] : [1]
    let candidates = Swift.stride(from: from, through: to, by: stride).flatMap { power in between.map { $0 * pow(10, Double(power)) } }
    // the axis ends at the candidates next to the data
    low = candidates.last { $0 <= low * (1 + 1e-9) } ?? low
    high = candidates.first { $0 >= high * (1 - 1e-9) } ?? high
    ticks = candidates.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }.map { value in
      let power = Int(log10(value).rounded(.down))
      if (-4..<6).contains(power) { return Tick(value: value, label: Self.label(value, max(0, -power))) }
      let mantissa = (value / pow(10, Double(power))).rounded()
      return Tick(value: value, label: (mantissa == 1 ? "" : "\(Int(mantissa))×") + "10" + String("\(power)".map { Self.superscripts[$0] ?? $0 }))
    }
  }

  /// The next of 1, 2, 2.5, 5, 10 × 10ⁿ.
  static func niceStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    let mantissa = rough / power
    return power * ([1, 2, 2.5, 5].first { mantissa <= $0 * (1 + 1e-9) } ?? 10)
  }

  private static func decimals(_ step: Double) -> Int {
    var decimals = 0, scaled = step
    while decimals < 12, (scaled - scaled.rounded()).magnitude > 1e-6 * scaled { scaled *= 10; decimals += 1 }
    return decimals
  }

  static func label(_ value: Double, _ decimals: Int) -> String {
    if decimals == 0, value.magnitude < 1e15 { return grouped(Int(value.rounded())) }
    let text = fixed(value, decimals)
    return text.allSatisfy { "-0.".contains($0) } ? String(text.drop { $0 == "-" }) : text
  }
}
