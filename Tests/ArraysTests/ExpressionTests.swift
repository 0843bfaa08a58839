import Arrays
import Execution
import Geometry
import Glibc
import TestSupport
import Testing

private typealias E = ArrayExpression

private func named(_ array: NDArray, _ axes: String) throws -> ArrayExpression {
  ArrayExpression(try Volume(array, Grid(unknown: axes.map { Axis(String($0), $0 == "c" ? .channel : .space) })))
}

private func grid(_ axes: [Axis], _ size: Int, _ corner: Int) throws -> Grid {
  let count = axes.count { $0.kind == .space }
  return try Grid(axes: axes, voxelSize: Coordinate(repeating: Rational(size), count: count), offset: Coordinate(repeating: Rational(corner), count: count))
}

@Suite struct ExpressionTests {
  /// (a · 2 + b) at every length around a strip, from packed, reversed, transposed and stepped inputs.
  @Test func everyLengthAndEveryStride() throws {
    for length in edgeLengths(1024) {
      for rows in [0, 1, 2, 3] {
        let shape = [rows, length]
        let a = try randomIntegers(-100...100, .int16, shape, seed: 1), b = try randomIntegers(0...255, .uint8, shape, seed: 2)
        let x = try a.elements(Int16.self), y = try b.elements(UInt8.self)
        let expected = zip(x, y).map { Int64($0) * 2 + Int64($1) }
        // The same values behind other strides.
        let reversed = try a.flipped([0, 1]).copied().flipped([0, 1])
        let transposed = try b.transposed([1, 0]).copied().transposed([1, 0])
        let stepped = try NDArray.stack([a, a.flipped([0])], axis: 2).dropping(axis: 2, at: 0)
        for left in [a, reversed, stepped] {
          for right in [b, transposed] {
            let sum = try E.combine(.add, E.combine(.multiply, E(left), E(.int(2))), E(right))
            #expect(try sum.evaluate(serial).array.elements(Int64.self) == expected, "\(shape)")
          }
        }
      }
    }
  }

  @Test func axesMatchByName() throws {
    let affs = try randomArray(.float32, [3, 2, 4, 5], seed: 1), mask = try randomIntegers(0...3, .float32, [2, 4, 5], seed: 2)
    let product = try E.combine(.multiply, named(affs, "czyx"), named(mask, "zyx")), other = try E.combine(.multiply, named(mask, "zyx"), named(affs, "czyx"))
    #expect(product.shape == [3, 2, 4, 5] && other.shape == [3, 2, 4, 5])
    let a = try affs.elements(Float.self), m = try mask.elements(Float.self)
    let expected = a.indices.map { a[$0] * m[$0 % 40] }
    #expect(try product.evaluate(serial).array.elements(Float.self) == expected)
    #expect(try other.evaluate(serial).array.elements(Float.self) == expected)
    #expect(product.grid.axes.map(\.name) == ["c", "z", "y", "x"])
    // An axis that only one side has goes before the next shared one; the order of the side with more axes rules.
    #expect(try E.combine(.add, named(NDArray(.uint8, [3, 4, 5]), "cyx"), named(NDArray(.uint8, [2, 4, 5]), "zyx")).shape == [3, 2, 4, 5])
    let turned = try E.combine(.subtract, named(mask, "zyx"), named(mask.transposed([2, 0, 1]), "xzy")).evaluate(serial)
    #expect(try turned.array.elements(Float.self).allSatisfy { $0 == 0 })
    // Only the last axis shared, and none at all.
    #expect(try E.combine(.add, named(NDArray(.uint8, [2, 5]), "cx"), named(NDArray(.uint8, [5]), "x")).shape == [2, 5])
    let outer = try E.combine(.multiply, named(NDArray([1, 2, 3] as [UInt8], [3]), "y"), named(NDArray([10, 20] as [UInt8], [2]), "x")).evaluate(serial)
    #expect(try outer.shape == [3, 2] && outer.array.elements(Int32.self) == [10, 20, 20, 40, 30, 60])
  }

  @Test func mismatchesNameBothSides() throws {
    let a = try named(NDArray(.uint8, [4, 5]), "yx"), b = try named(NDArray(.uint8, [4, 6]), "yx")
    let error = try #require(throws: ArrayError.self) { try E.combine(.add, a, b) }
    #expect("\(error)" == "shapes do not match: (y 4, x 5) and (y 4, x 6)")
    #expect(error == .lengths(axis: "x", NamedShape([.y, .x], [4, 5]), NamedShape([.y, .x], [4, 6])))
    let array = try NDArray(.uint8, [4, 4])
    let coarse = E(try Volume(array, grid([.y, .x], 8, 0))), fine = E(try Volume(array, grid([.y, .x], 4, 2)))
    let places = try #require(throws: ArrayError.self) { try E.compare(.less, coarse, fine) }
    #expect("\(places)" == "grids do not match along y: voxel 8 nm from 0 nm and voxel 4 nm from 2 nm")
    // Nothing on disk placed the other side: it takes the place of this one.
    let both = try E.combine(.add, try named(array, "yx"), coarse)
    #expect(both.grid == coarse.grid)
    let twice = try named(NDArray(.uint8, [4, 4]), "xx")
    #expect(throws: ArrayError.axisTwice("x")) { try E.combine(.add, twice, a) }
  }

  @Test func boolsCombineAndNumbersDoNot() throws {
    let a = E(try NDArray([false, false, true, true], [4])), b = E(try NDArray([false, true, false, true], [4]))
    #expect(try E.logic(.and, a, b).evaluate(serial).array.elements(Bool.self) == [false, false, false, true])
    #expect(try E.logic(.or, a, b).evaluate(serial).array.elements(Bool.self) == [false, true, true, true])
    #expect(try E.apply(.not, a).evaluate(serial).array.elements(Bool.self) == [true, true, false, false])
    #expect(throws: ArrayError.dtype(expected: "bool on both sides of `&`", found: .uint8)) { try E.logic(.and, a, E(NDArray(.uint8, [4]))) }
    #expect(throws: ArrayError.dtype(expected: "numbers for `sqrt`", found: .bool)) { try E.apply(.sqrt, a) }
    #expect(try E.combine(.add, a, b).evaluate(serial).array.elements(Int32.self) == [0, 1, 1, 2])
  }

  @Test func whereTakesEitherSide() throws {
    let c = E(try NDArray([true, false, true], [3])), a = E(try NDArray([1, 2, 3] as [UInt8], [3])), b = E(try NDArray([-1, -2, -300] as [Int16], [3]))
    let chosen = try E.choose(c, a, b)
    #expect(chosen.dtype == .int16)
    #expect(try chosen.evaluate(serial).array.elements(Int16.self) == [1, -2, 3])
    let zeroed = try E.choose(c, a, E(.int(0)))
    #expect(zeroed.dtype == .uint8)
    #expect(try zeroed.evaluate(serial).array.elements(UInt8.self) == [1, 0, 3])
    #expect(try E.choose(c, E(.float(0.5)), a).evaluate(serial).array.elements(Float.self) == [0.5, 2, 0.5])
    #expect(throws: ArrayError.dtype(expected: "bool as the condition of `where`", found: .uint8)) { try E.choose(a, a, a) }
  }

  @Test func minimumMaximumAndClipKeepNaN() throws {
    let a = E(try NDArray([1, Float.nan, 5, -2], [4])), b = E(try NDArray([2, 2, Float.nan, 2], [4]))
    for op in [Arithmetic.minimum, .maximum] {
      let found = try E.combine(op, a, b).evaluate(serial).array.elements(Float.self)
      #expect(found[1].isNaN && found[2].isNaN && found[0] == (op == .minimum ? 1 : 2) && found[3] == (op == .minimum ? -2 : 2))
    }
    let clipped = try E.clip(a, E(.int(0)), E(.float(1.5))).evaluate(serial).array.elements(Float.self)
    #expect(clipped[0] == 1 && clipped[1].isNaN && clipped[2] == 1.5 && clipped[3] == 0)
    let bytes = try E.clip(E(NDArray([0, 9, 255] as [UInt8], [3])), E(.int(3)), E(.int(200)))
    #expect(bytes.dtype == .uint8)
    #expect(try bytes.evaluate(serial).array.elements(UInt8.self) == [3, 9, 200])
  }

  @Test(arguments: UnaryFunction.allCases) func functionsAgreeWithTheCLibrary(_ function: UnaryFunction) throws {
    if function == .not { return }
    let samples: [Double] = [0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-8, -1e-8, 3, 10, -10, 87, 88.8, -104, 1e4, -1e4, .infinity, -.infinity, .nan]
      + (0..<2000).map { Double($0) * 0.013 - 13 }
    for dtype in [DType.float32, .float64, .float16, .int16, .int64] {
      let held = try NDArray(samples.filter { dtype.isFloat || $0.isFinite }, [samples.count - (dtype.isFloat ? 0 : 3)]).cast(to: dtype)
      let result = try E.apply(function, E(held))
      let x = try held.cast(to: .float64).elements(Double.self), found = try result.evaluate(serial).array.cast(to: .float64).elements(Double.self)
      for (x, value) in zip(x, found) {
        let expected: Double = switch function {
        case .negate: -x
        case .abs: abs(x)
        case .sqrt: x.squareRoot()
        case .exp: exp(x)
        case .log: log(x)
        case .tanh: tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .round: x.rounded(.toNearestOrEven)
        case .floor: x.rounded(.down)
        case .ceil: x.rounded(.up)
        case .isnan: x.isNaN ? 1 : 0
        case .not: 0
        }
        let rounded = result.dtype == .float32 ? Double(Float(expected)) : expected
        let ulp = result.dtype == .float32 ? Double(Float(expected).ulp) : 0
        let close = value == rounded || (value.isNaN && rounded.isNaN) || abs(value - rounded) <= ulp
        if !close { Issue.record("\(function.rawValue)(\(x)) as \(dtype): \(value), not \(rounded)") }
      }
    }
  }

  @Test func floatDivisionRules() throws {
    let a = E(try NDArray([7, -7, 7, -7, 1, 0, 5] as [Float], [7])), b = E(try NDArray([2, 2, -2, -2, 0, 0, .infinity] as [Float], [7]))
    let quotient = try E.combine(.floorDivide, a, b).evaluate(serial).array.elements(Float.self)
    let remainder = try E.combine(.modulo, a, b).evaluate(serial).array.elements(Float.self)
    #expect(quotient[..<5] == [3, -4, -4, 3, .infinity] && quotient[5].isNaN && quotient[6] == 0)
    #expect(remainder[..<4] == [1, 1, -1, -1] && remainder[4].isNaN && remainder[5].isNaN && remainder[6] == 5)
    #expect(try E.combine(.divide, E(NDArray([1, 0] as [UInt8], [2])), E(.int(0))).evaluate(serial).array.elements(Float.self)[0] == .infinity)
  }

  @Test func powers() throws {
    let bytes = E(try NDArray([0, 3, 255] as [UInt8], [3]))
    #expect(try E.combine(.power, bytes, E(.int(2))).evaluate(serial).array.elements(Int32.self) == [0, 9, 65025])
    #expect(try E.combine(.power, bytes, E(.int(-1))).evaluate(serial).array.elements(Float.self) == [.infinity, 1 / 3, 1 / 255])
    #expect(try E.combine(.power, E(.int(2)), bytes.cast(to: .float32)).evaluate(serial).array.elements(Float.self)[1] == 8)
    #expect(try E.combine(.power, bytes, E(.float(2))).dtype == .float32)
    #expect(throws: ArrayError.negativePower(index: [0])) { try E.combine(.power, bytes, E(NDArray([-1, 1, 1] as [Int8], [3]))).evaluate(serial) }
  }

  @Test func numbersAloneAndEmptyArrays() throws {
    #expect(try E.combine(.add, E(.int(2)), E(.int(3))).evaluate(serial).array.elements(Int64.self) == [5])
    #expect(try E.combine(.divide, E(.int(7)), E(.int(2))).evaluate(serial).array.elements(Double.self) == [3.5])
    let empty = E(try NDArray(.uint8, [3, 0, 2]))
    #expect(try E.combine(.add, empty, empty).evaluate(serial).shape == [3, 0, 2])
    #expect(try E.apply(.isnan, E(NDArray(.uint8, [2]))).evaluate(serial).array.elements(Bool.self) == [false, false])
  }

  /// A long expression reuses registers; a shared step is computed once and stays alive as long as it is needed.
  @Test func deepAndShared() throws {
    let a = try randomArray(.float64, [2000], seed: 6)
    var expression = E(a)
    for _ in 0..<2000 { expression = try E.combine(.add, expression, E(.float(1))) }
    try expectClose(expression.evaluate(serial).array, try E.combine(.add, E(a), E(.float(2000))).evaluate(serial).array, absolute: 1e-9)
    let shared = try E.apply(.exp, E(a))
    let twice = try E.combine(.divide, shared, E.combine(.add, shared, E.combine(.multiply, shared, shared)))
    let x = try a.elements(Double.self).map { exp($0) }
    try expectClose(twice.evaluate(serial).array, NDArray(x.map { $0 / ($0 + $0 * $0) }, [2000]))
  }
}
