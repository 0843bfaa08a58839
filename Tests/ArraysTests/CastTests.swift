import Arrays
import Execution
import TestSupport
import Testing

/// Values at and around every bound that any type has.
private let corners: [Scalar] = {
  var whole: [Int128] = [0, 1, 2, 3, 100, 65504, 65519, 65520]
  for bits in [7, 8, 15, 16, 31, 32, 63, 64] { for step in -2...2 { whole.append((1 << bits) + Int128(step)) } }
  let floats: [Double] = [
    0.25, 0.5, 0.75, 1.5, 2.5, 254.5, 255.5, 127.5, 128.5, 65535.5, 2147483647.5, 1e10, 1e19, 3e38, 4e38, 1e300, .infinity, .nan, 0x1p-1070, 1e-30, 0x1.fffffefp127, 0x1.ffffffp127,
  ]
  return (whole + whole.map { -$0 }).map { .int($0) } + (floats + floats.map { -$0 }).map { .float($0) } + [.bool(false), .bool(true)]
}()

@Suite struct CastTests {
  /// Every corner value that `from` holds, cast to `to`, agrees with the exact rule of `Scalar.bits`.
  @Test(arguments: DType.allCases) func everyPairAtEveryCorner(_ from: DType) throws {
    for to in DType.allCases {
      for value in corners {
        guard value.bits(as: from) != nil else { continue }
        let source = try NDArray.filled(value, from, [3])
        let held = try source.exact(0)
        let expected = held.bits(as: to)
        if let expected {
          #expect(try source.cast(to: to).pattern(2) == expected, "\(held) \(from) → \(to)")
        } else {
          #expect(throws: ArrayError.doesNotFit(to, count: 3, total: 3, first: held.description, index: [0]), "\(held) \(from) → \(to)") { try source.cast(to: to) }
        }
        if held.double.isNaN && !to.isFloat {
          #expect(throws: ArrayError.self) { try source.cast(to: to, .clip) }
        } else if let bounds = to.bounds {
          let clipped: Scalar = held.integer.map { .int(min(max($0, bounds.lowerBound), bounds.upperBound)) }
            ?? (held.double > Double(bounds.upperBound) ? .int(bounds.upperBound) : held.double < Double(bounds.lowerBound) ? .int(bounds.lowerBound) : held)
          #expect(try source.cast(to: to, .clip).pattern(1) == clipped.bits(as: to), "\(held) \(from) → \(to) clipped")
        } else {
          let result = try source.cast(to: to, .clip).exact(1).double
          #expect(result.isNaN == held.double.isNaN && result.isInfinite == held.double.isInfinite, "\(held) \(from) → \(to) clipped")
        }
      }
    }
  }

  @Test(arguments: edgeLengths(1024)) func lengthsAroundAStrip(_ count: Int) throws {
    let a = try randomIntegers(-300...300, .int16, [count], seed: 3)
    let expected = try a.elements(Int16.self)
    let floats = try a.cast(to: .float32).elements(Float.self)
    #expect(floats == expected.map { value in Float(value) })
    let clipped: [UInt8] = expected.map { value in UInt8(clamping: value) }
    #expect(try a.cast(to: .uint8, .clip).elements(UInt8.self) == clipped)
    let misfits = expected.filter { $0 < 0 || $0 > 255 }
    if let first = expected.firstIndex(where: { $0 < 0 || $0 > 255 }) {
      #expect(throws: ArrayError.doesNotFit(.uint8, count: misfits.count, total: count, first: "\(expected[first])", index: [first])) { try a.cast(to: .uint8) }
    }
  }

  @Test func theErrorNamesTheFirstVoxelOfAView() throws {
    let a = try NDArray.arange(24).reshaped([2, 3, 4]).flipped([0])
    #expect(throws: ArrayError.doesNotFit(.int8, count: 1, total: 24, first: "300", index: [0, 2, 3])) {
      var b = try a.contiguous()
      b.withMutableElements(Int64.self) { $0[11] = 300 }
      _ = try b.cast(to: .int8)
    }
    #expect("\(ArrayError.doesNotFit(.uint8, count: 412, total: 2_097_152, first: "261", index: [3, 0, 1]))" == "412 of 2097152 values do not fit uint8, first 261 at voxel (3, 0, 1)")
  }

  @Test(arguments: [1, 2, 3]) func threadsDoNotChangeBytes(_ threads: Int) throws {
    let pool = ThreadPool(threads: threads), a = try randomArray(.int32, [3, 70, 1031], seed: 5)
    #expect(try a.cast(to: .uint8, .clip, pool).isIdentical(to: a.cast(to: .uint8, .clip)))
    #expect(try a.normalised(shift: 3, scale: 0.1, pool).isIdentical(to: a.normalised(shift: 3, scale: 0.1)))
  }

  @Test(arguments: DType.allCases) func normalisingIsShiftThenScale(_ dtype: DType) throws {
    let a = try randomIntegers(0...1, dtype, [5, 211], seed: 1)
    let expected = try a.cast(to: .float64).elements(Double.self).map { Float(($0 - 0.5) * 2) }
    let found = try a.normalised(shift: 0.5, scale: 2).elements(Float.self)
    #expect(found == expected)
  }
}

extension NDArray {
  /// Element `i` of a 1D array, exactly.
  func exact(_ i: Int) throws -> Scalar {
    func get<T: Element>(_: T.Type) throws -> Scalar { try elements(T.self)[i].scalar }
    return try get(dtype.type)
  }

  /// The bytes of element `i` of a 1D array.
  func pattern(_ i: Int) -> UInt64 {
    withBytes { bytes in (0..<dtype.size).reduce(0) { $0 | UInt64(bytes[i * dtype.size + $1]) << UInt64(8 * $1) } }
  }
}
