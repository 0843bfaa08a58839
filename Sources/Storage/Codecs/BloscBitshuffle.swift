// Blosc 1 frames of bitshuffled Zstandard, the codec that arrays get unless told otherwise, without c-blosc: its bitshuffle takes four times as long as
// CKernels' where it is built for SSE2, and its levels of Zstandard (2 · clevel − 1) twice as long for frames 0.6 % smaller (measured on grey values of EM).
//
//   16 bytes   format 2, version of the codec 1, flags, bytes an element, then as UInt32: bytes of values, bytes a block, bytes of the frame
//   4 a block  where it begins
//   blocks     4 bytes of length, then that many: Zstandard, or the shuffled bytes as they are where that is no longer
//
// Format: https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
// Elements of a block whose number is not a multiple of 8 are not shuffled; nor are bytes after the last whole element.

import CKernels
import CZstd

/// What the 16 bytes say.
struct BloscHeader {
  static let size = 16
  var flags: UInt8, elementSize: Int, count: Int, blockSize: Int, length: Int

  /// - Parameter source: at least 16 bytes.
  init(_ source: UnsafeRawBufferPointer) {
    func word(_ offset: Int) -> Int { Int(source.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian) }
    (flags, elementSize, count, blockSize, length) = (source[2], Int(source[3]), word(4), word(8), word(12))
  }

  init(elementSize: Int, count: Int, blockSize: Int) {
    (self.elementSize, self.count, self.blockSize) = (elementSize, count, blockSize)
    (flags, length) = (Self.whole | Self.bits | Self.zstd, 0)
  }

  static let copied: UInt8 = 2, bits: UInt8 = 4, whole: UInt8 = 16, zstd: UInt8 = 4 << 5

  /// Whether `decodeBitshuffled` reads it: Zstandard, bits shuffled, blocks not split by the bytes of an element.
  var isBitshuffledZstd: Bool {
    flags & ~Self.whole == Self.bits | Self.zstd && (flags & Self.whole != 0 || elementSize == 1) && elementSize > 0 && (1...max(1, count)).contains(blockSize)
  }

  var blocks: Int { (count + blockSize - 1) / blockSize }
  /// Bytes before the first block.
  var front: Int { Self.size + 4 * blocks }
  func bytes(ofBlock block: Int) -> Int { min(blockSize, count - block * blockSize) }

  func write(to target: UnsafeMutableRawBufferPointer) {
    (target[0], target[1], target[2], target[3]) = (2, 1, flags, UInt8(elementSize))
    for (offset, word) in [(4, count), (8, blockSize), (12, length)] { target.storeBytes(of: UInt32(word).littleEndian, toByteOffset: offset, as: UInt32.self) }
  }
}

/// Decodes the blocks that hold `range`.
///
/// - Parameter target: at least `header.count` bytes.
/// - Throws: for blocks that lie outside, overlap the header or do not decode to their length.
func decodeBitshuffled(_ header: BloscHeader, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, range: Range<Int>) throws(CodecFailure) {
  guard source.count >= header.front else { throw CodecFailure("its Blosc header is not valid") }
  let scratch = try encoded(capacity: header.blockSize)
  for block in 0..<header.blocks where range.overlaps(block * header.blockSize..<block * header.blockSize + header.bytes(ofBlock: block)) {
    let start = Int(source.loadUnaligned(fromByteOffset: BloscHeader.size + 4 * block, as: Int32.self).littleEndian), bytes = header.bytes(ofBlock: block)
    guard start >= header.front, start <= source.count - 4 else { throw CodecFailure("its Blosc block \(block) lies outside") }
    let length = Int(source.loadUnaligned(fromByteOffset: start, as: Int32.self).littleEndian)
    guard length >= 0, length <= source.count - 4 - start else { throw CodecFailure("its Blosc block \(block) is cut short") }
    let packed = UnsafeRawBufferPointer(rebasing: source[start + 4..<start + 4 + length])
    let values = UnsafeMutableRawBufferPointer(rebasing: target[block * header.blockSize..<block * header.blockSize + bytes])
    if length == bytes { shuffleBits(packed, back: true, elementSize: header.elementSize, into: values); continue }
    try scratch.fill { room throws(CodecFailure) in
      let shuffled = UnsafeMutableRawBufferPointer(rebasing: room[..<bytes])
      let count = try decodeZstd(packed, shuffled)
      guard count == bytes else { throw CodecFailure("its Blosc block \(block) has \(count) bytes, expected \(bytes)") }
      shuffleBits(UnsafeRawBufferPointer(shuffled), back: true, elementSize: header.elementSize, into: values)
    }
  }
}

/// - Parameters:
///   - level: 1...9; Zstandard's own up to 8, 9 is its densest.
///   - blockSize: bytes, 0 for 256 KiB, which stays in the second cache.
func encodeBitshuffled(_ source: UnsafeRawBufferPointer, level: Int, blockSize: Int, elementSize: Int) throws(CodecFailure) -> Bytes {
  let unit = 8 * elementSize, wanted = max(unit, (blockSize > 0 ? blockSize : 256 << 10) / unit * unit)
  var header = BloscHeader(elementSize: elementSize, count: source.count, blockSize: min(wanted, source.count))
  var frame = try encoded(capacity: header.front + header.blocks * (4 + ZSTD_compressBound(header.blockSize)))
  let scratch = try encoded(capacity: header.blockSize)
  var at = header.front
  try frame.fill { target throws(CodecFailure) in
    for block in 0..<header.blocks {
      let bytes = header.bytes(ofBlock: block), from = block * header.blockSize
      let length = try scratch.fill { room throws(CodecFailure) in
        let shuffled = UnsafeMutableRawBufferPointer(rebasing: room[..<bytes])
        shuffleBits(UnsafeRawBufferPointer(rebasing: source[from..<from + bytes]), back: false, elementSize: elementSize, into: shuffled)
        let packed = UnsafeMutableRawBufferPointer(rebasing: target[(at + 4)...])
        let length = try compressZstd(UnsafeRawBufferPointer(shuffled), level: level < 9 ? level : Int(ZSTD_maxCLevel()), checksum: false, into: packed)
        if length < bytes { return length }
        packed.copyMemory(from: UnsafeRawBufferPointer(shuffled))
        return bytes
      }
      target.storeBytes(of: Int32(at).littleEndian, toByteOffset: BloscHeader.size + 4 * block, as: Int32.self)
      target.storeBytes(of: Int32(length).littleEndian, toByteOffset: at, as: Int32.self)
      at += 4 + length
    }
    if at >= BloscHeader.size + source.count {   // nothing was gained
      header.flags |= BloscHeader.copied
      at = BloscHeader.size + source.count
      UnsafeMutableRawBufferPointer(rebasing: target[BloscHeader.size...]).copyMemory(from: source)
    }
    header.length = at
    header.write(to: target)
  }
  frame.truncate(to: at)
  return frame
}

/// `target` has the length of `source`.
private func shuffleBits(_ source: UnsafeRawBufferPointer, back: Bool, elementSize: Int, into target: UnsafeMutableRawBufferPointer) {
  let elements = source.count / elementSize, whole = elements % 8 == 0 ? elements * elementSize : 0
  if whole > 0, let from = source.baseAddress?.assumingMemoryBound(to: UInt8.self), let to = target.baseAddress?.assumingMemoryBound(to: UInt8.self) {
    if back { dcs_bits_together(from, Int64(elements), Int64(elementSize), to) } else { dcs_bits_apart(from, Int64(elements), Int64(elementSize), to) }
  }
  UnsafeMutableRawBufferPointer(rebasing: target[whole...]).copyMemory(from: UnsafeRawBufferPointer(rebasing: source[whole...]))
}
