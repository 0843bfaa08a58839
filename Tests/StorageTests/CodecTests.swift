import Arrays
import CKernels
import Execution
import Storage
import TestSupport
import Testing

private let codecs: [Codec] = [
  .raw, .zstd(level: 3), .zstd(level: -5, checksum: true), .gzip(level: 5), .gzip(level: -1), .zlib(level: 1), .crc32c,
  .blosc(compressor: "blosclz", level: 9, shuffle: .byte), .blosc(compressor: "lz4", level: 5, shuffle: .bit), .blosc(compressor: "lz4hc", level: 3, shuffle: .none),
  .blosc(compressor: "zlib", level: 4, shuffle: .byte), .blosc(compressor: "zstd", level: 5, shuffle: .bit), .blosc(compressor: "zstd", level: 0, shuffle: .none),
  .bz2(level: 1), .bz2(level: 9), .xz(preset: 0), .xz(preset: 6, check: 0), .xz(preset: 1, isAlone: true), .lz4(acceleration: 1), .lz4(acceleration: 40),
  .lz4block(blockSize: 65536), .lz4block(blockSize: 64), .lz4block(blockSize: 1000),
] + ["adler32", "crc32", "fletcher32", "jenkins_lookup3"].compactMap { try? Codec(text: $0) }

private func data(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = KeyedGenerator(seed: seed, purpose: "codec test")
  return (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) ^ UInt8(generator.index(below: 5)) }
}

private func decode(_ codec: Codec, _ bytes: [UInt8], expecting count: Int) throws -> [UInt8] {
  var target = [UInt8](repeating: 0xAA, count: count)
  let got = try target.withUnsafeMutableBytes { target in try bytes.withUnsafeBytes { try codec.decode($0, target) } }
  guard got == count else { throw CodecFailure("\(got) bytes") }
  return target
}

private func encode(_ codec: Codec, _ bytes: [UInt8], _ elementSize: Int) throws -> [UInt8] { try bytes.withUnsafeBytes { try codec.encode($0, elementSize).array } }

@Suite struct CodecTests {
  @Test(arguments: codecs) func comesBack(codec: Codec) throws {
    for count in [1, 2, 3, 7, 8, 16, 255, 256, 257, 4096, 65_537, 300_000] {
      for elementSize in [1, 2, 4, 8] {
        let original = data(count, seed: UInt64(count))
        if elementSize > 1 && !codec.description.hasPrefix("blosc") { continue }
        #expect(try decode(codec, try encode(codec, original, elementSize), expecting: count) == original, "\(codec), \(count) bytes of \(elementSize)")
      }
    }
  }

  @Test(arguments: codecs) func cutShortOrLongerIsRefused(codec: Codec) throws {
    let original = data(400, seed: 1), encoded = try encode(codec, original, 2)
    for length in 0..<encoded.count { #expect(throws: (any Error).self, "\(codec) cut to \(length)") { try decode(codec, Array(encoded[..<length]), expecting: 400) } }
    #expect(throws: (any Error).self, "\(codec) with more after it") { try decode(codec, encoded + [1, 2, 3], expecting: 400) }
    for count in [399, 401, 1, 800] { #expect(throws: (any Error).self, "\(codec) into \(count)") { try decode(codec, encoded, expecting: count) } }
  }

  /// Any change of bytes is refused or decodes to something of the right length; it never crashes or writes outside.
  @Test(arguments: codecs) func damagedBytesDoNoHarm(codec: Codec) throws {
    var generator = KeyedGenerator(seed: 7, purpose: "damage")
    let original = data(3000, seed: 2), encoded = try encode(codec, original, 4)
    for _ in 0..<2000 {
      var damaged = encoded
      for _ in 0...generator.index(below: 4) { damaged[generator.index(below: damaged.count)] = UInt8(generator.index(below: 256)) }
      if generator.index(below: 4) == 0 { damaged.removeLast(generator.index(below: damaged.count)) }
      var target = [UInt8](repeating: 0, count: 3000 + 64)
      let got = target.withUnsafeMutableBytes { all in damaged.withUnsafeBytes { try? codec.decode($0, UnsafeMutableRawBufferPointer(rebasing: all[..<3000])) } }
      #expect((got ?? 0) <= 3000)
      if let part = codec.decodePart {
        target.withUnsafeMutableBytes { all in damaged.withUnsafeBytes { try? part($0, 1000..<1400, UnsafeMutableRawBufferPointer(rebasing: all[..<3000])) } }
      }
      #expect(target[3000...].allSatisfy { $0 == 0 }, "wrote past its target")
    }
  }

  @Test func severalGzipMembersAndZstdFramesAreOne() throws {
    for codec in [Codec.gzip(level: 5), .zlib(level: 5), .zstd(level: 3), .bz2(level: 2), .xz(preset: 1)] {
      let parts = try [data(10, seed: 1), data(500, seed: 2), data(1, seed: 3)].map { ($0, try encode(codec, $0, 1)) }
      #expect(try decode(codec, parts.flatMap(\.1), expecting: 511) == parts.flatMap(\.0))
    }
  }

  @Test func checksumOfTheStandard() {
    // RFC 3720, B.4: 32 bytes of zeros, of ones, and counting up
    #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { crc32c($0) } == 0x8A91_36AA)
    #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes { crc32c($0) } == 0x62A8_AB43)
    #expect(Array(UInt8(0)..<32).withUnsafeBytes { crc32c($0) } == 0x46DD_794E)
  }

  @Test func checksumsOfTheirAuthors() throws {
    func sum(_ text: String, _ body: (UnsafeRawPointer?, Int) -> UInt32) -> UInt32 { Array(text.utf8).withUnsafeBytes { body($0.baseAddress, $0.count) } }
    #expect(sum("") { dcs_xxh32($0, $1, 0) } == 0x02CC_5D05)
    #expect(sum("a") { dcs_xxh32($0, $1, 0) } == 0x550D_7456)
    #expect(sum("Nobody inspects the spammish repetition") { dcs_xxh32($0, $1, 0) } == 0xE229_3B2F)
    #expect(sum("Four score and seven years ago") { dcs_lookup3($0, $1, 0) } == 0x1777_0551)
    #expect(sum("Four score and seven years ago") { dcs_lookup3($0, $1, 1) } == 0xCD62_8161)
    #expect(sum("123456789") { dcs_crc32c($0, $1) } == 0xE306_9283)
    // numcodecs 0.16.6 on (i · 7 + i / 3) mod 256
    let counted = (0..<1001).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 3) }
    counted.withUnsafeBytes { #expect(dcs_fletcher32($0.baseAddress, 1001) == 0x05B6_18C6 && dcs_lookup3($0.baseAddress, 1001, 7) == 0xD4C3_7745) }
    for (name, bytes) in [("crc32", [0xD6, 0x4B, 0x64, 0xDF]), ("adler32", [0x00, 0xED, 0x0E, 0x65])] as [(String, [UInt8])] {
      #expect(try encode(Codec(text: name), counted, 1) == bytes + counted)
    }
  }

  /// The instruction and the table agree at every length near those where the loop changes, from every alignment.
  @Test func theFastChecksumIsThePlainOne() {
    let bytes = data(3 * 12_288 + 100, seed: 9)
    bytes.withUnsafeBytes { bytes in
      for length in Array(0...70) + [4095, 4096, 12_287, 12_288, 12_289, 12_296, 24_576, 24_577, 36_863, 36_864, 36_900] {
        for offset in 0..<8 {
          let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
          #expect(dcs_crc32c(part.baseAddress, part.count) == dcs_crc32c_plain(part.baseAddress, part.count), "\(length) bytes from \(offset)")
        }
      }
    }
  }

  /// Headers that claim 2⁶⁰ bytes, or dictionaries of 4 GiB, are refused before memory is asked for.
  @Test func claimsAreRefused() throws {
    let large: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x10], all = [UInt8](repeating: 0xFF, count: 4), body = [UInt8](repeating: 0, count: 40)
    let frame = Array("LZ4Block".utf8)
    for (codec, bytes) in [
      (Codec.zstd(level: 3), [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + large + body), (.lz4(acceleration: 1), all + body),
      (.xz(preset: 6), [0x5D] + all + large + body), (.xz(preset: 6), [0x5D, 0, 0, 0x80, 0] + large + body),
      (.lz4block(blockSize: 65536), frame + [0x2F] + all + all + all + body), (.lz4block(blockSize: 65536), frame + [0x1F] + all + all + all + body),
      (.lz4block(blockSize: 65536), frame + [0x26] + [40, 0, 0, 0] + [1, 0, 1, 0] + all + body),
    ] {
      #expect(throws: CodecFailure.self, "\(codec)") { try decode(codec, bytes, expecting: 400) }
    }
  }

  // MARK: Filters

  @Test(arguments: DType.allCases) func filtersGiveBackEveryValue(dtype: DType) throws {
    for isBigEndian in [false, true] {
      for text in ["shuffle", "shuffle 8"] + (dtype == .bool ? ["packbits"] : ["delta", "astype \(dtype.isFloat ? "float64" : dtype == .uint64 ? "uint64" : "int64")", "bitround 3", "delta, shuffle 2"]) + (dtype.isFloat ? ["quantize 2"] : []) {
        let codecs = try Codec.chain(text: text, dtype, isBigEndian: isBigEndian)
        for count in [8, 16, 800] {
          var bytes = data(count, seed: UInt64(count))
          if dtype == .bool { bytes = bytes.map { $0 & 1 } }
          // whole numbers, whose sums are exact, in floats
          if dtype.isFloat { bytes = try whole(count / dtype.size, dtype, isBigEndian) }
          var stored = bytes
          for codec in codecs { stored = try encode(codec, stored, dtype.size) }
          #expect(stored.count <= codecs.encodedLimit(bytes.count))
          for (place, codec) in codecs.enumerated().reversed() {
            var target = [UInt8](repeating: 0xAA, count: Array(codecs[..<place]).encodedLimit(bytes.count))
            let got = try target.withUnsafeMutableBytes { target in try stored.withUnsafeBytes { try codec.decode($0, target) } }
            stored = Array(target[..<got])
          }
          #expect(stored == bytes, "\(text) of \(dtype), \(count) bytes")
        }
      }
    }
  }

  private func whole(_ count: Int, _ dtype: DType, _ isBigEndian: Bool) throws -> [UInt8] {
    let bytes = try randomIntegers(0...20, dtype, [count]).contiguous().withBytes { Array($0) }
    return !isBigEndian ? bytes : stride(from: 0, to: bytes.count, by: dtype.size).flatMap { bytes[$0..<($0 + dtype.size)].reversed() }
  }

  @Test func filtersRefuseWhatTheyCannotHold() throws {
    let values: [Float] = [0.1, 1e10, -3]
    let bytes = values.withUnsafeBytes { Array($0) }
    for text in ["delta", "astype int16", "astype float16"] {
      #expect(throws: CodecFailure.self, "\(text)") { try encode(try Codec(text: text, .float32), bytes, 4) }
    }
    #expect(throws: CodecFailure.self) { try decode(try Codec(text: "delta", .uint32), [1, 2, 3], expecting: 4) }
    #expect(throws: CodecFailure.self) { try decode(try Codec(text: "shuffle 4"), [1, 2, 3], expecting: 4) }
    for bytes in [[], [8, 0], [1], [7]] as [[UInt8]] { #expect(throws: CodecFailure.self) { try decode(try Codec(text: "packbits", .bool), bytes, expecting: 4) } }
    #expect(throws: StorageError.self) { try Codec(text: "packbits", .uint8) }
    #expect(throws: StorageError.self) { try Codec(text: "quantize 2", .uint8) }
    #expect(throws: StorageError.self) { try Codec.chain(text: "zstd 3, , gzip", .uint8) }
  }

  @Test func bloscHeadersThatLieAreRefused() throws {
    let encoded = try encode(.standard, data(5000, seed: 1), 1)
    for (offset, value) in [(4, UInt32.max), (4, 5001), (4, 0x7FFF_FFFF), (12, UInt32(encoded.count - 1)), (12, UInt32.max), (8, 0), (8, UInt32.max)] {
      var lying = encoded
      withUnsafeBytes(of: value.littleEndian) { lying.replaceSubrange(offset..<(offset + 4), with: $0) }
      #expect(throws: (any Error).self, "byte \(offset) = \(value)") { try decode(.standard, lying, expecting: 5000) }
    }
  }

  @Test(arguments: [
    ("raw", "raw"), ("gzip", "gzip 5"), ("gzip 9", "gzip 9"), ("zlib 1", "zlib 1"), ("zstd", "zstd 3"), ("zstd 12", "zstd 12"), ("blosc", "blosc/zstd 5 + bitshuffle"),
    ("blosc/lz4 9 + shuffle", "blosc/lz4 9 + shuffle"), ("blosc/lz4hc", "blosc/lz4hc 5 + bitshuffle"), ("blosc/zlib 2 + noshuffle", "blosc/zlib 2"),
    ("bz2", "bz2 9"), ("xz", "xz 6"), ("xz 0", "xz 0"), ("lz4", "lz4 1"), ("lz4block", "lz4block 65536"), ("lz4block 128", "lz4block 128"), ("shuffle", "shuffle 1"),
  ])
  func namesAreReadAndShown(text: String, shown: String) throws { #expect(try Codec(text: text).description == shown) }

  @Test(arguments: ["", "zst", "zstd x", "gzip 10", "raw 1", "blosc/snappi", "zstd 3 4", "bz2 0", "bz2 10", "xz 10", "lz4 0", "lz4block 63", "crc32 1", "fixedscaleoffset"]) func wrongNamesAreRefused(text: String) {
    #expect(throws: StorageError.self) { try Codec(text: text) }
  }

  @Test(arguments: [("zsd 3", "zstd 3"), ("bloc/zstd 5 + shuffle", "blosc/zstd 5 + shuffle"), ("zsd", "zstd"), ("nothing 3", nil)] as [(String, String?)])
  func nearNamesAreSuggested(text: String, near: String?) {
    #expect(storageError { _ = try Codec(text: text) }?.hint == near.map { "did you mean \"\($0)\"?" })
  }

  @Test(arguments: [("blosc/zsd 5", "there is no zsd, did you mean zstd?"), ("blosc/zstd 5 + shufle", "there is no shufle, did you mean shuffle?")])
  func nearNamesOfBlosc(text: String, reason: String) {
    #expect(storageError { _ = try Codec(text: text) } == .badMetadata(path: "codec \"\(text)\"", field: "blosc", reason: reason))
  }

  @Test func samplesAreThemselves() throws { for text in Codec.samples { #expect(try Codec(text: text).description == text) } }

  @Test func theListIsSortedAndWhole() {
    #expect(CodecKind.all.map(\.name) == CodecKind.all.map(\.name).sorted())
    for kind in CodecKind.all { #expect(!(kind.zarr2 + kind.zarr3 + kind.n5).isEmpty || kind.name == "raw") }
  }
}

extension Codec: CustomTestStringConvertible {
  public var testDescription: String { description }
}
