import Arrays
import Execution
import Geometry
import Storage
import TestSupport
import Testing

private func sharded(_ path: String) -> String { Repository.root + "/Tests/Fixtures/shards/" + path }

/// One array of Tests/Fixtures/shards, written by zarr-python or tensorstore.
struct ShardFixture: CustomTestStringConvertible, Sendable {
  let store: String, shape: [Int], dtype: String, chunks: [Int], shards: [Int], npy: String
  var testDescription: String { store }

  static let all: [ShardFixture] = {
    let index = (try? JSON(parsing: Files.read(sharded("index.json")))) ?? .null
    return (index["arrays"]?.array ?? []).map { row in
      func text(_ name: String) -> String { row[name]?.string ?? "" }
      return ShardFixture(
        store: text("store"), shape: row["shape"]?.ints ?? [], dtype: text("dtype"), chunks: row["chunks"]?.ints ?? [], shards: row["shards"]?.ints ?? [], npy: text("npy"))
    }
  }()
}

@Suite struct ShardTests {
  @Test func theyAreThere() { #expect(ShardFixture.all.count == 10, "run Tests/Fixtures/shards/generate.py") }

  @Test(arguments: ShardFixture.all) func readsWhatOthersWrote(fixed: ShardFixture) throws {
    let array = try StoredArray.open(sharded(fixed.store))
    #expect(array.dtype.rawValue == fixed.dtype && array.shape == fixed.shape)
    #expect(array.chunks == fixed.chunks && array.shards == fixed.shards && array.chunking == Chunking(shape: fixed.chunks))
    let expected = try Npy.read(sharded(fixed.npy))
    for threads in [1, 3] { #expect(try sameBits(try array.readAll(ReadContext(pool: ThreadPool(threads: threads))), expected)) }
    var generator = KeyedGenerator(seed: 5, purpose: "boxes")
    for _ in 0..<100 {
      let offset = fixed.shape.map { generator.index(below: $0) }
      let extent = zip(fixed.shape, offset).map { 1 + generator.index(below: $0 - $1) }
      #expect(try sameBits(try array.read(try box(offset, extent), alone), try expected.slice(offset: offset, shape: extent)), "\(offset) \(extent)")
    }
  }

  @Test(arguments: ShardFixture.all) func everyInnerChunkIsFoundOrMissing(fixed: ShardFixture) throws {
    let array = try StoredArray.open(sharded(fixed.store))
    var stored = 0, missing = 0
    for item in 0..<array.chunkCount {
      var rest = item, index = array.chunkGrid
      for axis in index.indices.reversed() { (index[axis], rest) = (rest % array.chunkGrid[axis], rest / array.chunkGrid[axis]) }
      let there = try array.verifyChunk(index)
      #expect(try there == (array.storedBytes(ofChunk: index) != nil))
      if there { stored += 1 } else { missing += 1 }
    }
    #expect(stored > 0 && missing > 0)
  }

  // MARK: Writing

  /// Boxes written in any order, whole shards or parts of them, over each other, from strided views: the same as in memory.
  @Test(arguments: [true, false], [Codec.raw, .zstd(level: 1)]) func everyBoxIsWrittenRight(atEnd: Bool, codec: Codec) throws {
    try withTemporaryDirectory { folder in
      let shape = [7, 9, 5], path = "\(folder)/a.zarr/a"
      _ = try StoredArray.create(path, ArraySpec(.int32, shape, chunks: [2, 2, 3], shards: [4, 4, 6], codec: codec, fillValue: -9))
      if !atEnd {
        let text = String(decoding: try Files.read("\(path)/zarr.json"), as: UTF8.self)
        try Files.writeAtomically(text.replacing("\"end\"", with: "\"start\""), "\(path)/zarr.json")
      }
      let array = try StoredArray.open(path, mode: .edit)
      var expected = try NDArray([Int32](repeating: -9, count: shape.reduce(1, *)), shape)
      var generator = KeyedGenerator(seed: 1, purpose: "boxes")
      for round in 0..<150 {
        let offset = shape.map { generator.index(below: $0) }
        let extent = zip(shape, offset).map { 1 + generator.index(below: $0 - $1) }
        let isEmptied = round % 10 == 9   // what holds the fill value alone is not stored
        let values = try isEmptied ? NDArray([Int32](repeating: -9, count: extent.reduce(1, *)), extent.reversed()) : randomArray(.int32, extent.reversed(), seed: UInt64(round))
        let transposed = try values.transposed([2, 1, 0])
        try array.write(transposed, at: offset, ReadContext(pool: ThreadPool(threads: 1 + round % 3)))
        try expected.assign(transposed, at: offset)
        #expect(try sameBits(try array.readAll(alone), expected), "round \(round): \(offset) \(extent)")
      }
      #expect(try sameBits(try StoredArray.open(path).readAll(alone), expected))
      try array.write(try NDArray([Int32](repeating: -9, count: shape.reduce(1, *)), shape), alone)
      #expect(try Files.list("\(path)/c/0/0").isEmpty)
    }
  }

  /// Arrays of others, changed in part: index at start, wrapped, nested, transposed, all go on as they were laid out.
  @Test(arguments: ShardFixture.all) func whatOthersWroteIsChangedInPlace(fixed: ShardFixture) throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr"
      try StoredNode.open(sharded(fixed.store)).copyFiles(to: path, replace: false, ExecutionContext(pool: ThreadPool(threads: 1)))
      let array = try StoredArray.open(path, mode: .edit)
      var expected = try Npy.read(sharded(fixed.npy))
      var generator = KeyedGenerator(seed: 8, purpose: "boxes")
      for round in 0..<20 {
        let offset = fixed.shape.map { generator.index(below: $0) }
        let extent = zip(fixed.shape, offset).map { 1 + generator.index(below: $0 - $1) }
        let values = try randomIntegers(0...99, array.dtype, extent, seed: UInt64(round))
        try array.write(values, at: offset, alone)
        try expected.assign(values, at: offset)
        #expect(try sameBits(try array.readAll(alone), expected), "round \(round): \(offset) \(extent)")
      }
    }
  }

  @Test func writersOfPartsOfOneShardDoNotLoseEachOther() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr/a"
      let one = try StoredArray.create(path, ArraySpec(.uint8, [64], chunks: [4], shards: [64])), other = try StoredArray.open(path, mode: .edit)
      // two arrays in one process lock as two processes do: each has an open file of its own
      try ThreadPool(threads: 4).forEach(64) { item, _ in try (item % 2 == 0 ? one : other).write(try NDArray([UInt8(item + 1)], [1]), at: [item], alone) }
      #expect(try one.readAll(alone).elements(UInt8.self) == Array(1...64))
    }
  }

  // MARK: What is read

  @Test func aBoxReadsTheIndexAndTheChunksItNeedsOnce() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr/a"
      let values = try randomArray(.uint16, [256, 256], seed: 1)
      try StoredArray.create(path, ArraySpec(.uint16, [256, 256], chunks: [32, 32], shards: [128, 128], codec: .raw)).write(values, alone)
      let log = ReadLog()
      let array = try log.watching { try StoredArray.open(path) }
      _ = array.codecText + "\(array.chunkCount) \(array.grid)"
      #expect(log.total == 0)
      #expect(try sameBits(try array.read(try box([0, 0], [32, 32]), alone), try values.slice(offset: [0, 0], shape: [32, 32])))
      #expect(log.reads == ["\(path)/c/0/0": 2])   // the index, one chunk
      log.forget()
      // one chunk of each of four shards
      #expect(try sameBits(try array.read(try box([120, 120], [16, 16]), alone), try values.slice(offset: [120, 120], shape: [16, 16])))
      #expect(log.reads == ["\(path)/c/0/0": 2, "\(path)/c/0/1": 2, "\(path)/c/1/0": 2, "\(path)/c/1/1": 2])
      log.forget()
      // chunks that follow each other by one read, as long as each of the threads has something to do
      #expect(try sameBits(try array.read(try box([0, 0], [128, 128]), alone), try values.slice(offset: [0, 0], shape: [128, 128])))
      #expect(log.reads == ["\(path)/c/0/0": 3])
    }
  }

  // MARK: Damage

  /// A sharded array of 6 × 6 in chunks of 2 × 2, all voxels above 0, and the file of its first shard, of 4 × 4.
  private func stored(_ folder: String, atEnd: Bool, checked: Bool, _ codec: Codec = .raw) throws -> (path: String, shard: String) {
    let path = "\(folder)/a.zarr/\(atEnd)-\(checked)"
    let array = try StoredArray.create(path, ArraySpec(.uint16, [6, 6], chunks: [2, 2], shards: [4, 4], codec: codec))
    var document = try JSON(parsing: try Files.read("\(path)/zarr.json"))
    guard var sharding = document["codecs"]?.array?.first else { throw StorageError.notFound(path: path, near: nil) }
    if !checked { sharding["configuration"]?["index_codecs"] = [["name": "bytes", "configuration": ["endian": "little"]]] }
    if !atEnd { sharding["configuration"]?["index_location"] = "start" }
    document["codecs"] = [sharding]
    try Files.writeAtomically(document.pretty, "\(path)/zarr.json")
    try StoredArray.open(path, mode: .edit).write(try randomIntegers(1...9, .uint16, [6, 6]), alone)
    return (path, array.store.path(array.chunkKey([0, 0])))
  }

  private func words(_ bytes: [UInt8]) -> [UInt64] { bytes.withUnsafeBytes { bytes in (0..<8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) } } }
  private func bytes(_ words: [UInt64]) -> [UInt8] { words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } } }

  @Test(arguments: [
    ([0, 8, 8, 8, 16, 8, 1000, 8], "outside the shard"), ([0, 8, 8, 8, 16, 8, 24, 9], "outside the shard"), ([0, 8, 8, 8, 16, 8, .max - 3, 8], "outside the shard"),
    ([0, 8, 8, 8, 16, 8, .max, 8], "outside the shard"), ([0, 8, 8, 8, 16, 8, 24, .max], "outside the shard"), ([0, 8, 4, 8, 16, 8, 24, 8], "overlap"), ([0, 8, 0, 8, 16, 8, 24, 8], "overlap"),
    ([0, 8, 8, 8, 16, 8, 24, 4], "inner chunk 1/1"), ([0, 8, 8, 8, 16, 8, 24, 0], "inner chunk 1/1"), ([0, 32, 32, 0, 32, 0, 32, 0], "inner chunk"),
  ] as [([UInt64], String)])
  func anIndexThatLiesIsRefused(index: [UInt64], reason: String) throws {
    try withTemporaryDirectory { folder in
      let (path, shard) = try stored(folder, atEnd: true, checked: false)
      let whole = try Files.read(shard)
      #expect(whole.count == 96 && words(Array(whole[32...])) == [0, 8, 8, 8, 16, 8, 24, 8])
      try Files.writeAtomically(Array(whole[..<32]) + bytes(index), shard)
      guard case .corruptChunk(path, "c/0/0", let found)? = storageError({ _ = try StoredArray.open(path).readAll(alone) }) else { Issue.record("expected corruptChunk"); return }
      #expect(found.contains(reason), "\(found)")
      _ = try StoredArray.open(path).read(try box([4, 0], [2, 6]), alone)   // other shards still read
    }
  }

  @Test(arguments: [true, false], [Codec.raw, .standard, .zstd(level: 3), .gzip(level: 5)]) func aShardCutAnywhereIsNamed(atEnd: Bool, codec: Codec) throws {
    try withTemporaryDirectory { folder in
      let (path, shard) = try stored(folder, atEnd: atEnd, checked: true, codec)
      let expected = try StoredArray.open(path).readAll(alone)
      let whole = try Files.read(shard)
      for length in 0..<whole.count {
        try Files.writeAtomically(Array(whole[..<length]), shard, sync: false)
        guard case .corruptChunk(path, "c/0/0", _)? = storageError({ _ = try StoredArray.open(path).readAll(alone) }) else { Issue.record("cut at \(length) of \(whole.count)"); continue }
      }
      try Files.writeAtomically(whole, shard)
      #expect(try sameBits(try StoredArray.open(path).readAll(alone), expected))
    }
  }

  @Test(arguments: [true, false], [true, false]) func randomDamageNeverCrashes(atEnd: Bool, checked: Bool) throws {
    try withTemporaryDirectory { folder in
      var generator = KeyedGenerator(seed: 3, purpose: "damage")
      let (path, shard) = try stored(folder, atEnd: atEnd, checked: checked, .zstd(level: 3))
      let whole = try Files.read(shard), array = try StoredArray.open(path)
      for _ in 0..<500 {
        var bytes = whole
        for _ in 0...generator.index(below: 3) { bytes[generator.index(below: bytes.count)] = UInt8(generator.index(below: 256)) }
        try Files.writeAtomically(bytes, shard, sync: false)
        do { #expect(try array.readAll(alone).shape == [6, 6]) } catch let error as StorageError {
          guard case .corruptChunk = error else { Issue.record("\(error)"); continue }
        }
      }
    }
  }

  @Test(arguments: [
    ("chunk_shape", [3, 2], "do not divide"), ("chunk_shape", [2], "1 axes"), ("chunk_shape", [0, 2], "do not divide"), ("chunk_shape", [-2, 2], "do not divide"), ("chunk_shape", nil, "chunk_shape"),
    ("codecs", nil, "bytes is missing"), ("codecs", [], "bytes is missing"), ("index_codecs", [], "bytes is missing"), ("index_codecs", nil, "bytes is missing"), ("index_location", "middle", "start or end"),
    ("index_codecs", [["name": "gzip"]], "the index codec gzip"), ("index_codecs", [["name": "bytes", "configuration": ["endian": "middle"]]], "little or big"),
  ] as [(String, JSON, String)])
  func wrongSettingsAreNamed(field: String, value: JSON, reason: String) throws {
    try withTemporaryDirectory { folder in
      let (path, _) = try stored(folder, atEnd: true, checked: true)
      var document = try JSON(parsing: try Files.read("\(path)/zarr.json"))
      guard var sharding = document["codecs"]?.array?.first else { return }
      sharding["configuration"]?[field] = value
      document["codecs"] = [sharding]
      try Files.writeAtomically(document.pretty, "\(path)/zarr.json")
      let error = storageError { _ = try StoredArray.open(path) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
  }
}
