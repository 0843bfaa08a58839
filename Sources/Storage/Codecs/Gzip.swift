// DEFLATE (RFC 1951) in a gzip (RFC 1952) or zlib (RFC 1950) wrapper, by zlib.
//
// Zarr v2: {"id": "gzip", "level": 5}, {"id": "zlib", "level": 1}    https://numcodecs.readthedocs.io/en/stable/compression/gzip.html
// Zarr v3: {"name": "gzip", "configuration": {"level": 5}}           https://zarr-specs.readthedocs.io/en/latest/v3/codecs/gzip/index.html
//          {"name": "numcodecs.zlib", "configuration": {"level": 1}}
// N5:      {"type": "gzip", "useZlib": false, "level": -1}           https://github.com/saalfeldlab/n5#readme
// Deviation: reading takes either wrapper whatever the metadata say, as writers disagree; several gzip members decode as one.

import CZlib

extension CodecKind {
  static let gzip = CodecKind(
    name: "gzip", zarr2: ["gzip"], zarr3: ["gzip"], n5: ["gzip"],
    read: { settings, _ throws(CodecFailure) in
      let level = try setting(settings, "level", in: -1...9, standard: -1)
      return settings["useZlib"]?.bool == true ? .zlib(level: level) : .gzip(level: level)
    },
    words: { words throws(CodecFailure) in .gzip(level: try level(words, in: 0...9, standard: 5)) })

  static let zlib = CodecKind(
    name: "zlib", zarr2: ["zlib"], zarr3: ["numcodecs.zlib", "zlib"], n5: [],
    read: { settings, _ throws(CodecFailure) in .zlib(level: try setting(settings, "level", in: -1...9, standard: 1)) },
    words: { words throws(CodecFailure) in .zlib(level: try level(words, in: 0...9, standard: 5)) })
}

extension Codec {
  package static func gzip(level: Int) -> Codec {
    Codec(
      description: level < 0 ? "gzip" : "gzip \(level)",
      zarr2: ["id": "gzip", "level": JSON(level)],
      zarr3: ["name": "gzip", "configuration": ["level": JSON(level < 0 ? 6 : level)]],
      n5: ["type": "gzip", "useZlib": false, "level": JSON(level)],
      decode: inflate,
      encode: { source, _ throws(CodecFailure) in try deflate(source, level: level, windowBits: 15 + 16) })
  }

  package static func zlib(level: Int) -> Codec {
    Codec(
      description: level < 0 ? "zlib" : "zlib \(level)",
      zarr2: ["id": "zlib", "level": JSON(level)],
      zarr3: ["name": "numcodecs.zlib", "configuration": ["level": JSON(level)]],
      n5: ["type": "gzip", "useZlib": true, "level": JSON(level)],
      decode: inflate,
      encode: { source, _ throws(CodecFailure) in try deflate(source, level: level, windowBits: 15) })
  }
}

private let window = 1 << 30   // zlib counts in 32 bits; longer buffers are handed over piece by piece

@Sendable private func inflate(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  var stream = z_stream()
  guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw CodecFailure("no memory for zlib") }
  defer { inflateEnd(&stream) }
  var read = 0, written = 0, spare: UInt8 = 0
  while true {
    let full = written == target.count
    let piece = min(source.count - read, window), room = full ? 1 : min(target.count - written, window)
    let status = withUnsafeMutablePointer(to: &spare) { spare in
      stream.next_in = source.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) }
      stream.avail_in = UInt32(piece)
      // Once the target is full the end of the stream must follow; one spare byte shows if more data come instead.
      stream.next_out = full ? spare : target.baseAddress.map { ($0 + written).assumingMemoryBound(to: UInt8.self) }
      stream.avail_out = UInt32(room)
      return CZlib.inflate(&stream, Z_NO_FLUSH)
    }
    let took = piece - Int(stream.avail_in), gave = room - Int(stream.avail_out)
    read += took
    if full && gave > 0 { throw CodecFailure("it decodes to more than the expected \(target.count) bytes") }
    written += gave
    switch status {
    case Z_STREAM_END:
      if read == source.count { return written }
      guard inflateReset(&stream) == Z_OK else { throw CodecFailure("zlib: cannot start the next member") }
    case Z_OK where took > 0 || gave > 0: continue
    case Z_OK, Z_BUF_ERROR:
      if read == source.count && (full || gave == 0) { throw CodecFailure("the compressed data end after \(written) of \(target.count) bytes") }
      if took == 0 && gave == 0 { throw CodecFailure("zlib: no progress at byte \(read)") }
    default: throw CodecFailure("zlib: \(stream.msg.map { String(cString: $0) } ?? "error \(status)") at byte \(read)")
    }
  }
}

private func deflate(_ source: UnsafeRawBufferPointer, level: Int, windowBits: Int32) throws(CodecFailure) -> Bytes {
  var stream = z_stream()
  let status = deflateInit2_(&stream, Int32(clamping: level), Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  guard status == Z_OK else { throw CodecFailure("no memory for zlib") }
  defer { deflateEnd(&stream) }
  var bytes = try encoded(capacity: Int(deflateBound(&stream, UInt(source.count))) + 64)
  let written = try bytes.fill { target throws(CodecFailure) in
    var read = 0, written = 0
    while true {
      let piece = min(source.count - read, window), room = min(target.count - written, window)
      stream.next_in = source.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) }
      stream.avail_in = UInt32(piece)
      stream.next_out = target.baseAddress.map { ($0 + written).assumingMemoryBound(to: UInt8.self) }
      stream.avail_out = UInt32(room)
      let status = CZlib.deflate(&stream, read + piece == source.count ? Z_FINISH : Z_NO_FLUSH)
      read += piece - Int(stream.avail_in)
      written += room - Int(stream.avail_out)
      if status == Z_STREAM_END { return written }
      guard status == Z_OK else { throw CodecFailure("zlib: error \(status)") }
    }
  }
  bytes.truncate(to: written)
  return bytes
}
