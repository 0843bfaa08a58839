// LZMA in an .xz (https://tukaani.org/xz/xz-file-format.txt) or old .lzma wrapper, by liblzma: slowest, smallest.
//
// Zarr v2: {"id": "lzma", "format": 1, "check": -1, "preset": null, "filters": null}     https://numcodecs.readthedocs.io/en/stable/compression/lzma.html
//          format 1 is .xz, 2 is .lzma; 3 (raw LZMA, whose filters stand in the metadata alone) is refused by name
// Zarr v3: {"name": "numcodecs.lzma", "configuration": {"format": 1, "check": -1, "preset": 6, "filters": null}}
// N5:      {"type": "xz", "preset": 6}                                                   https://github.com/saalfeldlab/n5#readme
// Reading takes either wrapper whatever the metadata say. A dictionary above 256 MiB (preset 9 has 64) is taken for damage.

import CLzma

extension CodecKind {
  static let xz = CodecKind(
    name: "xz", zarr2: ["lzma"], zarr3: ["numcodecs.lzma", "lzma"], n5: ["xz"],
    read: { settings, _ throws(CodecFailure) in
      let format = try setting(settings, "format", in: 0...3, standard: 1)
      guard format == 1 || format == 2 else { throw CodecFailure("format: expected 1 (xz) or 2 (lzma alone), found \(format)") }
      // what filters made is read by what the .xz header says of them; writing goes by the preset
      return .xz(preset: try setting(settings, "preset", in: 0...9, standard: 6), check: try setting(settings, "check", in: -1...15, standard: -1), isAlone: format == 2)
    },
    words: { words, _ throws(CodecFailure) in .xz(preset: try level(words, in: 0...9, standard: 6)) })
}

extension Codec {
  /// - Parameter check: as liblzma numbers them: 0 none, 1 CRC-32, 4 CRC-64, 10 SHA-256; -1: CRC-64.
  /// - Parameter isAlone: the old wrapper, which has no checksum.
  package static func xz(preset: Int, check: Int = -1, isAlone: Bool = false) -> Codec {
    let settings: JSON = ["format": isAlone ? 2 : 1, "check": JSON(check), "preset": JSON(preset), "filters": nil]
    return Codec(
      description: isAlone ? "lzma \(preset)" : "xz \(preset)",
      zarr2: (["id": "lzma"] as JSON).merging(settings),
      zarr3: ["name": "numcodecs.lzma", "configuration": settings],
      n5: isAlone ? nil : ["type": "xz", "preset": JSON(preset)],
      expansion: 1 << 14,   // measured: 7,000 for zeros
      decode: decodeXz,
      encode: { source, _ throws(CodecFailure) in try encodeXz(source, preset: preset, check: check, isAlone: isAlone) })
  }
}

private let memoryLimit: UInt64 = 320 << 20

@Sendable private func decodeXz(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  var stream = lzma_stream()
  func start() throws(CodecFailure) {
    let status = lzma_auto_decoder(&stream, memoryLimit, 0)
    guard status == LZMA_OK else { throw CodecFailure("xz: \(text(status))", isMemory: status == LZMA_MEM_ERROR) }
  }
  try start()
  defer { lzma_end(&stream) }
  return try decompress("xz", source, into: target, restart: start) { input, output throws(CodecFailure) in
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = input.count
    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = output.count
    let status = lzma_code(&stream, LZMA_RUN)
    guard [LZMA_OK, LZMA_STREAM_END, LZMA_BUF_ERROR].contains(status) else { throw CodecFailure("xz: \(text(status))", isMemory: status == LZMA_MEM_ERROR) }
    return DecompressionStep(took: input.count - stream.avail_in, gave: output.count - stream.avail_out, ended: status == LZMA_STREAM_END)
  }
}

private func encodeXz(_ source: UnsafeRawBufferPointer, preset: Int, check: Int, isAlone: Bool) throws(CodecFailure) -> Bytes {
  var bytes = try encoded(capacity: lzma_stream_buffer_bound(source.count) + source.count / 16 + 1024)
  var stream = lzma_stream()
  let started: lzma_ret
  if isAlone {
    var options = lzma_options_lzma()
    guard lzma_lzma_preset(&options, UInt32(preset)) == 0 else { throw CodecFailure("xz: there is no preset \(preset)") }
    started = lzma_alone_encoder(&stream, &options)
  } else {
    started = lzma_easy_encoder(&stream, UInt32(preset), check < 0 ? LZMA_CHECK_CRC64 : lzma_check(rawValue: UInt32(check)))
  }
  guard started == LZMA_OK else { throw CodecFailure("xz: \(text(started))", isMemory: started == LZMA_MEM_ERROR) }
  defer { lzma_end(&stream) }
  let count = try bytes.fill { output throws(CodecFailure) in
    stream.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = source.count
    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = output.count
    let status = lzma_code(&stream, LZMA_FINISH)
    guard status == LZMA_STREAM_END else { throw CodecFailure("xz: \(text(status))", isMemory: status == LZMA_MEM_ERROR) }
    return output.count - stream.avail_out
  }
  bytes.truncate(to: count)
  return bytes
}

private func text(_ status: lzma_ret) -> String {
  switch status {
  case LZMA_MEM_ERROR: "no memory"
  case LZMA_MEMLIMIT_ERROR: "its header asks for a dictionary of more than 256 MiB"
  case LZMA_FORMAT_ERROR: "it is neither .xz nor .lzma data"
  case LZMA_OPTIONS_ERROR: "its header asks for what liblzma lacks"
  case LZMA_DATA_ERROR: "its data are damaged"
  case LZMA_UNSUPPORTED_CHECK: "liblzma lacks this check"
  default: "error \(status.rawValue)"
  }
}
