/// A 64-bit hash that is the same in every process and version: FNV-1a, then the finaliser of SplitMix64 so that all bits differ.
///
/// For identity of plans and damage of journals, never against malice: plans are compared by their text.
package struct StableHash: Sendable {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func add(_ bytes: some Sequence<UInt8>) { for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 } }
  package mutating func add(_ text: String) { add(text.utf8) }
  package mutating func add(_ value: UInt64) { for shift in stride(from: 0, to: 64, by: 8) { state = (state ^ (value >> UInt64(shift) & 0xff)) &* 0x100_0000_01b3 } }

  /// Eight bytes a step: for arrays.
  package mutating func add(words bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset + 8 <= bytes.count {
      state = (state ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
      state ^= state >> 29
      offset += 8
    }
    add(bytes[offset...])
    add(UInt64(bytes.count))
  }

  package var value: UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// 16 hexadecimal digits.
  package var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
