// CRC-32C (Castagnoli, RFC 3720 B.4): four little-endian bytes of checksum after the data.
//
// Zarr v3: {"name": "crc32c"}                            https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/index.html
//          {"name": "numcodecs.crc32c", "configuration": {"location": "end"}}
// Zarr v2: {"id": "crc32c", "location": "end"}           https://numcodecs.readthedocs.io/en/stable/checksum32.html
// N5 has none. The checksum itself is in CKernels/crc32c.c.

import CKernels

extension CodecKind {
  static let crc32c = CodecKind(
    name: "crc32c", zarr2: ["crc32c"], zarr3: ["crc32c", "numcodecs.crc32c"], n5: [],
    read: { settings, _ throws(CodecFailure) in try isAtStart(settings, standard: false) ? .checksum("crc32c", atStart: true, Storage.crc32c) : .crc32c },
    words: noWords(.crc32c))
}

extension Codec {
  package static let crc32c = Codec.checksum("crc32c", atStart: false, zarr3: ["name": "crc32c"], Storage.crc32c)
}

@Sendable package func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 { dcs_crc32c(bytes.baseAddress, bytes.count) }
