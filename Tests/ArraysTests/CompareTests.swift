import Arrays
import TestSupport
import Testing

@Suite struct CompareTests {
  @Test func samenessIsOfValues() throws {
    let a = try NDArray([1, 2, 3] as [UInt8], [3])
    #expect(try a.isSame(as: a.cast(to: .float32)))
    #expect(try !a.isIdentical(to: a.cast(to: .float32)))
    #expect(try !a.isSame(as: a.reshaped([3, 1])))
    #expect(try !NDArray([Double.nan], [1]).isSame(as: NDArray([Double.nan], [1])))
    #expect(try NDArray([Double.nan], [1]).isIdentical(to: NDArray([Double.nan], [1])))
    // 2⁵³ + 1 has no double: equal only if compared through one.
    #expect(try !NDArray([Int64(1 << 53) + 1], [1]).isSame(as: NDArray([0x1p53], [1])))
    #expect(try NDArray([UInt64.max], [1]).isSame(as: NDArray([UInt64.max], [1])))
    #expect(try !NDArray([UInt64.max], [1]).isSame(as: NDArray([Int64(-1)], [1])))
  }

  @Test(arguments: DType.allCases) func minMaxOfEveryType(_ dtype: DType) throws {
    for count in [1, 2, 3, 257] {
      let a = try randomArray(dtype, [count], seed: 9), values = try (0..<count).map { try a.exact($0).double }
      let (low, high) = try a.minMax()
      #expect(low.double == values.min() && high.double == values.max(), "\(dtype) \(count)")
    }
    #expect(throws: ArrayError.empty("min and max")) { try NDArray(dtype, [0]).minMax() }
  }

  @Test func minMaxPropagateNaN() throws {
    let (low, high) = try NDArray([1, Float.nan, 3], [3]).minMax()
    #expect(low.double.isNaN && high.double.isNaN)
  }

  @Test(arguments: [DType.bool, .uint8, .int16, .uint64, .float16, .float32]) func argmaxOverEveryAxis(_ dtype: DType) throws {
    for shape in [[1, 1, 1], [2, 3, 5], [4, 1, 7], [3, 0, 2]] {
      let a = try randomArray(dtype, shape, seed: 4)
      for axis in 0..<3 where shape[axis] > 0 {
        let found = try a.argmax(axis: axis).elements(UInt8.self)
        let others = (0..<3).filter { $0 != axis }
        var at = 0
        for i in 0..<shape[others[0]] {
          for j in 0..<shape[others[1]] {
            var best = -Double.infinity, index = 0
            for k in 0..<shape[axis] {
              var voxel = [0, 0, 0]
              (voxel[axis], voxel[others[0]], voxel[others[1]]) = (k, i, j)
              let value = try a.exactAt(voxel).double
              if value > best { (best, index) = (value, k) }
            }
            #expect(Int(found[at]) == index)
            at += 1
          }
        }
        #expect(at == found.count)
      }
    }
    #expect(throws: ArrayError.empty("argmax")) { try NDArray(dtype, [2, 0]).argmax(axis: 1) }
    #expect(try NDArray(dtype, [300, 2]).argmax(axis: 0).dtype == .uint32)
  }

  @Test func argmaxTakesTheFirstNaN() throws {
    #expect(try NDArray([1, Float.nan, 9, .nan], [4]).argmax(axis: 0).elements(UInt8.self) == [1])
  }
}

extension NDArray {
  func exactAt(_ voxel: [Int]) throws -> Scalar { try slice(offset: voxel, shape: voxel.map { _ in 1 }).contiguous().reshaped([1]).exact(0) }
}
