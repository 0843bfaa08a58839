// CRC-32C (Castagnoli, RFC 3720 B.4): four little-endian bytes of checksum after the data.
//
// Zarr v3: {"name": "crc32c"}      https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html
// Zarr v2 and N5 have none.

extension CodecKind {
  static let crc32c = CodecKind(name: "crc32c", zarr2: [], zarr3: ["crc32c", "numcodecs.crc32c"], n5: [], read: { _, _ in .crc32c }, words: { _ in .crc32c })
}

extension Codec {
  package static let crc32c = Codec(
    description: "crc32c", zarr2: nil, zarr3: ["name": "crc32c"], n5: nil,
    decode: { source, target throws(CodecFailure) in
      guard source.count >= 4 else { throw CodecFailure("it has \(source.count) bytes, a checksum alone has 4") }
      let count = source.count - 4
      guard count <= target.count else { throw CodecFailure("it has \(count) bytes before its checksum, expected \(target.count)") }
      let stored = source.loadUnaligned(fromByteOffset: count, as: UInt32.self).littleEndian
      let data = UnsafeRawBufferPointer(rebasing: source[..<count])
      guard Storage.crc32c(data) == stored else { throw CodecFailure("its checksum (CRC-32C) does not match") }
      target.copyMemory(from: data)
      return count
    },
    encode: { source, _ throws(CodecFailure) in
      let bytes = try encoded(capacity: source.count + 4)
      bytes.fill {
        $0.copyMemory(from: source)
        $0.storeBytes(of: Storage.crc32c(source).littleEndian, toByteOffset: source.count, as: UInt32.self)
      }
      return bytes
    })
}

/// Reflected polynomial 0x1EDC6F41, one table look-up a byte.
package func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var crc = UInt32.max
  table.withUnsafeBufferPointer { table in
    for byte in bytes { crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
  }
  return ~crc
}

private let table: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
}
