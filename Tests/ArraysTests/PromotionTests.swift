import Arrays
import Execution
import Geometry
import TestSupport
import Testing

let serial = ExecutionContext(pool: ThreadPool(threads: 1))

private func type(_ op: Arithmetic, _ a: DType, _ b: DType) -> String {
  do throws(ArrayError) {
    return try ArrayExpression.combine(op, ArrayExpression(NDArray(a, [1])), ArrayExpression(NDArray(b, [1]))).dtype.rawValue
  } catch { return error == .dtypes(a, b) || error == .dtypes(b, a) ? "-" : "\(error)" }
}

@Suite struct PromotionTests {
  /// Rows and columns in the order of DType.allCases: bool, unsigned, signed, float.
  @Test(arguments: [
    (Arithmetic.add, """
      i4 i4 i4 i8 u8 i4 i4 i8 i8 f4 f4 f8
      i4 i4 i4 i8 u8 i4 i4 i8 i8 f4 f4 f8
      i4 i4 i4 i8 u8 i4 i4 i8 i8 f4 f4 f8
      i8 i8 i8 i8 u8 i8 i8 i8 i8 f8 f8 f8
      u8 u8 u8 u8 u8 i8 i8 i8 -- f8 f8 f8
      i4 i4 i4 i8 i8 i4 i4 i8 i8 f4 f4 f8
      i4 i4 i4 i8 i8 i4 i4 i8 i8 f4 f4 f8
      i8 i8 i8 i8 i8 i8 i8 i8 i8 f8 f8 f8
      i8 i8 i8 i8 -- i8 i8 i8 i8 f8 f8 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      """),
    (.divide, """
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      """),
    (.maximum, """
      b1 u1 u2 u4 u8 i1 i2 i4 i8 f4 f4 f8
      u1 u1 u2 u4 u8 i2 i2 i4 i8 f4 f4 f8
      u2 u2 u2 u4 u8 i4 i4 i4 i8 f4 f4 f8
      u4 u4 u4 u4 u8 i8 i8 i8 i8 f8 f8 f8
      u8 u8 u8 u8 u8 -- -- -- -- f8 f8 f8
      i1 i2 i4 i8 -- i1 i2 i4 i8 f4 f4 f8
      i2 i2 i4 i8 -- i2 i2 i4 i8 f4 f4 f8
      i4 i4 i4 i8 -- i4 i4 i4 i8 f8 f8 f8
      i8 i8 i8 i8 -- i8 i8 i8 i8 f8 f8 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f2 f4 f8
      f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f4 f8
      f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8
      """),
  ]) func arrayWithArray(_ op: Arithmetic, _ table: String) {
    let short: [String: String] = [
      "b1": "bool", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
      "f2": "float16", "f4": "float32", "f8": "float64", "--": "-",
    ]
    let rows = table.split(separator: "\n").map { $0.split(separator: " ").map { short[String($0)] ?? "?" } }
    for (i, a) in DType.allCases.enumerated() { for (j, b) in DType.allCases.enumerated() { #expect(type(op, a, b) == rows[i][j], "\(a) \(op.rawValue) \(b)") } }
  }

  @Test func numbersTakeTheSideOfTheArray() throws {
    func type(_ op: Arithmetic, _ dtype: DType, _ number: Scalar) throws -> DType {
      let a = ArrayExpression(try NDArray(dtype, [1])), b = ArrayExpression(number)
      let left = try ArrayExpression.combine(op, a, b).dtype, right = try ArrayExpression.combine(op, b, a).dtype
      #expect(left == right)
      return left
    }
    #expect(try type(.add, .uint8, .int(1)) == .int32)
    #expect(try type(.add, .uint8, .int(1 << 40)) == .int64)
    #expect(try type(.add, .uint8, .float(0.5)) == .float32)
    #expect(try type(.multiply, .float32, .float(0.1)) == .float32)
    #expect(try type(.multiply, .float16, .float(0.1)) == .float32)
    #expect(try type(.multiply, .int32, .float(0.1)) == .float64)
    #expect(try type(.add, .uint64, .int(1)) == .uint64)
    #expect(try type(.add, .uint32, .int(1)) == .int64)
    #expect(try type(.divide, .uint8, .int(255)) == .float32)
    #expect(try type(.divide, .int64, .float(2)) == .float64)
    #expect(try type(.maximum, .uint8, .int(255)) == .uint8)
    #expect(try type(.maximum, .uint8, .int(256)) == .int32)
    #expect(try type(.minimum, .float32, .int(1)) == .float32)
    #expect(throws: ArrayError.doesNotFit(.uint64, count: 1, total: 1, first: "-1", index: [])) { try type(.multiply, .uint64, .int(-1)) }
  }

  static let bytes: [DType] = [.uint8, .int8]

  /// All 65,536 pairs of every pair of 8-bit types, by every operator that cannot fail on them.
  @Test(arguments: [Arithmetic.add, .subtract, .multiply, .minimum, .maximum, .floorDivide, .modulo, .divide, .power]) func everyPairOfBytes(_ op: Arithmetic) throws {
    for left in Self.bytes {
      for right in Self.bytes {
        let a = try #require(left.bounds).map { Int($0) }
        let b = try #require(right.bounds).map { Int($0) }.filter { op == .power ? (0...3).contains($0) : op == .floorDivide || op == .modulo ? $0 != 0 : true }
        func column(_ values: [Int], _ dtype: DType, _ axis: Axis) throws -> ArrayExpression {
          ArrayExpression(try Volume(try NDArray(values.map { Int64($0) }, [values.count]).cast(to: dtype), Grid(unknown: [axis])))
        }
        let result = try ArrayExpression.combine(op, column(a, left, .y), column(b, right, .x)).evaluate(serial)
        #expect(result.shape == [a.count, b.count])
        let found = try result.array.cast(to: .float64).elements(Double.self)
        var wrong = 0
        for (i, x) in a.enumerated() {
          for (j, y) in b.enumerated() {
            let expected: Double = switch op {
            case .add: Double(x + y)
            case .subtract: Double(x - y)
            case .multiply: Double(x * y)
            case .minimum: Double(min(x, y))
            case .maximum: Double(max(x, y))
            case .floorDivide: (Double(x) / Double(y)).rounded(.down)
            case .modulo: Double(x) - Double(y) * (Double(x) / Double(y)).rounded(.down)
            case .divide: Double(Float(x) / Float(y))
            case .power: Double((0..<y).reduce(1) { product, _ in product * x })
            }
            let value = found[i * b.count + j]
            if value != expected && !(value.isNaN && expected.isNaN) { wrong += 1 }
          }
        }
        #expect(wrong == 0, "\(left) \(op.rawValue) \(right)")
      }
    }
  }
}
