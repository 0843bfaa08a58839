/// Evenly spaced numbers, half-open: `0..10`, `range(0, 1, step=0.1)`.
package enum Progression: Hashable, Sendable {
  /// start, start + step, … below `end` (above it for a negative step). `step` is not 0.
  case integers(start: Int, end: Int, step: Int)
  /// start + i · step for i in 0..<count: multiplied, so that errors do not add up.
  case floats(start: Double, end: Double, step: Double, count: Int)

  /// How many numbers, up to 2⁶⁴.
  var wholeCount: Int128 {
    switch self {
    case .integers(let start, let end, let step):
      let distance = step > 0 ? Int128(end) - Int128(start) : Int128(start) - Int128(end)
      if distance <= 0 { return 0 }
      let width = Int128(step.magnitude)
      return (distance + width - 1) / width
    case .floats(_, _, _, let count): return Int128(count)
    }
  }

  /// How many can be walked over.
  package var count: Int { Int(clamping: wholeCount) }

  /// The number at a position in `0..<count`.
  package func element(_ position: Int) -> Value {
    switch self {
    case .integers(let start, _, let step): Value(integer: Int128(start) + Int128(position) * Int128(step))
    case .floats(let start, _, let step, _): .float(start + Double(position) * step)
    }
  }

  package func contains(_ value: Value) -> Bool {
    switch self {
    case .integers(let start, let end, let step):
      let integer: Int128
      if let whole = value.integer { integer = whole }
      else if case .float(let number) = value, let whole = Int128(exactly: number) { integer = whole }
      else { return false }
      let inside = step > 0 ? integer >= Int128(start) && integer < Int128(end) : integer <= Int128(start) && integer > Int128(end)
      return inside && (integer - Int128(start)) % Int128(step) == 0
    case .floats(let start, _, let step, let count):
      guard let number = value.number, case let near = ((number - start) / step).rounded(), near > -2, near < Double(count) + 1 else { return false }
      // rounding may have moved it by one
      return (-1...1).contains { offset in
        let position = Int(near) + offset
        guard position >= 0, position < count, case .float(let element) = element(position) else { return false }
        return element == number
      }
    }
  }
}
