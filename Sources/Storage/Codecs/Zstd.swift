// Zstandard (RFC 8878), by libzstd.
//
// Zarr v2: {"id": "zstd", "level": 0}                                https://numcodecs.readthedocs.io/en/stable/compression/zstd.html
// Zarr v3: {"name": "zstd", "configuration": {"level": 0, "checksum": false}}    https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/zstd
// N5:      {"type": "zstd", "level": 3}                              https://github.com/JaneliaSciComp/n5-zstandard
// Several frames after each other decode as one; skippable frames are skipped.

import CZstd

extension CodecKind {
  static let zstd = CodecKind(
    name: "zstd", zarr2: ["zstd"], zarr3: ["zstd", "numcodecs.zstd"], n5: ["zstd", "zstandard"],
    read: { settings, _ throws(CodecFailure) in
      .zstd(level: try setting(settings, "level", in: -131_072...22, standard: 3), checksum: settings["checksum"]?.bool ?? false)
    },
    words: { words, _ throws(CodecFailure) in .zstd(level: try level(words, in: -7...22, standard: 3)) })
}

extension Codec {
  package static func zstd(level: Int, checksum: Bool = false) -> Codec {
    Codec(
      description: "zstd \(level)",
      zarr2: checksum ? ["id": "zstd", "level": JSON(level), "checksum": true] : ["id": "zstd", "level": JSON(level)],
      zarr3: ["name": "zstd", "configuration": ["level": JSON(level), "checksum": .bool(checksum)]],
      n5: ["type": "zstd", "level": JSON(level)],
      expansion: 1 << 15,   // a block of 128 KiB in 4 bytes
      decode: decodeZstd,
      encode: { source, _ throws(CodecFailure) in try encodeZstd(source, level: level, checksum: checksum) })
  }
}

private let decompressors = Spares { ZSTD_createDCtx() }
private let compressors = Spares { ZSTD_createCCtx() }

@Sendable func decodeZstd(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  let claimed = ZSTD_getFrameContentSize(source.baseAddress, source.count)
  if claimed == UInt64.max - 1 { throw CodecFailure("it is not zstd data") }   // ZSTD_CONTENTSIZE_ERROR
  if claimed != UInt64.max && claimed > UInt64(target.count) { throw CodecFailure("its zstd header claims \(claimed) bytes, expected \(target.count)") }
  let count = try decompressors.with("zstd") { context throws(CodecFailure) in
    ZSTD_decompressDCtx(context, target.baseAddress, target.count, source.baseAddress, source.count)
  }
  if ZSTD_isError(count) != 0 { throw CodecFailure("zstd: \(zstdText(count))") }
  return count
}

private func encodeZstd(_ source: UnsafeRawBufferPointer, level: Int, checksum: Bool) throws(CodecFailure) -> Bytes {
  var bytes = try encoded(capacity: ZSTD_compressBound(source.count))
  let count = try bytes.fill { target throws(CodecFailure) in try compressZstd(source, level: level, checksum: checksum, into: target) }
  bytes.truncate(to: count)
  return bytes
}

/// One frame.
///
/// - Parameter target: at least ZSTD_compressBound of the source's bytes.
func compressZstd(_ source: UnsafeRawBufferPointer, level: Int, checksum: Bool, into target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  let count = try compressors.with("zstd") { context throws(CodecFailure) in
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(clamping: level))
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
    return ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
  }
  if ZSTD_isError(count) != 0 { throw CodecFailure("zstd: \(zstdText(count))") }
  return count
}

private func zstdText(_ code: Int) -> String { ZSTD_getErrorName(code).map { String(cString: $0) } ?? "error \(code)" }
