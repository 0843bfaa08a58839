import Arrays
import Storage
import TestSupport
import Testing

@Suite struct NpyTests {
  private func parse(_ header: String, _ elements: [UInt8], version: UInt8 = 1) throws -> NDArray {
    let length = header.utf8.count
    let lengthBytes: [UInt8] = version == 1 ? [UInt8(length & 255), UInt8(length >> 8)] : [UInt8(length & 255), UInt8(length >> 8), 0, 0]
    let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(header.utf8) + elements
    return try bytes.withUnsafeBytes { try Npy.parse($0, of: "x.npy") }
  }

  @Test(arguments: DType.allCases) func everyTypeComesBack(dtype: DType) throws {
    for shape in [[], [0], [1], [7], [2, 3], [3, 0, 2], [2, 3, 4]] {
      let array = try randomArray(dtype, shape)
      let bytes = try Npy.encode(array).array
      #expect((bytes.count - array.byteCount) % 64 == 0)
      #expect(try sameBits(try bytes.withUnsafeBytes { try Npy.parse($0, of: "x") }, array))
    }
  }

  @Test func ordersVersionsAndQuotes() throws {
    #expect(try parse("{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3), }", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]).elements(UInt16.self) == [1, 3, 5, 2, 4, 6])
    #expect(try parse("{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (3,)}", [1, 2, 3], version: 2).elements(UInt8.self) == [1, 2, 3])
    #expect(try parse("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", [0, 9], version: 3).elements(Bool.self) == [false, true])
  }

  @Test(arguments: [
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (3,)}", 5), ("{'descr': '<u2', 'fortran_order': False, 'shape': (3,)}", 7),
    ("{'descr': '<u2', 'fortran_order': False, 'shape': (9223372036854775807, 4)}", 4), ("{'descr': '<u2', 'fortran_order': False, 'shape': (-3,)}", 6), ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8),
    ("{'descr': '<u2', 'fortran_order': False}", 2), ("", 2), ("{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (1,)}", 2),
  ])
  func badHeadersAreRefused(header: String, count: Int) {
    #expect(throws: StorageError.self) { try parse(header, [UInt8](repeating: 0, count: count)) }
  }

  @Test func everyCutIsRefused() throws {
    let whole = try Npy.encode(try randomArray(.int16, [3, 4])).array
    for length in 0..<whole.count { #expect(throws: StorageError.self) { try whole[..<length].withUnsafeBytes { try Npy.parse($0, of: "x") } } }
  }
}
