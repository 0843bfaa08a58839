// Blosc 1: shuffled blocks under one of several compressors, by c-blosc.
//
// Zarr v2: {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0}     https://numcodecs.readthedocs.io/en/stable/compression/blosc.html
//          shuffle: 0 none, 1 bytes, 2 bits, -1 bits for one-byte elements else bytes
// Zarr v3: {"name": "blosc", "configuration": {"typesize": 2, "cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "blocksize": 0}}
//                                                                    https://zarr-specs.readthedocs.io/en/latest/v3/codecs/blosc/index.html
// N5:      {"type": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0}   https://github.com/saalfeldlab/n5-blosc
// Limits: 2³¹ − 1 bytes a chunk (Blosc's own). The header must agree with the bytes that are there: a chunk cut short is refused.
// Bitshuffled Zstandard, the standard codec, is our own (BloscBitshuffle.swift); all else is c-blosc's.
// Calls are the `_ctx` ones with one thread: chunks are the unit of parallelism, and no global state is touched.

import CBlosc

package enum BloscShuffle: Int, Sendable {
  case none = 0, byte = 1, bit = 2
  var name: String { switch self { case .none: "noshuffle"; case .byte: "shuffle"; case .bit: "bitshuffle" } }
}

extension CodecKind {
  static let blosc = CodecKind(
    name: "blosc", zarr2: ["blosc"], zarr3: ["blosc", "numcodecs.blosc"], n5: ["blosc"],
    read: { settings, elements throws(CodecFailure) in
      let compressor = settings["cname"]?.string ?? "lz4"
      guard compressors.contains(compressor) else { throw CodecFailure("cname: this Blosc has \(compressors.joined(separator: ", ")), found \(compressor)") }
      return .blosc(
        compressor: compressor,
        level: try setting(settings, "clevel", in: 0...9, standard: 5),
        shuffle: try mode(settings["shuffle"], elements.dtype.size),
        blockSize: try setting(settings, "blocksize", in: 0...Int(Int32.max), standard: 0))
    },
    words: { words, _ throws(CodecFailure) in
      var words = words, compressor = "zstd", mode = BloscShuffle.bit
      if let name = words.first, compressors.contains(name) { compressor = words.removeFirst() }
      if let last = words.last, let named = [BloscShuffle.none, .byte, .bit].first(where: { $0.name == last }) { mode = named; words.removeLast() }
      if let other = words.first(where: { Int($0) == nil }) {
        let names = compressors + [BloscShuffle.none, .byte, .bit].map(\.name)
        throw CodecFailure(nearName(other, among: names).map { "there is no \(other), did you mean \($0)?" } ?? "there is no \(other), only \(names.joined(separator: ", "))")
      }
      return .blosc(compressor: compressor, level: try Storage.level(words, in: 0...9, standard: 5), shuffle: mode)
    })
}

extension Codec {
  /// - Parameter compressor: one of blosclz, lz4, lz4hc, zlib, zstd.
  package static func blosc(compressor: String, level: Int, shuffle: BloscShuffle, blockSize: Int = 0) -> Codec {
    let settings: JSON = ["cname": .string(compressor), "clevel": JSON(level), "shuffle": JSON(shuffle.rawValue), "blocksize": JSON(blockSize)]
    return Codec(
      description: "blosc/\(compressor) \(level)" + (shuffle == .none ? "" : " + \(shuffle.name)"),
      zarr2: (["id": "blosc"] as JSON).merging(settings),
      // the element size is the array's to add (`typesize`)
      zarr3: ["name": "blosc", "configuration": settings.merging(["shuffle": .string(shuffle.name)])],
      n5: (["type": "blosc"] as JSON).merging(settings),   // n5-java also writes "nthreads", which tensorstore refuses
      expansion: 1 << 15,   // its Zstandard's
      decode: decodeBlosc,
      decodePart: decodeBloscPart,
      encode: { source, elementSize throws(CodecFailure) in
        try encodeBlosc(source, compressor: compressor, level: level, shuffle: shuffle, blockSize: blockSize, elementSize: elementSize)
      })
  }
}

private let compressors = String(cString: blosc_list_compressors()).split(separator: ",").map(String.init)

private func mode(_ value: JSON?, _ elementSize: Int) throws(CodecFailure) -> BloscShuffle {
  switch value {
  case nil, .int(1), "shuffle": return .byte
  case .int(0), "noshuffle": return .none
  case .int(2), "bitshuffle": return .bit
  case .int(-1): return elementSize == 1 ? .bit : .byte
  case let other?: throw CodecFailure("shuffle: expected 0, 1, 2, -1 or noshuffle, shuffle, bitshuffle, found \(other.compact)")
  }
}

/// The header of a frame whose lengths agree with its bytes and with what is expected.
private func header(_ source: UnsafeRawBufferPointer, _ expected: Int) throws(CodecFailure) -> BloscHeader {
  guard source.count >= BloscHeader.size else { throw CodecFailure("it has \(source.count) bytes, a Blosc header has \(BloscHeader.size)") }
  let header = BloscHeader(source)
  guard header.length == source.count else { throw CodecFailure("its Blosc header says \(header.length) bytes, \(source.count) are there") }
  guard header.count <= expected else { throw CodecFailure("its Blosc header claims \(header.count) bytes of values, expected \(expected)") }
  var validated = 0
  guard blosc_cbuffer_validate(source.baseAddress, source.count, &validated) == 0, validated == header.count else { throw CodecFailure("its Blosc header is not valid") }
  return header
}

@Sendable private func decodeBlosc(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
  let header = try header(source, target.count)
  if header.isBitshuffledZstd {
    try decodeBitshuffled(header, source, target, range: 0..<header.count)
    return header.count
  }
  let count = Int(blosc_decompress_ctx(source.baseAddress, target.baseAddress, target.count, 1))
  guard count == header.count else { throw CodecFailure("Blosc cannot decompress it (\(count))") }
  return count
}

/// Only the blocks that hold the range.
@Sendable private func decodeBloscPart(_ source: UnsafeRawBufferPointer, _ range: Range<Int>, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) {
  let header = try header(source, target.count)
  guard header.count == target.count else { throw CodecFailure("it decodes to \(header.count) bytes, expected \(target.count)") }
  if header.isBitshuffledZstd { try decodeBitshuffled(header, source, target, range: range); return }
  // c-blosc takes whole elements; it asks for its scratch memory anew each time, so all at once is as good for most of a chunk
  let size = header.elementSize
  guard size > 0, target.count % size == 0, range.count < target.count / 2, let base = target.baseAddress else { _ = try decodeBlosc(source, target); return }
  let first = range.lowerBound / size, end = (range.upperBound + size - 1) / size
  let count = Int(blosc_getitem(source.baseAddress, Int32(first), Int32(end - first), base + first * size))
  guard count == (end - first) * size else { throw CodecFailure("Blosc cannot decompress it (\(count))") }
}

private func encodeBlosc(
  _ source: UnsafeRawBufferPointer, compressor: String, level: Int, shuffle: BloscShuffle, blockSize: Int, elementSize: Int
) throws(CodecFailure) -> Bytes {
  guard source.count <= Int(Int32.max) - Int(BLOSC_MAX_OVERHEAD) else { throw CodecFailure("Blosc takes less than 2 GiB, the chunk has \(source.count) bytes") }
  if compressor == "zstd" && shuffle == .bit && level > 0 && source.count > 0 && (1...255).contains(elementSize) {
    return try encodeBitshuffled(source, level: level, blockSize: blockSize, elementSize: elementSize)
  }
  var bytes = try encoded(capacity: source.count + Int(BLOSC_MAX_OVERHEAD))
  let count = bytes.fill {
    Int(blosc_compress_ctx(Int32(level), Int32(shuffle.rawValue), elementSize, source.count, source.baseAddress, $0.baseAddress, $0.count, compressor, blockSize, 1))
  }
  guard count > 0 else { throw CodecFailure("Blosc cannot compress it (\(count))") }
  bytes.truncate(to: count)
  return bytes
}
