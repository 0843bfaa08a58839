import Arrays
import Execution
import Geometry
import Storage
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: Format.allCases, DType.allCases) func everyTypeComesBack(format: Format, dtype: DType) throws {
    if format == .n5 && (dtype == .bool || dtype == .float16) { return }
    try withTemporaryDirectory { folder in
      for (number, codec) in [Codec.standard, .raw, .zstd(level: 3), .gzip(level: 1)].enumerated() {
        for shape in [[1], [7], [3, 5], [5, 1, 6], [2, 3, 4, 5]] {
          let values = try randomArray(dtype, shape, seed: UInt64(number))
          let path = "\(folder)/a.zarr/\(shape.count)-\(shape[0])/\(number)"
          let made = try StoredArray.create(path, ArraySpec(dtype, shape, chunks: shape.map { min($0, 3) }, codec: codec, format: format))
          try made.write(values, ReadContext(pool: ThreadPool(threads: 2)))
          let opened = try StoredArray.open(path)
          #expect(opened.format == format && opened.dtype == dtype && opened.codecText == codec.description)
          #expect(try sameBits(try opened.readAll(alone), values), "\(codec) \(shape)")
        }
      }
    }
  }

  @Test(arguments: Format.allCases) func arraysWithoutVoxelsOrAxes(format: Format) throws {
    try withTemporaryDirectory { folder in
      let empty = try StoredArray.create("\(folder)/e", ArraySpec(.uint8, [0, 4], chunks: [1, 2], format: format))
      #expect(empty.chunkCount == 0)
      #expect(try empty.readAll(alone).shape == [0, 4])
      try empty.write(try NDArray(.uint8, [0, 4]), alone)
      if format == .n5 { return }
      let scalar = try StoredArray.create("\(folder)/s", ArraySpec(.int32, [], chunks: [], format: format))
      try scalar.write(try NDArray([Int32(7)], []), alone)
      #expect(try StoredArray.open("\(folder)/s").readAll(alone).elements(Int32.self) == [7])
    }
  }

  @Test(arguments: Format.allCases) func everyBoxIsReadRight(format: Format) throws {
    try withTemporaryDirectory { folder in
      for chunks in [[1, 1], [2, 3], [4, 5], [9, 2]] {
        let values = try randomArray(.uint16, [4, 5], seed: 3)
        let path = "\(folder)/\(chunks[0])"
        try StoredArray.create(path, ArraySpec(.uint16, [4, 5], chunks: chunks, format: format)).write(values, alone)
        let array = try StoredArray.open(path)
        for part in everyBox(in: [4, 5]) {
          let got = try array.read(try box(part.offset, part.shape), alone)
          #expect(try sameBits(got, try values.slice(offset: part.offset, shape: part.shape)), "\(part) of chunks \(chunks)")
        }
      }
    }
  }

  /// Boxes written in any order, whole chunks or parts of them, over each other, from strided views: the same as in memory.
  @Test(arguments: Format.allCases) func everyBoxIsWrittenRight(format: Format) throws {
    try withTemporaryDirectory { folder in
      let shape = [4, 5, 3]
      let path = "\(folder)/a"
      let array = try StoredArray.create(path, ArraySpec(.int32, shape, chunks: [2, 3, 2], fillValue: format == .n5 ? 0 : -9, format: format))
      var expected = try NDArray([Int32](repeating: format == .n5 ? 0 : -9, count: 60), shape)
      var generator = KeyedGenerator(seed: 1, purpose: "boxes")
      for round in 0..<300 {
        let offset = shape.map { generator.index(below: $0) }
        let extent = zip(shape, offset).map { 1 + generator.index(below: $0 - $1) }
        let transposed = try randomArray(.int32, extent.reversed(), seed: UInt64(round)).transposed([2, 1, 0])
        try array.write(transposed, at: offset, ReadContext(pool: ThreadPool(threads: 1 + round % 3)))
        try expected.assign(transposed, at: offset)
        #expect(try sameBits(try array.readAll(alone), expected), "round \(round): \(offset) \(extent)")
      }
      #expect(try sameBits(try StoredArray.open(path).readAll(alone), expected))
    }
  }

  @Test func writersOfPartsOfOneChunkDoNotLoseEachOther() throws {
    try withTemporaryDirectory { folder in
      let array = try StoredArray.create("\(folder)/a", ArraySpec(.uint8, [64], chunks: [64]))
      try ThreadPool(threads: 4).forEach(64) { item, _ in try array.write(try NDArray([UInt8(item + 1)], [1]), at: [item], alone) }
      #expect(try array.readAll(alone).elements(UInt8.self) == Array(1...64))
    }
  }

  /// What shrinks most is not taken for damage.
  @Test(arguments: Codec.samples + ["lzma"]) func aLargeChunkOfOneValueComesBack(text: String) throws {
    try withTemporaryDirectory { folder in
      for format in [Format.zarr2, .n5] {
        let codec = text == "lzma" ? Codec.xz(preset: 1, isAlone: true) : try Codec(text: text)
        if text == "lzma" && format == .n5 { continue }
        let array = try StoredArray.create("\(folder)/\(format)", ArraySpec(.uint8, [32 << 20], chunks: [32 << 20], codec: codec, fillValue: format == .n5 ? 0 : 9, format: format))
        let values = try NDArray([UInt8](repeating: format == .n5 ? 5 : 0, count: 32 << 20), [32 << 20])
        try array.write(values, alone)
        #expect(try sameBits(try array.readAll(alone), values))
      }
    }
  }

  @Test func chunksOfFillValueAreNotStored() throws {
    try withTemporaryDirectory { folder in
      let array = try StoredArray.create("\(folder)/a", ArraySpec(.float32, [8], chunks: [4], fillValue: "NaN"))
      try array.write(try NDArray([1, 2, 3, 4, 5, 6, 7, 8] as [Float], [8]), alone)
      #expect(try array.storedBytes(ofChunk: [0]) != nil && array.storedBytes(ofChunk: [1]) != nil)
      try array.write(try NDArray([Float](repeating: .nan, count: 4), [4]), at: [4], alone)
      #expect(try array.storedBytes(ofChunk: [1]) == nil)
      let values = try StoredArray.open("\(folder)/a").readAll(alone).elements(Float.self)
      #expect(values[..<4] == [1, 2, 3, 4] && values[4...].allSatisfy(\.isNaN))
    }
  }

  @Test(arguments: Format.allCases) func bytesDoNotDependOnThreads(format: Format) throws {
    try withTemporaryDirectory { folder in
      let values = try randomIntegers(0...40, .uint32, [20, 21, 22])
      var written: [[[UInt8]]] = []
      for threads in [1, 2, 4] {
        let array = try StoredArray.create("\(folder)/\(threads)", ArraySpec(.uint32, [20, 21, 22], chunks: [8, 8, 8], format: format))
        try array.write(values, ReadContext(pool: ThreadPool(threads: threads)))
        written.append(try (0..<27).map { try Files.read("\(folder)/\(threads)/\(array.chunkKey([$0 / 9, $0 / 3 % 3, $0 % 3]))") })
      }
      #expect(written[0] == written[1] && written[0] == written[2])
    }
  }

  @Test(arguments: [
    (DType.bool, JSON.bool(true)), (.uint8, 255), (.uint64, .uint(.max)), (.int8, -128), (.int64, .int(.min)), (.float16, 1.5), (.float32, "NaN"), (.float64, "-Infinity"),
    (.float32, "Infinity"), (.int16, nil), (.uint16, 3.0),
  ])
  func fillValuesComeBack(dtype: DType, fill: JSON) throws {
    try withTemporaryDirectory { folder in
      for format in [Format.zarr2, .zarr3] {
        let made = try StoredArray.create("\(folder)/\(format.rawValue)", ArraySpec(dtype, [3], fillValue: fill, format: format))
        let opened = try StoredArray.open("\(folder)/\(format.rawValue)")
        #expect(opened.fillValue == made.fillValue && opened.fillValue == FillValue(fill, dtype))
        #expect(try sameBits(try opened.readAll(alone), try made.readAll(alone)))
      }
    }
  }

  @Test(arguments: [
    (DType.uint8, JSON.int(256)), (.uint8, -1), (.int8, 128), (.bool, 2), (.int32, 0.5), (.int32, "NaN"), (.float32, "nan"), (.uint64, .double(0x1p64)), (.float32, .array([1])), (.int16, true),
  ])
  func fillValuesThatDoNotFitAreRefused(dtype: DType, fill: JSON) { #expect(FillValue(fill, dtype) == nil) }

  @Test func aStoppedReadStops() throws {
    try withTemporaryDirectory { folder in
      let array = try StoredArray.create("\(folder)/a", ArraySpec(.uint8, [8], chunks: [1]))
      let cancellation = Cancellation()
      cancellation.cancel()
      for pool in [nil, ThreadPool(threads: 2)] {
        let context = ReadContext(pool: pool, cancellation: cancellation)
        #expect(throws: Cancelled.self) { try array.readAll(context) }
        #expect(throws: Cancelled.self) { try array.write(try NDArray(.uint8, [8]), context) }
      }
    }
  }
}
