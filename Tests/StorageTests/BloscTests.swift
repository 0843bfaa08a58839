// Our frames of bitshuffled Zstandard against c-blosc's, both ways.

import CBlosc
import Execution
import Storage
import Testing

@Suite struct BloscTests {
  @Test func framesAreThoseOfCBlosc() throws {
    var generator = KeyedGenerator(seed: 11, purpose: "blosc frames")
    for trial in 0..<600 {
      let elementSize = [1, 2, 3, 4, 8, 16, 255][generator.index(below: 7)], count = [0, 1, 7, 8, 100, 5000, 300_000][generator.index(below: 7)] + generator.index(below: 40)
      let spread = [1, 4, 256][generator.index(below: 3)], level = 1 + generator.index(below: trial % 20 == 0 ? 9 : 6), blockSize = [0, 0, 1, 1000, 65536][generator.index(below: 5)]
      if count == 0 { continue }
      let values = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 50 + generator.index(below: spread)) }
      let codec = Codec.blosc(compressor: "zstd", level: level, shuffle: .bit, blockSize: blockSize)
      let what: Comment = "\(count) bytes of \(elementSize), level \(level), blocks of \(blockSize)"

      let ours = try values.withUnsafeBytes { try codec.encode($0, elementSize).array }
      var decoded = [UInt8](repeating: 0, count: count)
      #expect(Int(blosc_decompress_ctx(ours, &decoded, count, 1)) == count, what)
      #expect(decoded == values, what)

      var theirs = [UInt8](repeating: 0, count: count + Int(BLOSC_MAX_OVERHEAD))
      let length = Int(blosc_compress_ctx(Int32(level), Int32(BLOSC_BITSHUFFLE), elementSize, count, values, &theirs, theirs.count, "zstd", blockSize, 1))
      var back = [UInt8](repeating: 0, count: count)
      let got = try back.withUnsafeMutableBytes { target in try theirs[..<length].withUnsafeBytes { try codec.decode($0, target) } }
      #expect(got == count && back == values, what)
    }
  }

  /// A part of a chunk is what the whole has there, for every compressor, and only the blocks that hold it are looked at.
  @Test(arguments: ["blosclz", "lz4", "lz4hc", "zlib", "zstd"], [BloscShuffle.none, .byte, .bit]) func partsAreThoseOfTheWhole(compressor: String, shuffle: BloscShuffle) throws {
    var generator = KeyedGenerator(seed: 12, purpose: "blosc parts")
    for elementSize in [1, 2, 8] {
      let count = 40_000, values = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 50 + generator.index(below: 3)) }
      let codec = Codec.blosc(compressor: compressor, level: 3, shuffle: shuffle, blockSize: 4096), part = try #require(codec.decodePart)
      let frame = try values.withUnsafeBytes { try codec.encode($0, elementSize).array }
      for _ in 0..<40 {
        let first = generator.index(below: count / elementSize) * elementSize, range = first..<first + (1 + generator.index(below: (count - first) / elementSize)) * elementSize
        var target = [UInt8](repeating: 0, count: count)
        try target.withUnsafeMutableBytes { target in try frame.withUnsafeBytes { try part($0, range, target) } }
        #expect(target[range] == values[range], "\(range) of \(elementSize)")
      }
      guard compressor == "zstd", shuffle == .bit else { continue }
      // the last block is damaged: the first can still be read
      var damaged = frame, target = [UInt8](repeating: 0, count: count)
      for i in 1...64 { damaged[damaged.count - i] ^= 0xFF }
      try target.withUnsafeMutableBytes { target in try damaged.withUnsafeBytes { try part($0, 0..<4096, target) } }
      #expect(target[..<4096] == values[..<4096] && target[8192...].allSatisfy { $0 == 0 })
      #expect(throws: CodecFailure.self) { try target.withUnsafeMutableBytes { target in try damaged.withUnsafeBytes { try part($0, 0..<count, target) } } }
    }
  }
}
