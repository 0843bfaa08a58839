// MD5, for the Content-MD5 that deleting many objects at once demands. Protects nothing else.
//
// Specification: RFC 1321. Checked against its examples.

package enum MD5 {
  package static func hash(_ message: [UInt8]) -> [UInt8] {
    var bytes = message + [0x80]
    bytes += [UInt8](repeating: 0, count: (120 - bytes.count % 64) % 64)
    let bits = UInt64(truncatingIfNeeded: message.count) &* 8
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
    var (a0, b0, c0, d0): (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
    bytes.withUnsafeBytes { bytes in
      for block in stride(from: 0, to: bytes.count, by: 64) {
        var (a, b, c, d) = (a0, b0, c0, d0)
        for i in 0..<64 {
          var (mixed, word): (UInt32, Int)
          switch i / 16 {
          case 0: (mixed, word) = ((b & c) | (~b & d), i)
          case 1: (mixed, word) = ((d & b) | (~d & c), (5 * i + 1) % 16)
          case 2: (mixed, word) = (b ^ c ^ d, (3 * i + 5) % 16)
          default: (mixed, word) = (c ^ (b | ~d), (7 * i) % 16)
          }
          mixed = mixed &+ a &+ sines[i] &+ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: block + 4 * word, as: UInt32.self))
          let shift = shifts[i / 16 * 4 + i % 4]
          (a, d, c, b) = (d, c, b, b &+ ((mixed << shift) | (mixed >> (32 - shift))))
        }
        (a0, b0, c0, d0) = (a0 &+ a, b0 &+ b, c0 &+ c, d0 &+ d)
      }
    }
    return [a0, b0, c0, d0].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
  }

  package static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let piece = bytes[start..<min(start + 3, bytes.count)]
      let bits = piece.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - piece.count))
      for place in 0..<4 { text.append(place <= piece.count ? digits[bits >> (18 - 6 * place) & 63] : "=") }
    }
    return text
  }

  private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
  /// ⌊2³² · |sin(i + 1)|⌋
  private static let sines: [UInt32] = (0..<64).map { UInt32(abs(sin(Double($0 + 1))) * 0x1p32) }
}

import Glibc
