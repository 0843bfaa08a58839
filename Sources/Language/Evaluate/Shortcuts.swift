// Shapes of expressions that closures handle without calling another closure: they make up most of the scalar code that people write.

/// `x < 3`, `n == 0`: a local int against a constant. Every such comparison asks whether an int lies in an interval.
struct IntervalTest {
  /// -1: not of this shape.
  var slot = -1
  private var low = Int.min, high = Int.max
  private var isOutside = false

  init() {}

  /// nil where the comparison with this constant is no interval.
  init?(_ operation: BinaryOperator, slot: Int, _ constant: Int) {
    self.slot = slot
    switch operation {
    case .less where constant > .min: high = constant - 1
    case .lessOrEqual: high = constant
    case .greater where constant < .max: low = constant + 1
    case .greaterOrEqual: low = constant
    case .equal: (low, high) = (constant, constant)
    case .notEqual: (low, high, isOutside) = (constant, constant, true)
    default: return nil
    }
  }

  @inline(__always) func holds(_ value: Int) -> Bool { (value >= low && value <= high) != isOutside }
}

/// `n`, `n - 1`, `n + 2`: a local int and a constant.
struct OffsetOperand {
  /// -1: not of this shape.
  var slot = -1
  var offset = 0

  /// The value, if the local is an int and the sum fits.
  @inline(__always) func value(_ f: Frame) -> Value? {
    guard slot >= 0, case .some(.int(let value)) = f.slots[slot] else { return nil }
    let (sum, overflow) = value.addingReportingOverflow(offset)
    return overflow ? nil : .int(sum)
  }
}

extension Compiler {
  func intervalTest(_ expression: Expression) -> IntervalTest {
    guard case .binary(let operation, let left, let right, _) = expression.kind, let slot = localSlot(left), let constant = intConstant(right) else { return IntervalTest() }
    return IntervalTest(operation, slot: slot, constant) ?? IntervalTest()
  }

  func offsetOperand(_ expression: Expression) -> OffsetOperand {
    if let slot = localSlot(expression) { return OffsetOperand(slot: slot, offset: 0) }
    guard case .binary(let operation, let left, let right, _) = expression.kind, let slot = localSlot(left), let constant = intConstant(right) else { return OffsetOperand() }
    switch operation {
    case .add: return OffsetOperand(slot: slot, offset: constant)
    case .subtract where constant > .min: return OffsetOperand(slot: slot, offset: -constant)
    default: return OffsetOperand()
    }
  }
}
