// The LZ4 frames of Java (net.jpountz.lz4.LZ4BlockOutputStream), as N5 writes them. They are not those of the lz4 command.
//
// N5: {"type": "lz4", "blockSize": 65536}    https://github.com/saalfeldlab/n5#readme, https://github.com/lz4/lz4-java
// A frame: "LZ4Block", one byte of token, then uint32 little-endian: bytes stored, bytes decoded, checksum; then what is stored.
// token      high four bits: 1 as it is, 2 an LZ4 block; low four bits: log2 of the largest frame, less 10
// checksum   xxHash32 of the decoded bytes with seed 0x9747B28C, its upper four bits cleared
// The end is a frame without bytes and with checksum 0.

import CKernels
import CLz4

extension CodecKind {
  static let lz4block = CodecKind(
    name: "lz4block", zarr2: [], zarr3: [], n5: ["lz4"],
    read: { settings, _ throws(CodecFailure) in .lz4block(blockSize: try setting(settings, "blockSize", in: 64...(32 << 20), standard: 65536)) },
    words: { words, _ throws(CodecFailure) in .lz4block(blockSize: try level(words, in: 64...(32 << 20), standard: 65536)) })
}

extension Codec {
  package static func lz4block(blockSize: Int) -> Codec {
    Codec(
      description: "lz4block \(blockSize)", zarr2: nil, zarr3: nil, n5: ["type": "lz4", "blockSize": JSON(blockSize)],
      expansion: 255,
      decode: decodeFrames,
      encode: { source, _ throws(CodecFailure) in try encodeFrames(source, blockSize: blockSize) })
  }
}

private let magic = Array("LZ4Block".utf8), headerSize = 21
private let asItIs: UInt8 = 0x10, compressed: UInt8 = 0x20

private func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 { dcs_xxh32(bytes.baseAddress, bytes.count, 0x9747_B28C) & 0x0FFF_FFFF }

@Sendable private func decodeFrames(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  var read = 0, written = 0
  while true {
    guard source.count - read >= headerSize else { throw CodecFailure("the compressed data end after \(written) of \(target.count) bytes") }
    guard source[read..<(read + 8)].elementsEqual(magic) else { throw CodecFailure("there is no LZ4 frame of Java at byte \(read)") }
    func integer(_ offset: Int) -> Int { Int(source.loadUnaligned(fromByteOffset: read + offset, as: UInt32.self).littleEndian) }
    let method = source[read + 8] & 0xF0, largest = 1 << (10 + Int(source[read + 8] & 0x0F))
    let stored = integer(9), count = integer(13), sum = integer(17)
    let isSound = count <= largest && (count == 0) == (stored == 0) && (method == compressed || (method == asItIs && stored == count))
    guard isSound else { throw CodecFailure("the header of the LZ4 frame at byte \(read) is not valid") }
    read += headerSize
    if count == 0 {
      guard sum == 0 else { throw CodecFailure("the end mark of its LZ4 frames has a checksum") }
      guard read == source.count else { throw CodecFailure("\(source.count - read) bytes follow the end of its LZ4 frames") }
      return written
    }
    guard stored <= source.count - read else { throw CodecFailure("the compressed data end after \(written) of \(target.count) bytes") }
    guard count <= target.count - written else { throw CodecFailure("it decodes to more than the expected \(target.count) bytes") }
    let input = UnsafeRawBufferPointer(rebasing: source[read..<(read + stored)]), output = UnsafeMutableRawBufferPointer(rebasing: target[written..<(written + count)])
    if method == asItIs { output.copyMemory(from: input) } else { try decodeLz4Block(input, into: output) }
    guard checksum(UnsafeRawBufferPointer(output)) == sum else { throw CodecFailure("the checksum of the LZ4 frame at byte \(read - headerSize) does not match") }
    (read, written) = (read + stored, written + count)
  }
}

private func encodeFrames(_ source: UnsafeRawBufferPointer, blockSize: Int) throws(CodecFailure) -> Bytes {
  let frames = (source.count + blockSize - 1) / blockSize
  var bytes = try encoded(capacity: source.count + (frames + 1) * headerSize)
  let level = UInt8(max(0, Int.bitWidth - (blockSize - 1).leadingZeroBitCount - 10))
  let count = bytes.fill { target in
    var written = 0
    func header(_ method: UInt8, stored: Int, count: Int, sum: UInt32) {
      target[written..<(written + 8)].copyBytes(from: magic)
      target[written + 8] = method | level
      for (offset, value) in [(9, UInt32(stored)), (13, UInt32(count)), (17, sum)] { target.storeBytes(of: value.littleEndian, toByteOffset: written + offset, as: UInt32.self) }
      written += headerSize
    }
    for begin in stride(from: 0, to: source.count, by: blockSize) {
      let input = UnsafeRawBufferPointer(rebasing: source[begin..<min(source.count, begin + blockSize)])
      // a block that would not shrink is stored as it is
      let output = UnsafeMutableRawBufferPointer(rebasing: target[(written + headerSize)..<(written + headerSize + input.count)])
      let size = Int(LZ4_compress_default(
        input.baseAddress?.assumingMemoryBound(to: CChar.self), output.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(input.count), Int32(input.count - 1)))
      if size <= 0 { output.copyMemory(from: input) }
      header(size > 0 ? compressed : asItIs, stored: size > 0 ? size : input.count, count: input.count, sum: checksum(input))
      written += size > 0 ? size : input.count
    }
    header(asItIs, stored: 0, count: 0, sum: 0)
    return written
  }
  bytes.truncate(to: count)
  return bytes
}
