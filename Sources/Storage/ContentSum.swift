// What an array holds, as a number that is made while it is written: equal voxels in equal chunks give equal numbers, whatever the threads and the order.
//
// The sum over all chunks of a hash of the chunk's place and its elements (64 bits; four lanes of xor, multiply, shift, then the finaliser of SplitMix64),
// known once every voxel was written once in whole chunks. It tells writings apart, and is no defence against malice.
// Floor: each element is looked at once while it is in the cache, 8 bytes a step; about 8 GB/s a thread.

import Synchronization

final class ContentSum: Sendable {
  private let sum = Atomic<UInt64>(0)
  private let voxels = Atomic<Int>(0)
  private let isSpoiled = Atomic<Bool>(false)

  /// A chunk that is written whole. - Parameter inner: its number in the shard `unit`. - Parameter voxels: of it that lie in the array.
  func add(_ unit: [Int], inner: Int = 0, _ elements: UnsafeRawBufferPointer, voxels count: Int) {
    sum.wrappingAdd(Self.hash(elements, place: unit.reduce(UInt64(truncatingIfNeeded: inner)) { ($0 ^ UInt64(truncatingIfNeeded: $1)) &* 0x9e37_79b9_7f4a_7c15 }), ordering: .relaxed)
    voxels.wrappingAdd(count, ordering: .relaxed)
  }

  /// A part of a chunk was written: what the array holds is not known from what was seen.
  func spoil() { isSpoiled.store(true, ordering: .relaxed) }

  /// 16 hexadecimal digits; nil unless each of so many voxels was seen once.
  func text(voxels count: Int) -> String? {
    guard !isSpoiled.load(ordering: .relaxed), voxels.load(ordering: .relaxed) == count else { return nil }
    let digits = String(sum.load(ordering: .relaxed), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func hash(_ bytes: UnsafeRawBufferPointer, place: UInt64) -> UInt64 {
    let odd: UInt64 = 0x9e37_79b9_7f4a_7c15
    var a = place ^ 0xcbf2_9ce4_8422_2325, b = place ^ 0x517c_c1b7_2722_0a95, c = place ^ 0x2545_f491_4f6c_dd1d, d = place ^ 0x1656_67b1_9e37_79f9
    var at = 0
    if let base = bytes.baseAddress {
      func word(_ offset: Int) -> UInt64 { (base + offset).loadUnaligned(as: UInt64.self) }
      while at + 32 <= bytes.count {
        a = (a ^ word(at)) &* odd; a ^= a >> 29
        b = (b ^ word(at + 8)) &* odd; b ^= b >> 29
        c = (c ^ word(at + 16)) &* odd; c ^= c >> 29
        d = (d ^ word(at + 24)) &* odd; d ^= d >> 29
        at += 32
      }
    }
    for byte in bytes[at...] { a = (a ^ UInt64(byte)) &* odd; a ^= a >> 29 }
    var z = a ^ UInt64(truncatingIfNeeded: bytes.count)
    for lane in [b, c, d] { z = (z ^ lane) &* odd; z ^= z >> 31 }
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
