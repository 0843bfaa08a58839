// DEFLATE (RFC 1951) in a gzip (RFC 1952) or zlib (RFC 1950) wrapper, by libdeflate; what it refuses, zlib looks at again and explains.
//
// Zarr v2: {"id": "gzip", "level": 5}, {"id": "zlib", "level": 1}    https://numcodecs.readthedocs.io/en/stable/compression/gzip.html
// Zarr v3: {"name": "gzip", "configuration": {"level": 5}}           https://zarr-specs.readthedocs.io/en/latest/v3/codecs/gzip/index.html
//          {"name": "numcodecs.zlib", "configuration": {"level": 1}}
// N5:      {"type": "gzip", "useZlib": false, "level": -1}           https://github.com/saalfeldlab/n5#readme
// Deviation: reading takes either wrapper whatever the metadata say, as writers disagree; several gzip members decode as one.

import CDeflate
import CZlib

extension CodecKind {
  static let gzip = CodecKind(
    name: "gzip", zarr2: ["gzip"], zarr3: ["gzip", "numcodecs.gzip"], n5: ["gzip"],
    read: { settings, _ throws(CodecFailure) in
      let level = try setting(settings, "level", in: -1...9, standard: -1)
      return settings["useZlib"]?.bool == true ? .zlib(level: level) : .gzip(level: level)
    },
    words: { words, _ throws(CodecFailure) in .gzip(level: try level(words, in: 0...9, standard: 5)) })

  static let zlib = CodecKind(
    name: "zlib", zarr2: ["zlib"], zarr3: ["numcodecs.zlib", "zlib"], n5: [],
    read: { settings, _ throws(CodecFailure) in .zlib(level: try setting(settings, "level", in: -1...9, standard: 1)) },
    words: { words, _ throws(CodecFailure) in .zlib(level: try level(words, in: 0...9, standard: 5)) })
}

extension Codec {
  package static func gzip(level: Int) -> Codec {
    Codec(
      description: level < 0 ? "gzip" : "gzip \(level)",
      zarr2: ["id": "gzip", "level": JSON(level)],
      zarr3: ["name": "gzip", "configuration": ["level": JSON(level < 0 ? 6 : level)]],
      n5: ["type": "gzip", "useZlib": false, "level": JSON(level)],
      expansion: 1032,   // 258 bytes for two bits
      decode: inflate,
      encode: { source, _ throws(CodecFailure) in try deflate(source, level: level, libdeflate_gzip_compress_bound, libdeflate_gzip_compress) })
  }

  package static func zlib(level: Int) -> Codec {
    Codec(
      description: level < 0 ? "zlib" : "zlib \(level)",
      zarr2: ["id": "zlib", "level": JSON(level)],
      zarr3: ["name": "numcodecs.zlib", "configuration": ["level": JSON(level)]],
      n5: ["type": "gzip", "useZlib": true, "level": JSON(level)],
      expansion: 1032,   // 258 bytes for two bits
      decode: inflate,
      encode: { source, _ throws(CodecFailure) in try deflate(source, level: level, libdeflate_zlib_compress_bound, libdeflate_zlib_compress) })
  }
}

private let decompressors = Spares { libdeflate_alloc_decompressor() }
private let compressors = (0...9).map { level in Spares { libdeflate_alloc_compressor(Int32(level)) } }

@Sendable private func inflate(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  let count = try decompressors.with("libdeflate") { decompressor throws(CodecFailure) -> Int? in
    var read = 0, written = 0
    repeat {
      let piece = UnsafeRawBufferPointer(rebasing: source[read...]), room = UnsafeMutableRawBufferPointer(rebasing: target[written...])
      let isGzip = piece.count >= 2 && piece[0] == 0x1F && piece[1] == 0x8B
      let decode = isGzip ? libdeflate_gzip_decompress_ex : libdeflate_zlib_decompress_ex
      var took = 0, gave = 0
      switch decode(decompressor, piece.baseAddress, piece.count, room.baseAddress, room.count, &took, &gave) {
      case LIBDEFLATE_SUCCESS: (read, written) = (read + took, written + gave)
      case LIBDEFLATE_INSUFFICIENT_SPACE: throw CodecFailure("it decodes to more than the expected \(target.count) bytes")
      default: return nil
      }
    } while read < source.count
    return written
  }
  if let count { return count }
  return try inflateByZlib(source, target)
}

private func inflateByZlib(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  var stream = z_stream()
  guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw CodecFailure.noMemory("zlib") }
  defer { inflateEnd(&stream) }
  return try decompress("zlib", source, into: target, restart: { () throws(CodecFailure) in
    guard inflateReset(&stream) == Z_OK else { throw CodecFailure("zlib: cannot start the next member") }
  }) { input, output throws(CodecFailure) in
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(output.count)
    let status = CZlib.inflate(&stream, Z_NO_FLUSH)
    guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status) else { throw CodecFailure("zlib: \(stream.msg.map { String(cString: $0) } ?? "error \(status)")") }
    return DecompressionStep(took: input.count - Int(stream.avail_in), gave: output.count - Int(stream.avail_out), ended: status == Z_STREAM_END)
  }
}

private func deflate(
  _ source: UnsafeRawBufferPointer, level: Int, _ bound: (OpaquePointer?, Int) -> Int,
  _ compress: (OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int) -> Int
) throws(CodecFailure) -> Bytes {
  try compressors[level < 0 ? 6 : min(level, 9)].with("libdeflate") { compressor throws(CodecFailure) in
    var bytes = try encoded(capacity: bound(compressor, source.count))
    let count = bytes.fill { compress(compressor, source.baseAddress, source.count, $0.baseAddress, $0.count) }
    guard count > 0 else { throw CodecFailure("libdeflate cannot compress it") }
    bytes.truncate(to: count)
    return bytes
  }
}
