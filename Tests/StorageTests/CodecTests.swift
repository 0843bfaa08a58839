import Arrays
import Execution
import Storage
import Testing

private let codecs: [Codec] = [
  .raw, .zstd(level: 3), .zstd(level: -5, checksum: true), .gzip(level: 5), .gzip(level: -1), .zlib(level: 1), .crc32c,
  .blosc(compressor: "blosclz", level: 9, shuffle: .byte), .blosc(compressor: "lz4", level: 5, shuffle: .bit), .blosc(compressor: "lz4hc", level: 3, shuffle: .none),
  .blosc(compressor: "zlib", level: 4, shuffle: .byte), .blosc(compressor: "zstd", level: 5, shuffle: .bit), .blosc(compressor: "zstd", level: 0, shuffle: .none),
]

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
      #expect(target[3000...].allSatisfy { $0 == 0 }, "wrote past its target")
    }
  }

  @Test func severalGzipMembersAndZstdFramesAreOne() throws {
    for codec in [Codec.gzip(level: 5), .zlib(level: 5), .zstd(level: 3)] {
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
  ])
  func namesAreReadAndShown(text: String, shown: String) throws { #expect(try Codec(text: text).description == shown) }

  @Test(arguments: ["", "zst", "zstd x", "gzip 10", "raw 1", "blosc/snappi", "zstd 3 4"]) func wrongNamesAreRefused(text: String) {
    #expect(throws: StorageError.self) { try Codec(text: text) }
  }

  @Test func theListIsSortedAndWhole() {
    #expect(CodecKind.all.map(\.name) == CodecKind.all.map(\.name).sorted())
    for kind in CodecKind.all { #expect(!(kind.zarr2 + kind.zarr3 + kind.n5).isEmpty || kind.name == "raw") }
  }
}

extension Codec: CustomTestStringConvertible {
  public var testDescription: String { description }
}
