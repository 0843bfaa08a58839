// SHA-256 and HMAC, for signatures of requests.
//
// Specification: FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4; HMAC: RFC 2104.
// Checked against the examples of FIPS 180-4 and RFC 4231, and against Python's hashlib.

package enum SHA256 {
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var state = initial
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      var offset = 0
      while offset + 64 <= bytes.count {
        mix(&state, UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + 64)]), schedule)
        offset += 64
      }
      // the rest, a one bit, zeros, and the length in bits
      var tail = Array(bytes[offset...]) + [0x80]
      tail += [UInt8](repeating: 0, count: (120 - tail.count % 64) % 64)
      let bits = UInt64(truncatingIfNeeded: bytes.count) &* 8
      tail += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
      tail.withUnsafeBytes { tail in
        for block in stride(from: 0, to: tail.count, by: 64) { mix(&state, UnsafeRawBufferPointer(rebasing: tail[block..<(block + 64)]), schedule) }
      }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
  }

  package static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }
  package static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }

  /// RFC 2104 with blocks of 64 bytes.
  package static func hmac(_ key: [UInt8], _ message: String) -> [UInt8] {
    var key = key.count > 64 ? hash(key) : key
    key += [UInt8](repeating: 0, count: 64 - key.count)
    return hash(key.map { $0 ^ 0x5c } + hash(key.map { $0 ^ 0x36 } + Array(message.utf8)))
  }

  package static func hexText(_ bytes: [UInt8]) -> String { bytes.map { hex($0) }.joined() }

  private static func mix(_ state: inout [UInt32], _ block: UnsafeRawBufferPointer, _ w: UnsafeMutableBufferPointer<UInt32>) {
    for i in 0..<16 { w[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
    for i in 16..<64 {
      let a = w[i - 15], b = w[i - 2]
      let s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3), s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
      w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
    }
    var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7])
    rounds.withUnsafeBufferPointer { rounds in
      for i in 0..<64 {
        let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choice = (e & f) ^ (~e & g)
        let first = h &+ s1 &+ choice &+ rounds[i] &+ w[i]
        let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = (a & b) ^ (a & c) ^ (b & c)
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ s0 &+ majority)
      }
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ word }
  }

  @inline(__always) private static func rotate(_ x: UInt32, _ by: UInt32) -> UInt32 { (x >> by) | (x << (32 - by)) }

  /// The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64.
  private static let initial: [UInt32] = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19]
  private static let rounds: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be,
    0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa,
    0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85,
    0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3,
    0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f,
    0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
