import Arrays
import Execution
import Geometry
import Glibc
import Storage
import TestSupport
import Testing

/// What `body` reads goes through a cache of its own.
private func caching<R>(_ limit: Int, _ body: (ChunkCache) throws -> R) rethrows -> R {
  let cache = ChunkCache(limit: limit)
  return try ChunkCache.$around.withValue(cache) { try body(cache) }
}

/// Younger files are not kept.
private func becomeOld() { usleep(150_000) }

@Suite struct ChunkCacheTests {
  static let specs: [ArraySpec] = [
    ArraySpec(.uint16, [20, 20], chunks: [8, 8], codec: .zstd(level: 1), format: .zarr2), ArraySpec(.uint16, [20, 20], chunks: [8, 8], codec: .raw, format: .zarr3),
    ArraySpec(.uint16, [20, 20], chunks: [8, 8], shards: [16, 16], codec: .zstd(level: 1)), ArraySpec(.uint16, [20, 20], chunks: [8, 8], codec: .gzip(level: 1), format: .n5),
  ]

  @Test(arguments: specs) func everyBoxIsRightWhateverIsKept(spec: ArraySpec) throws {
    try withTemporaryDirectory { folder in
      for limit in [0, 16 * 128, 16 * 128 * 3, 1 << 20] {
        try caching(limit) { cache in
          let path = "\(folder)/\(limit).zarr/a", array = try StoredArray.create(path, spec), values = try randomArray(.uint16, spec.shape, seed: 1)
          try array.write(values, alone)
          becomeOld()
          var generator = KeyedGenerator(seed: 2, purpose: "boxes")
          for round in 0..<200 {
            let offset = spec.shape.map { generator.index(below: $0) }, extent = zip(spec.shape, offset).map { 1 + generator.index(below: $0 - $1) }
            let read = try array.read(try box(offset, extent), ReadContext(pool: ThreadPool(threads: 1 + round % 3)))
            #expect(try sameBits(read, try values.slice(offset: offset, shape: extent)), "\(offset) \(extent)")
            #expect(cache.byteCount <= limit)
          }
          #expect((cache.hits > 0) == (limit > 0))
        }
      }
    }
  }

  @Test(arguments: specs) func boxesThatOverlapDecodeAChunkOnce(spec: ArraySpec) throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let path = "\(folder)/a.zarr/a"
        try StoredArray.create(path, spec).write(try randomArray(.uint16, spec.shape, seed: 1), alone)
        becomeOld()
        for _ in 0..<3 { _ = try StoredArray.open(path).read(try box([6, 6], [4, 4]), alone) }   // whoever opens it
        #expect(cache.misses == 4 && cache.hits == 8)
        _ = try StoredArray.open(path).declaring(Declared(voxelSize: WorldCoordinate([Rational(4), Rational(4)]))).read(try box([6, 6], [4, 4]), alone)
        #expect(cache.misses == 4 && cache.hits == 12)
      }
    }
  }

  @Test(arguments: specs) func chunksTakenWholePassBy(spec: ArraySpec) throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let array = try StoredArray.create("\(folder)/a.zarr/a", spec)
        try array.write(try randomArray(.uint16, spec.shape, seed: 1), alone)
        becomeOld()
        _ = try array.readAll(alone)
        _ = try array.read(try box([8, 8], [12, 12]), alone)   // whole chunks, those at the border too
        #expect(cache.byteCount == 0 && cache.misses == 0)
      }
    }
  }

  @Test(arguments: specs) func aRewriteIsSeenAtOnce(spec: ArraySpec) throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let path = "\(folder)/a.zarr/a", reader = try { () throws -> StoredArray in _ = try StoredArray.create(path, spec); return try StoredArray.open(path) }()
        let writer = try StoredArray.open(path, mode: .edit), part = try box([3, 3], [10, 10])
        for round in 0..<6 {
          let values = try randomArray(.uint16, spec.shape, seed: UInt64(round))
          try writer.write(values, alone)
          for isOld in [false, true, true] {
            if isOld { becomeOld() }
            #expect(try sameBits(reader.read(part, alone), values.slice(offset: [3, 3], shape: [10, 10])) && sameBits(writer.read(part, alone), values.slice(offset: [3, 3], shape: [10, 10])))
          }
          let changed = try NDArray([UInt16](repeating: 7, count: 4), [2, 2])   // a part of one chunk, by the handle that has read it
          try writer.write(changed, at: [4, 4], alone)
          #expect(try sameBits(reader.read(try box([4, 4], [2, 2]), alone), changed))
        }
        #expect(cache.hits > 0)
      }
    }
  }

  @Test func aRewriteInPlaceWithItsOldDateIsSeen() throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let path = "\(folder)/a.zarr/a", array = try StoredArray.create(path, ArraySpec(.uint8, [4], chunks: [4], codec: .raw, format: .zarr2))
        try array.write(try NDArray([UInt8]([1, 2, 3, 4]), [4]), alone)
        becomeOld()
        let part = try box([1], [2])
        #expect(try array.read(part, alone).withBytes { Array($0) } == [2, 3] && cache.byteCount == 4)
        var info = stat()
        #expect(stat("\(path)/0", &info) == 0)
        let file = open("\(path)/0", O_WRONLY)
        #expect(pwrite(file, [9, 9, 9, 9] as [UInt8], 4, 0) == 4 && futimens(file, [info.st_atim, info.st_mtim]) == 0)
        close(file)
        #expect(try array.read(part, alone).withBytes { Array($0) } == [9, 9])
      }
    }
  }

  /// The same bytes under other metadata are other values.
  @Test func otherMetadataDecodeAnew() throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let path = "\(folder)/a.zarr/a", array = try StoredArray.create(path, ArraySpec(.uint16, [4], chunks: [4], codec: .raw, format: .zarr2)), part = try box([1], [2])
        try array.write(try NDArray([UInt16]([1, 2, 3, 4]), [4]), alone)
        becomeOld()
        #expect(try array.read(part, alone).withBytes { Array($0) } == [2, 0, 3, 0] && cache.byteCount == 8)
        let text = String(decoding: try Files.read("\(path)/.zarray"), as: UTF8.self)
        try Files.writeAtomically(text.replacing("<u2", with: ">u2"), "\(path)/.zarray")
        #expect(try StoredArray.open(path).read(part, alone).withBytes { Array($0) } == [0, 2, 0, 3])
      }
    }
  }

  @Test func theOldestGoesFirstAndLargeOnesAreNotKept() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a.zarr/a"
      try StoredArray.create(path, ArraySpec(.uint8, [640], chunks: [32], codec: .raw)).write(try randomArray(.uint8, [640], seed: 1), alone)
      becomeOld()
      try caching(16 * 32) { cache in
        let array = try StoredArray.open(path)
        func touch(_ chunk: Int) throws -> Bool {
          let hits = cache.hits
          _ = try array.read(try box([32 * chunk + 1], [3]), alone)
          return cache.hits > hits
        }
        for chunk in 0..<16 { #expect(try !touch(chunk)) }
        #expect(try cache.byteCount == 16 * 32 && touch(0))
        #expect(try !touch(16) && touch(0) && !touch(1) && touch(3))   // 1 had to go for 16, then 2 for 1
        cache.limit = 16 * 32 - 1
        #expect(cache.byteCount == 15 * 32)
        _ = try array.read(try box([32 * 18 + 1], [3]), alone)
        #expect(cache.byteCount == 15 * 32)   // a chunk is now more than a sixteenth
        cache.limit = 0
        #expect(cache.byteCount == 0)
      }
    }
  }

  @Test func errorsAreNotKept() throws {
    try withTemporaryDirectory { folder in
      try caching(1 << 20) { cache in
        let path = "\(folder)/a.zarr/a", array = try StoredArray.create(path, ArraySpec(.uint8, [64], chunks: [64], codec: .zstd(level: 1), format: .zarr2)), part = try box([1], [9])
        let values = try randomArray(.uint8, [64], seed: 1)
        try array.write(values, alone)
        let good = try Files.read("\(path)/0")
        try Files.writeAtomically(Array(good.dropLast(3)), "\(path)/0")
        becomeOld()
        for _ in 0..<2 { #expect(storageError { _ = try array.read(part, alone) } != nil) }
        #expect(cache.byteCount == 0)
        try Files.writeAtomically(good, "\(path)/0")
        becomeOld()
        let cancelled = Cancellation()
        cancelled.cancel()
        #expect(throws: Cancelled.self) { try array.read(part, ReadContext(cancellation: cancelled)) }
        #expect(cache.byteCount == 0)
        for _ in 0..<2 { #expect(try sameBits(array.read(part, alone), values.slice(offset: [1], shape: [9]))) }
        #expect(cache.byteCount == 64 && cache.hits == 1)
      }
    }
  }

  /// Threads that fill, hit and rewrite at once: all that is read is one writing or another, the bound holds at every moment.
  @Test func manyThreads() throws {
    try withTemporaryDirectory { folder in
      try caching(16 * 64 * 2) { cache in
        let path = "\(folder)/a.zarr/a", array = try StoredArray.create(path, ArraySpec(.uint8, [64 * 40], chunks: [64], codec: .zstd(level: 1)))
        try array.write(try NDArray([UInt8](repeating: 1, count: 64 * 40), [64 * 40]), alone)
        becomeOld()
        try ThreadPool(threads: 8).forEach(8) { worker, _ in
          var generator = KeyedGenerator(seed: UInt64(worker), purpose: "threads")
          for round in 0..<2000 {
            let chunk = generator.index(below: 40)
            if worker == 0, round % 20 == 0 { try array.write(try NDArray([UInt8](repeating: UInt8(1 + round % 200), count: 64), [64]), at: [64 * chunk], alone) }
            let found = try array.read(try box([64 * chunk + 3], [50]), alone).withBytes { Set($0) }
            if found.count != 1 || cache.byteCount > cache.limit { Issue.record("\(found), \(cache.byteCount) bytes"); return }
          }
        }
        #expect(cache.hits > 0)
      }
    }
  }

  /// Beside a plain list, in any order of uses, additions and removals.
  @Test func recencyIsThatOfAList() {
    var fast = Recency<Int, Int>(), plain: [(key: Int, value: Int, moment: Int)] = [], generator = KeyedGenerator(seed: 3, purpose: "recency")
    for moment in 0..<5000 {
      let key = generator.index(below: 12), at = plain.firstIndex { $0.key == key }, old = at.map { plain[$0].value }
      switch generator.index(below: 8) {
      case 0: #expect(fast.remove(key) == at.map { plain.remove(at: $0).value })
      case 1: #expect(fast.removeOldest() == (plain.isEmpty ? nil : plain.removeFirst().value))
      case 2, 3, 4:
        #expect(fast.use(key, at: moment) == old)
        if let at { plain.append((key, plain.remove(at: at).value, moment)) }
      default:
        #expect(fast.add(moment, key, at: moment) == old)
        if let at { plain.remove(at: at) }
        plain.append((key, moment, moment))
      }
      #expect(fast.count == plain.count && fast.oldestMoment == plain.first?.moment)
    }
  }
}
