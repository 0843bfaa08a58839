import Arrays
import Execution
import Geometry
import TestSupport
import Testing

@Suite struct FaultTests {
  static let edges: [DType: [Int128]] = [
    .uint16: [0, 1, 2, 3, 15, 16, 31, 255, 256, 46340, 46341, 65534, 65535],
    .int16: [-32768, -32767, -181, -2, -1, 0, 1, 2, 3, 14, 15, 181, 182, 32766, 32767],
    .int32: [.init(Int32.min), .init(Int32.min) + 1, -65536, -46341, -3, -2, -1, 0, 1, 2, 3, 31, 32, 46340, 46341, 65536, .init(Int32.max) - 1, .init(Int32.max)],
    .int64: [.init(Int64.min), .init(Int64.min) + 1, -3_037_000_500, -3, -2, -1, 0, 1, 2, 3, 62, 63, 64, 3_037_000_499, 3_037_000_500, .init(Int64.max) - 1, .init(Int64.max)],
    .uint64: [0, 1, 2, 3, 63, 64, 4_294_967_295, 4_294_967_296, .init(Int64.max), .init(Int64.max) + 1, .init(UInt64.max) - 1, .init(UInt64.max)],
  ]

  /// The exact result, or nil where int arithmetic must refuse; `zero` and `power` say which refusal.
  private func exact(_ op: Arithmetic, _ x: Int128, _ y: Int128, _ bounds: ClosedRange<Int128>) -> (value: Int128?, error: (([Int]) -> ArrayError)?) {
    func floorDivision() -> (Int128, Int128) {
      let q = x / y, r = x % y
      return r != 0 && (r < 0) != (y < 0) ? (q - 1, r + y) : (q, r)
    }
    var value: Int128?
    switch op {
    case .add: value = x + y
    case .subtract: value = x - y
    case .multiply: value = x.multipliedReportingOverflow(by: y).overflow ? nil : x * y
    case .floorDivide, .modulo:
      if y == 0 { return (nil, { .divisionByZero(index: $0) }) }
      value = op == .modulo ? floorDivision().1 : floorDivision().0
    default:
      if y < 0 { return (nil, { .negativePower(index: $0) }) }
      if x == 0 || x == 1 || x == -1 { value = y == 0 ? 1 : x == -1 && y % 2 == 0 ? 1 : x; break }
      value = 1
      for _ in 0..<min(y, 130) {
        let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: x)
        if overflow { value = nil; break }
        value = product
      }
    }
    guard let value, bounds.contains(value) else { return (nil, nil) }
    return (value, nil)
  }

  @Test(arguments: [Arithmetic.add, .subtract, .multiply, .floorDivide, .modulo, .power]) func everyPairOfCorners(_ op: Arithmetic) throws {
    for (dtype, values) in Self.edges {
      let wide: DType = dtype == .uint64 ? .uint64 : dtype.size == 2 ? .int32 : .int64
      let bounds = try #require(wide.bounds)
      for x in values {
        for y in values {
          let place = [7], a = try strip(.int(x), dtype, at: 7), b = try strip(.int(y), dtype, at: 7)
          let (value, error) = exact(op, x, y, bounds)
          let expression = try ArrayExpression.combine(op, ArrayExpression(a), ArrayExpression(b))
          #expect(expression.dtype == wide)
          if let value {
            #expect(try expression.evaluate(serial).array.exact(7) == .int(value), "\(x) \(op.rawValue) \(y) \(dtype)")
          } else {
            let expected = error?(place) ?? .overflow(operation: "\(wide) \(noun(op))", index: place)
            #expect(throws: expected, "\(x) \(op.rawValue) \(y) \(dtype)") { try expression.evaluate(serial) }
          }
        }
      }
    }
  }

  @Test func negationAndAbsAtTheEdge() throws {
    let low = ArrayExpression(try NDArray([1, Int64.min], [2])), labels = ArrayExpression(try NDArray([0, 1 << 63, UInt64.max], [3]))
    #expect(throws: ArrayError.overflow(operation: "int64 negation", index: [1])) { try ArrayExpression.apply(.negate, low).evaluate(serial) }
    #expect(throws: ArrayError.overflow(operation: "int64 abs", index: [1])) { try ArrayExpression.apply(.abs, low).evaluate(serial) }
    #expect(throws: ArrayError.overflow(operation: "int64 negation", index: [2])) { try ArrayExpression.apply(.negate, labels).evaluate(serial) }
    #expect(try ArrayExpression.apply(.negate, ArrayExpression(NDArray([0, 1 << 63] as [UInt64], [2]))).evaluate(serial).array.elements(Int64.self) == [0, .min])
  }

  @Test func labelsAndNegativeNumbers() throws {
    let labels = ArrayExpression(try NDArray([5, UInt64.max], [2]))
    #expect(try ArrayExpression.combine(.add, labels, ArrayExpression(.int(-5))).evaluate(serial).array.elements(UInt64.self) == [0, .max - 5])
    #expect(throws: ArrayError.overflow(operation: "uint64 subtraction", index: [0])) { try ArrayExpression.combine(.add, labels, ArrayExpression(.int(-6))).evaluate(serial) }
    #expect(throws: ArrayError.overflow(operation: "uint64 addition", index: [1])) { try ArrayExpression.combine(.subtract, labels, ArrayExpression(.int(-6))).evaluate(serial) }
  }

  @Test func labelsBesideSmallSignedAreChecked() throws {
    let labels = ArrayExpression(try NDArray([5, 1 << 63] as [UInt64], [2])), small = ArrayExpression(try NDArray([-6, 0] as [Int8], [2]))
    #expect(throws: ArrayError.doesNotFit(.int64, count: 1, total: 2, first: "9223372036854775808", index: [1])) { try ArrayExpression.combine(.add, labels, small).evaluate(serial) }
  }

  /// The first step that fails is reported, at its first voxel, and casts count all of theirs, for every cut and number of threads.
  @Test(arguments: [1, 2, 3]) func theReportDoesNotDependOnTheCut(_ threads: Int) throws {
    let context = ExecutionContext(pool: ThreadPool(threads: threads))
    let shape = [3, 211, 1031], count = shape.reduce(1, *)
    var values = [Int32](repeating: 7, count: count)
    for i in [500_000, 400_001, 652_000, 1500] { values[i] = 300 }
    let a = ArrayExpression(ChunkedSource(try NDArray(values, shape), chunks: [2, 50, 100]))
    let narrow = a.cast(to: .uint8)
    let index = [1500 / (211 * 1031), 1500 / 1031 % 211, 1500 % 1031]
    #expect(throws: ArrayError.doesNotFit(.uint8, count: 4, total: count, first: "300", index: index)) { try narrow.evaluate(context) }
    // Here the division fails at a lower voxel, but the cast comes first.
    let both = try ArrayExpression.combine(.floorDivide, narrow, ArrayExpression(.int(0)))
    #expect(throws: ArrayError.doesNotFit(.uint8, count: 4, total: count, first: "300", index: index)) { try both.evaluate(context) }
    let division = try ArrayExpression.combine(.floorDivide, ArrayExpression(.int(1)), ArrayExpression.combine(.subtract, a, ArrayExpression(.int(300))))
    #expect(throws: ArrayError.divisionByZero(index: index)) { try division.evaluate(context) }
  }

  @Test func budgetIsCheckedBeforeWork() throws {
    let huge = ArrayExpression(try RandomField(.uniform(0, 1), seed: 0, purpose: "huge", shape: [1 << 20, 1 << 20, 1 << 10]))
    let sum = try ArrayExpression.combine(.add, huge, huge)
    #expect(throws: ArrayError.overBudget(bytes: 1 << 52, budget: 4 << 30)) { try sum.evaluate(serial) }
  }

  private func strip(_ value: Scalar, _ dtype: DType, at index: Int) throws -> NDArray {
    var array = try NDArray.filled(.int(1), dtype, [index + 3])
    try array.assign(NDArray.filled(value, dtype, [1]), at: [index])
    return array
  }

  private func noun(_ op: Arithmetic) -> String {
    switch op {
    case .add: "addition"
    case .subtract: "subtraction"
    case .multiply: "multiplication"
    case .floorDivide: "division"
    case .modulo: "remainder"
    default: "power"
    }
  }
}
