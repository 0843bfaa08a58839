// Comparisons that are mathematically exact whatever the types: no value is rounded on the way.
//
// Between two arrays: in a type that holds both, or by a kernel that compares int with float by parts. Between an array and a number: the
// number becomes the nearest threshold of the array's own type, so `uint8 > 0.5` runs as `uint8 >= 1` on bytes.

extension ArrayExpression {
  /// `a op b` as bool; NaN is unequal to everything, itself included.
  ///
  /// - Throws: what matching axes throws.
  package static func compare(_ op: Comparison, _ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> ArrayExpression {
    if let x = a.number, let y = b.number { return ArrayExpression(.bool(op.holds(x, y))) }
    if let number = b.number { return a.with(threshold(op, a.node, number)) }
    if let number = a.number { return b.with(threshold(op.mirrored, b.node, number)) }
    let (shape, grid) = try matched(a, b)
    func done(_ left: DType, _ right: DType) -> ArrayExpression {
      ArrayExpression(ExpressionNode(.compare(op, a.node.widened(to: left), b.node.widened(to: right)), .bool), shape, grid)
    }
    let (x, y) = (a.dtype, b.dtype)
    if x == y { return x == .float16 ? done(.float32, .float32) : done(x, y) }
    switch (x.isFloat, y.isFloat) {
    case (true, true): return x == .float64 || y == .float64 ? done(.float64, .float64) : done(.float32, .float32)
    case (false, false):
      if x != .uint64 && y != .uint64 { return x.wide == .int32 && y.wide == .int32 ? done(.int32, .int32) : done(.int64, .int64) }
      if !x.isSigned && !y.isSigned { return done(.uint64, .uint64) }
      return x.isSigned ? done(.int64, .uint64) : ArrayExpression(try compare(op.mirrored, b, a).node, shape, grid)
    case (false, true):
      if x.isSmallInteger && y != .float64 { return done(.float32, .float32) }
      if x.size <= 4 { return done(.float64, .float64) }
      return done(x, .float64)
    case (true, false): return ArrayExpression(try compare(op.mirrored, b, a).node, shape, grid)
    }
  }

  private static func threshold(_ op: Comparison, _ node: ExpressionNode, _ number: Scalar) -> ExpressionNode {
    func always(_ value: Bool) -> ExpressionNode { ExpressionNode(.constant(value ? 1 : 0), .bool) }
    func against(_ bits: UInt64, _ type: DType) -> ExpressionNode {
      ExpressionNode(.compare(op, node.widened(to: type), ExpressionNode(.constant(bits), type)), .bool)
    }
    if number.double.isNaN { return always(op == .notEqual) }
    guard let bounds = node.dtype.bounds else {
      let type: DType = node.dtype == .float64 ? .float64 : .float32
      let (low, high) = type == .float64 ? number.doubles : number.floats
      switch op {
      case .less, .greaterOrEqual: return against(high, type)
      case .lessOrEqual, .greater: return against(low, type)
      // Distinct neighbours: no element is equal. (A lone zero stands for both zeros, which compare equal.)
      case .equal: return low == high ? against(low, type) : always(false)
      case .notEqual: return low == high ? against(low, type) : always(true)
      }
    }
    // The integers on either side, held one step outside the type's bounds so that infinities need no case.
    let (floor, ceiling) = number.integers(within: (bounds.lowerBound - 1)...(bounds.upperBound + 1))
    let threshold: Int128
    switch op {
    case .equal, .notEqual:
      guard floor == ceiling, bounds.contains(floor), number.integer != nil else { return always(op == .notEqual) }
      threshold = floor
    case .less, .greaterOrEqual:
      if ceiling <= bounds.lowerBound { return always(op == .greaterOrEqual) }
      if ceiling > bounds.upperBound { return always(op == .less) }
      threshold = ceiling
    case .lessOrEqual, .greater:
      if floor < bounds.lowerBound { return always(op == .greater) }
      if floor >= bounds.upperBound { return always(op == .lessOrEqual) }
      threshold = floor
    }
    return against(Scalar.int(threshold).bits(as: node.dtype) ?? 0, node.dtype)
  }
}

extension Comparison {
  /// The relation between two numbers, exact.
  package func holds(_ a: Scalar, _ b: Scalar) -> Bool {
    if a.double.isNaN || b.double.isNaN { return self == .notEqual }
    let order = Scalar.order(a, b)
    switch self {
    case .equal: return order == 0
    case .notEqual: return order != 0
    case .less: return order < 0
    case .lessOrEqual: return order <= 0
    case .greater: return order > 0
    case .greaterOrEqual: return order >= 0
    }
  }
}

extension Scalar {
  /// −1, 0, 1 as a is below, equal to or above b; neither is NaN.
  fileprivate static func order(_ a: Scalar, _ b: Scalar) -> Int {
    func sign<T: Comparable>(_ x: T, _ y: T) -> Int { x < y ? -1 : x > y ? 1 : 0 }
    switch (a.integer, b.integer) {
    case (let x?, let y?): return sign(x, y)
    case (let x?, nil):
      let (low, high) = b.integers(within: Int128.min...Int128.max)
      return x < high ? -1 : x > low ? 1 : 0
    case (nil, let y?):
      let (low, high) = a.integers(within: Int128.min...Int128.max)
      return high <= y ? -1 : low >= y ? 1 : 0
    case (nil, nil): return sign(a.double, b.double)
    }
  }

  /// The integers just below and above (both itself if it is one), held within bounds.
  func integers(within bounds: ClosedRange<Int128>) -> (floor: Int128, ceiling: Int128) {
    func held(_ value: Int128) -> Int128 { Swift.min(Swift.max(value, bounds.lowerBound), bounds.upperBound) }
    if let integer { return (held(integer), held(integer)) }
    func whole(_ value: Double) -> Int128 { Int128(exactly: value).map(held) ?? (value < 0 ? bounds.lowerBound : bounds.upperBound) }
    return (whole(double.rounded(.down)), whole(double.rounded(.up)))
  }

  /// The doubles just below and above (both itself if it is one), as bytes.
  fileprivate var doubles: (low: UInt64, high: UInt64) {
    guard case .int(let value) = self else { return (canonical(double).bitPattern, canonical(double).bitPattern) }
    let near = Double(value)   // to nearest: one side of the value, or it
    guard let back = Int128(exactly: near), back != value else { return (near.bitPattern, near.bitPattern) }
    return back < value ? (near.bitPattern, near.nextUp.bitPattern) : (near.nextDown.bitPattern, near.bitPattern)
  }

  /// The same for float32.
  fileprivate var floats: (low: UInt64, high: UInt64) {
    let near = Float(canonical(double)), order = Scalar.order(.float(Double(near)), self)
    if near.isInfinite && double.isInfinite || order == 0 { return (UInt64(near.bitPattern), UInt64(near.bitPattern)) }
    return order < 0 ? (UInt64(near.bitPattern), UInt64(near.nextUp.bitPattern)) : (UInt64(near.nextDown.bitPattern), UInt64(near.bitPattern))
  }

  private func canonical(_ value: Double) -> Double { value == 0 ? 0 : value }
}
