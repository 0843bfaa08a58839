import Arrays
import TestSupport
import Testing

/// Numbers at which rounding would show: around every bound, and around 2²⁴ and 2⁵³, where float32 and float64 skip integers.
private let delicate: [Scalar] = {
  var whole: [Int128] = [0, 1, 2, 100]
  for bits in [7, 8, 16, 24, 25, 31, 32, 53, 54, 63, 64] { for step in -1...1 { whole.append((1 << bits) + Int128(step)) } }
  let floats: [Double] = [0.0, 0.5, 1.5, 0.1, Double(Float(0.1)), 16777217.5, 0x1p53, 0x1p53 + 2, 0x1p63, 0x1p64, 1e10, 3.5e38, 1e300, .infinity, .nan, 0x1p-149, 0x1p-1070]
  return (whole + whole.map { -$0 }).map { .int($0) } + (floats + floats.map { -$0 }).map { .float($0) } + [.bool(true), .bool(false)]
}()

/// Order by exact decimal reasoning of its own: integer parts in 128 bits, then fractions.
private func order(_ a: Scalar, _ b: Scalar) -> Int? {
  if a.double.isNaN || b.double.isNaN { return nil }
  func parts(_ s: Scalar) -> (Double, Int128, Double) {   // beyond 128 bits, whole part towards 0, signed fraction (exact)
    if let whole = s.integer { return (0, whole, 0) }
    let towards = s.double.rounded(.towardZero)
    guard let whole = Int128(exactly: towards) else { return (s.double, 0, 0) }
    return (0, whole, s.double - towards)
  }
  let (x, y) = (parts(a), parts(b))
  return x < y ? -1 : x == y ? 0 : 1
}

private func holds(_ op: Comparison, _ a: Scalar, _ b: Scalar) -> Bool {
  guard let order = order(a, b) else { return op == .notEqual }
  switch op {
  case .equal: return order == 0
  case .notEqual: return order != 0
  case .less: return order < 0
  case .lessOrEqual: return order <= 0
  case .greater: return order > 0
  case .greaterOrEqual: return order >= 0
  }
}

@Suite struct ComparingTests {
  @Test(arguments: DType.allCases) func arraysAndArraysAreExact(_ left: DType) throws {
    for right in DType.allCases {
      let pairs = try delicate.compactMap { $0.bits(as: left) == nil ? nil : try NDArray.filled($0, left, [1]) }
      let others = try delicate.compactMap { $0.bits(as: right) == nil ? nil : try NDArray.filled($0, right, [1]) }
      let a = try NDArray.concat(pairs.flatMap { one in others.map { _ in one } }, axis: 0)
      let b = try NDArray.concat(pairs.flatMap { _ in others }, axis: 0)
      let x = try pairs.map { try $0.exact(0) }, y = try others.map { try $0.exact(0) }
      for op in Comparison.allCases {
        let found = try ArrayExpression.compare(op, ArrayExpression(a), ArrayExpression(b)).evaluate(serial).array.elements(Bool.self)
        for (i, value) in x.enumerated() {
          for (j, other) in y.enumerated() where found[i * y.count + j] != holds(op, value, other) {
            Issue.record("\(left) \(value) \(op.rawValue) \(right) \(other)")
          }
        }
      }
    }
  }

  @Test(arguments: DType.allCases) func arraysAndNumbersAreExact(_ dtype: DType) throws {
    let values = try delicate.compactMap { $0.bits(as: dtype) == nil ? nil : try NDArray.filled($0, dtype, [1]) }
    let a = try NDArray.concat(values, axis: 0), x = try values.map { try $0.exact(0) }
    for number in delicate {
      for op in Comparison.allCases {
        let found = try ArrayExpression.compare(op, ArrayExpression(a), ArrayExpression(number)).evaluate(serial).array.elements(Bool.self)
        let mirrored = try ArrayExpression.compare(op, ArrayExpression(number), ArrayExpression(a)).evaluate(serial).array.elements(Bool.self)
        for (i, value) in x.enumerated() {
          if found[i] != holds(op, value, number) { Issue.record("\(dtype) \(value) \(op.rawValue) \(number)") }
          if mirrored[i] != holds(op, number, value) { Issue.record("\(number) \(op.rawValue) \(dtype) \(value)") }
        }
      }
    }
  }

  @Test func numbersAndNumbersAreExact() {
    for a in delicate { for b in delicate { for op in Comparison.allCases { #expect(op.holds(a, b) == holds(op, a, b), "\(a) \(op.rawValue) \(b)") } } }
  }
}
