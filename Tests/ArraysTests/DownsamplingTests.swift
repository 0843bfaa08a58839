import Arrays
import Execution
import Testing

/// The kernels against their plain twin, bit for bit.
@Suite struct DownsamplingTests {
  private func random(_ dtype: DType, _ shape: [Int], _ random: inout KeyedGenerator, few: Bool) throws -> NDArray {
    func fill<T: Element>(_: T.Type) throws -> NDArray {
      let values = (0..<shape.reduce(1, *)).map { _ -> T in
        let bits = random.next()
        switch T.zero {
        case is Bool: return (bits & 1 == 1) as? T ?? T.zero
        case is any FixedWidthInteger:
          // a few ids, some of them at the ends of the range; or anything
          let pick = bits % 5
          return few ? [T.zero, T(saturating: 1), T(saturating: 3), T(saturating: 1e30), T(saturating: -1e30)][Int(pick)] : withUnsafeBytes(of: bits) { $0.loadUnaligned(as: T.self) }
        default: return few && bits % 31 == 0 ? T(saturating: .nan) : T(saturating: Double(bits % 4096) / 7 - 200)
        }
      }
      return try NDArray(values, shape)
    }
    return try fill(dtype.type)
  }

  private func same(_ a: NDArray, _ b: NDArray) -> Bool {
    a.dtype == b.dtype && a.shape == b.shape && a.withBytes { left in b.withBytes { left.elementsEqual($0) } }
  }

  @Test(arguments: DType.allCases) func kernelsEqualTheirTwin(dtype: DType) throws {
    var generator = KeyedGenerator(seed: 7, purpose: "downsample \(dtype)")
    let cases: [([Int], [Int])] = [
      ([4, 4, 4], [2, 2, 2]), ([5, 7, 9], [2, 2, 2]), ([1, 1, 1], [2, 2, 2]), ([3, 5, 150], [2, 2, 2]), ([2, 2, 131], [2, 2, 2]), ([6, 5, 7], [1, 2, 2]), ([6, 7, 8], [3, 2, 1]), ([5, 5, 13], [3, 3, 3]), ([9, 9, 9], [4, 4, 4]),
      ([7], [2]), ([4, 9], [2, 2]), ([2, 3, 5, 6], [1, 2, 2, 2]), ([2, 2, 3, 5, 6], [1, 1, 2, 2, 2]), ([4, 5, 6, 2], [2, 2, 2, 1]), ([8, 8, 8], [100, 8, 8]), ([0, 3, 4], [2, 2, 2]), ([70, 5, 3], [7, 5, 3]),
    ]
    for reducer in Downsampling.allCases where !(reducer == .mode && dtype.isFloat) {
      for few in [true, false] {
        for (shape, factor) in cases {
          let fine = try random(dtype, shape, &generator, few: few)
          #expect(same(try fine.downsampled(by: factor, reducer), try fine.downsampledPlainly(by: factor, reducer)), "\(reducer) of \(shape) by \(factor), few \(few)")
          #expect(try fine.downsampled(by: factor, reducer).shape == zip(shape, factor).map { ($0 + $1 - 1) / $1 })
        }
      }
    }
  }

  @Test func knownBlocks() throws {
    func reduced<T: Element>(_ values: [T], _ reducer: Downsampling) throws -> T { try NDArray(values, [2, values.count / 2]).downsampled(by: [2, values.count / 2], reducer).elements(T.self)[0] }
    // halves go to the even neighbour, also below 0
    #expect(try reduced([UInt8(0), 1], .mean) == 0)
    #expect(try reduced([UInt8(1), 2], .mean) == 2)
    #expect(try reduced([UInt8(2), 3], .mean) == 2)
    #expect(try reduced([Int8(-1), -2], .mean) == -2)
    #expect(try reduced([Int8(0), -1], .mean) == 0)
    #expect(try reduced([UInt64.max, .max, .max, .max], .mean) == .max)
    #expect(try reduced([UInt64.max, 0, 0, 0], .mean) == 1 << 62)
    #expect(try reduced([Int64.min, .min], .mean) == .min)
    // of equally many the smallest, and 0 counts
    #expect(try reduced([UInt64(9), 0, 9, 0], .mode) == 0)
    #expect(try reduced([UInt64.max, .max, 1, 2], .mode) == .max)
    #expect(try reduced([Int32(-5), 3, 7, 9], .mode) == -5)
    #expect(try reduced([Float(1), .nan, 3, 2], .max).isNaN)
    #expect(try reduced([Float(1), .nan, 3, 2], .mean).isNaN)
    #expect(try reduced([UInt8(4), 7, 1, 2], .nearest) == 4)
  }

  /// Views are read as what they show.
  @Test func viewsAreReadAsTheyAre() throws {
    let whole = try NDArray((0..<60).map(UInt16.init), [3, 4, 5]), view = try whole.transposed([2, 0, 1])
    #expect(same(try view.downsampled(by: [2, 2, 2], .mean), try view.contiguous().downsampledPlainly(by: [2, 2, 2], .mean)))
  }
}
