// bzip2 (https://sourceware.org/bzip2), by libbz2: slow, small.
//
// Zarr v2: {"id": "bz2", "level": 9}                                  https://numcodecs.readthedocs.io/en/stable/compression/bz2.html
// Zarr v3: {"name": "numcodecs.bz2", "configuration": {"level": 9}}
// N5:      {"type": "bzip2", "blockSize": 8}                          https://github.com/saalfeldlab/n5#readme
// The level is the size of its blocks in 100 kB. Several streams after each other decode as one.

import CBzip2

extension CodecKind {
  static let bz2 = CodecKind(
    name: "bz2", zarr2: ["bz2"], zarr3: ["numcodecs.bz2", "bz2"], n5: ["bzip2"],
    read: { settings, _ throws(CodecFailure) in
      if settings["blockSize"] != nil { return .bz2(level: try setting(settings, "blockSize", in: 1...9, standard: 8)) }
      return .bz2(level: try setting(settings, "level", in: 1...9, standard: settings["type"] == nil ? 1 : 8))
    },
    words: { words, _ throws(CodecFailure) in .bz2(level: try level(words, in: 1...9, standard: 9)) })
}

extension Codec {
  package static func bz2(level: Int) -> Codec {
    Codec(
      description: "bz2 \(level)",
      zarr2: ["id": "bz2", "level": JSON(level)],
      zarr3: ["name": "numcodecs.bz2", "configuration": ["level": JSON(level)]],
      n5: ["type": "bzip2", "blockSize": JSON(level)],
      expansion: 1_200_000,   // 45.9 MB of zeros are one block, of 46 bytes: runs of 255 are 5 bytes of its 900,000
      decode: decodeBz2,
      encode: { source, _ throws(CodecFailure) in try encodeBz2(source, level: level) })
  }
}

@Sendable private func decodeBz2(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  var stream = bz_stream()
  guard BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK else { throw CodecFailure.noMemory("bzip2") }
  defer { BZ2_bzDecompressEnd(&stream) }
  return try decompress("bzip2", source, into: target, restart: { () throws(CodecFailure) in
    BZ2_bzDecompressEnd(&stream)
    stream = bz_stream()
    guard BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK else { throw CodecFailure.noMemory("bzip2") }
  }) { input, output throws(CodecFailure) in
    give(input, output, to: &stream)
    let status = BZ2_bzDecompress(&stream)
    guard status == BZ_OK || status == BZ_STREAM_END else { throw CodecFailure("bzip2: \(text(status))", isMemory: status == BZ_MEM_ERROR) }
    return DecompressionStep(took: input.count - Int(stream.avail_in), gave: output.count - Int(stream.avail_out), ended: status == BZ_STREAM_END)
  }
}

private func encodeBz2(_ source: UnsafeRawBufferPointer, level: Int) throws(CodecFailure) -> Bytes {
  var stream = bz_stream()
  guard BZ2_bzCompressInit(&stream, Int32(clamping: level), 0, 0) == BZ_OK else { throw CodecFailure.noMemory("bzip2") }
  defer { BZ2_bzCompressEnd(&stream) }
  var bytes = try encoded(capacity: source.count + source.count / 64 + 1024)   // at most 1 % and 600 bytes more
  let written = try bytes.fill { target throws(CodecFailure) in
    let window = 1 << 30
    var read = 0, written = 0
    while true {
      let input = UnsafeRawBufferPointer(rebasing: source[read..<min(source.count, read + window)])
      let output = UnsafeMutableRawBufferPointer(rebasing: target[written..<min(target.count, written + window)])
      give(input, output, to: &stream)
      let status = BZ2_bzCompress(&stream, read + input.count == source.count ? BZ_FINISH : BZ_RUN)
      read += input.count - Int(stream.avail_in)
      written += output.count - Int(stream.avail_out)
      if status == BZ_STREAM_END { return written }
      guard status == BZ_RUN_OK || status == BZ_FINISH_OK, written < target.count else { throw CodecFailure("bzip2: \(text(status))", isMemory: status == BZ_MEM_ERROR) }
    }
  }
  bytes.truncate(to: written)
  return bytes
}

private func give(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, to stream: inout bz_stream) {
  // the library only reads what `next_in` points at
  stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
  stream.avail_in = UInt32(input.count)
  stream.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
  stream.avail_out = UInt32(output.count)
}

private func text(_ status: Int32) -> String {
  switch status {
  case BZ_DATA_ERROR: "its data are damaged"
  case BZ_DATA_ERROR_MAGIC: "it is not bzip2 data"
  case BZ_MEM_ERROR: "no memory"
  default: "error \(status)"
  }
}
