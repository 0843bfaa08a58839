// PNG (ISO/IEC 15948): signature, IHDR, one IDAT of zlib data, IEND; 8-bit RGB, filter "up" on every row.
// Checked by a decoder written from the specification, in DisplayTests.

import CZlib

extension Image {
  /// The bytes of a PNG file.
  package func png() -> [UInt8] {
    var raw: [UInt8] = []
    raw.reserveCapacity(height * (1 + 3 * width))
    for y in 0..<height {
      raw.append(2)
      for i in 0..<(3 * width) { raw.append(pixels[y * 3 * width + i] &- (y > 0 ? pixels[(y - 1) * 3 * width + i] : 0)) }
    }
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    bytes += chunk("IHDR", bigEndian(UInt32(clamping: width)) + bigEndian(UInt32(clamping: height)) + [8, 2, 0, 0, 0])
    bytes += chunk("IDAT", deflated(raw))
    bytes += chunk("IEND", [])
    return bytes
  }

  private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    let checksum = UInt32(truncatingIfNeeded: crc32(0, body, UInt32(clamping: body.count)))
    return bigEndian(UInt32(clamping: data.count)) + body + bigEndian(checksum)
  }

  private func deflated(_ raw: [UInt8]) -> [UInt8] {
    var length = compressBound(UInt(raw.count))
    var out = [UInt8](repeating: 0, count: Int(length))
    guard compress2(&out, &length, raw, UInt(raw.count), 6) == Z_OK else { return [] }
    return Array(out.prefix(Int(length)))
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }
}
