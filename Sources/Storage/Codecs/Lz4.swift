// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) behind their length, by liblz4.
//
// Zarr v2: {"id": "lz4", "acceleration": 1}                            https://numcodecs.readthedocs.io/en/stable/compression/lz4.html
// Zarr v3: {"name": "numcodecs.lz4", "configuration": {"acceleration": 1}}
// Four little-endian bytes of decoded length, then one block. N5 frames its blocks in another way: Lz4Block.swift.
// Limits: 2 GB a chunk (LZ4's own).

import CLz4

extension CodecKind {
  static let lz4 = CodecKind(
    name: "lz4", zarr2: ["lz4"], zarr3: ["numcodecs.lz4"], n5: [],
    read: { settings, _ throws(CodecFailure) in .lz4(acceleration: try setting(settings, "acceleration", in: 0...Int(Int32.max), standard: 1)) },
    words: { words, _ throws(CodecFailure) in .lz4(acceleration: try level(words, in: 1...65_537, standard: 1)) })
}

extension Codec {
  /// - Parameter acceleration: 1 is best, more is faster.
  package static func lz4(acceleration: Int) -> Codec {
    Codec(
      description: "lz4 \(acceleration)",
      zarr2: ["id": "lz4", "acceleration": JSON(acceleration)],
      zarr3: ["name": "numcodecs.lz4", "configuration": ["acceleration": JSON(acceleration)]],
      n5: ["type": "lz4", "blockSize": 65536],
      expansion: 255,
      decode: decodeLz4,
      encode: { source, _ throws(CodecFailure) in try encodeLz4(source, acceleration: acceleration) })
  }
}

@Sendable private func decodeLz4(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  guard source.count >= 4 else { throw CodecFailure("it has \(source.count) bytes, the length before LZ4 data alone has 4") }
  let claimed = Int(source.loadUnaligned(as: UInt32.self).littleEndian)
  guard claimed <= target.count else { throw CodecFailure("it claims \(claimed) bytes of values, expected \(target.count)") }
  try decodeLz4Block(UnsafeRawBufferPointer(rebasing: source[4...]), into: UnsafeMutableRawBufferPointer(rebasing: target[..<claimed]))
  return claimed
}

/// Decodes a block that fills `target` to the byte.
func decodeLz4Block(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws(CodecFailure) {
  guard source.count <= Int32.max, target.count <= Int32.max else { throw CodecFailure("LZ4 takes less than 2 GiB") }
  var none: UInt8 = 0
  let count = withUnsafeMutablePointer(to: &none) { none in
    LZ4_decompress_safe(
      source.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress?.assumingMemoryBound(to: CChar.self) ?? UnsafeMutableRawPointer(none).assumingMemoryBound(to: CChar.self),
      Int32(source.count), Int32(target.count))
  }
  guard count >= 0 else { throw CodecFailure("LZ4 cannot decompress it: its data are damaged") }
  guard Int(count) == target.count else { throw CodecFailure("its LZ4 block has \(count) bytes of values, expected \(target.count)") }
}

private func encodeLz4(_ source: UnsafeRawBufferPointer, acceleration: Int) throws(CodecFailure) -> Bytes {
  guard source.count <= LZ4_MAX_INPUT_SIZE else { throw CodecFailure("LZ4 takes less than 2 GiB, the chunk has \(source.count) bytes") }
  var bytes = try encoded(capacity: 4 + Int(LZ4_compressBound(Int32(source.count))))
  let count = bytes.fill { target in
    target.storeBytes(of: UInt32(source.count).littleEndian, as: UInt32.self)
    return LZ4_compress_fast(
      source.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress.map { ($0 + 4).assumingMemoryBound(to: CChar.self) },
      Int32(source.count), Int32(target.count - 4), Int32(clamping: max(1, acceleration)))
  }
  guard count > 0 else { throw CodecFailure("LZ4 cannot compress it") }
  bytes.truncate(to: 4 + Int(count))
  return bytes
}
