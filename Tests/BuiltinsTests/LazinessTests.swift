// What reads how much: nothing for looking at metadata and taking views, each chunk once for a reduction, a few for a picture.

import Builtins
import Execution
import Language
import Storage
import TestSupport
import Testing

@Suite struct LazinessTests {
  /// A session whose containers are watched.
  private final class Session {
    let interpreter: Interpreter, log = ReadLog()

    init(_ setup: String = "", threads: Int = 2, budget: Int = 1 << 30) throws {
      interpreter = try Interpreter(
        registry: Vocabulary.registry, host: SilentHost(), execution: ExecutionContext(pool: ThreadPool(threads: threads), memoryBudget: budget))
      if !setup.isEmpty { _ = try shown(setup) }
    }

    /// What the prompt shows for the last value.
    @discardableResult func shown(_ code: String) throws -> String {
      var last = ""
      let ending = log.watching { interpreter.enter(Source(name: "test", text: code)) { last = $0.shown() } }
      if let error = ending.diagnostics.first(where: { $0.severity == .error }) { throw Failed(text: "\(code): \(error.id) \(error.message)") }
      return last
    }

    /// Runs each line, which must read so many chunks.
    func expectReads(_ counts: ClosedRange<Int>, _ lines: [String]) throws {
      for code in lines {
        log.forget()
        try shown(code)
        #expect(counts.contains(log.total), "\(code) read \(log.total) chunks: \(log.reads)")
      }
    }

    /// The id of the error that the code ends with.
    func refusal(_ code: String) -> String? {
      log.watching { interpreter.enter(Source(name: "test", text: code)) { _ = $0.shown() } }.diagnostics.first { $0.severity == .error }.map { "\($0.id)" }
    }
  }

  private struct Failed: Error { let text: String }

  /// 40 × 36 × 50 voxels in 36 chunks of 16³.
  private func volume(_ folder: String) -> String {
    "raw = save(cast(floor(random((40, 36, 50), key=\"lazy\", voxel=(8, 4, 4)nm) * 256), uint8), \"\(folder)/t.zarr/raw\", chunks=16);"
  }

  @Test func viewsAndMetadataReadNothing() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder))
      try session.expectReads(0...0, [
        "raw", "print(raw)", "c = open(\"\(folder)/t.zarr\")", "c", "raw = c[\"raw\"]", "raw.roi", "raw.attrs", "raw.shape", "len(raw)", "raw[3:20]", "v = raw[::2, 5, ::-3]; v", "raw[16nm:64nm]",
        "raw[roi((16, 8, 8)nm, (64, 64, 64)nm)]", "transpose(raw, [\"x\", \"z\", \"y\"])[10:20]", "cast(raw, float32)", "f = flip(cast(raw[1:], uint16), \"y\"); f", "w = v; w.dtype", "fn part(a) = a[2:9]\npart(raw).shape",
        "chunks(raw)", "tree(\"\(folder)/t.zarr\")",
      ])
    }
  }

  @Test func pyramidsAreShownAndPickedWithoutReading() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder) + "\ng = pyramid(raw, to=\"\(folder)/p.zarr/em\", levels=3);")
      try session.expectReads(0...0, [
        "g", "print(g)", "g.levels", "g[1]", "len(g)", "tree(g)", "tree(\"\(folder)/p.zarr\")", "open(\"\(folder)/p.zarr/em\", voxel=8nm)", "g.attrs", "for level in g { print(level) }",
      ])
    }
  }

  /// Each level reads the chunks of the one before once, and no other.
  @Test func aPyramidReadsEachChunkOnce() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder) + "\nraw = copy(raw, \"\(folder)/p.zarr/em/s0\");")
      session.log.forget()
      try session.shown("g = pyramid(raw, levels=3);")
      let reads = session.log.reads
      #expect(reads.values.allSatisfy { $0 == 1 } && reads.keys.count { $0.contains("/s0/") } == 36, "\(reads)")
    }
  }

  @Test func completionReadsNothing() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder)), paths = ContainerPaths(budget: 5)
      session.log.forget()
      let found = session.log.watching { ["", "r", "raw", "raw/"].map { paths.entries(beginning: "\(folder)/t.zarr/\($0)").map(\.path) } }
      #expect(found == [["\(folder)/t.zarr/raw"], ["\(folder)/t.zarr/raw"], ["\(folder)/t.zarr/raw"], []])
      #expect(session.log.reads.isEmpty)
    }
  }

  @Test func reductionsReadEachChunkOnce() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder))
      for code in [
        "stats(raw)", "sum(raw)", "mean(raw > 120)", "min(raw)", "max(raw)", "all(raw * 1 < 300)", "any(raw * 1 > 300)", "unique(raw)", "count(raw > 120)", "mean((raw * 2.0 - raw) / 255)", "sum(transpose(raw, [\"x\", \"z\", \"y\"]))",
        "sum(where(raw > 9, raw, 0))", "save(raw / 255.0, \"\(folder)/t.zarr/scaled\", chunks=16)", "x = raw + 1", "read(raw)", "unique(raw // 64, counts=true)", "stats(cast(raw, float32))",
        "objects(raw // 64, block=16)", "distance(raw > 99, to=\"\(folder)/t.zarr/distance\", block=16)", "watershed(raw, raw // 255, to=\"\(folder)/t.zarr/flood\").dtype; nil",
      ] {
        session.log.forget()
        try session.shown(code)
        let reads = session.log.reads.filter { $0.key.contains("/raw/") }, expected = code.hasPrefix("watershed") ? 2 : 1   // two of its arrays are made of raw
        #expect(reads.count == 36 && reads.values.allSatisfy { $0 == expected }, "\(code) read \(reads.count) chunks, \(session.log.total) times")
      }
      session.log.forget()
      try session.shown("sum(raw[3:20, ::2])")
      #expect(session.log.reads.count == 24 && session.log.total == 24)
    }
  }

  /// Two passes read twice, whatever the expression is made of; what is finished is not read again.
  @Test func outOfCoreWordsStreamExpressions() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(volume(folder))
      for (number, code) in ["label(raw > 200, %)", "remove_small(raw // 16, size=400, %)", "size_of(raw // 16, %)", "relabel(raw // 16, %)", "signed_distance(raw // 99, %)"].enumerated() {
        let call = "x = " + code.replacing("%", with: "to=\"\(folder)/t.zarr/o\(number)\", block=16")
        session.log.forget()
        try session.shown(call)
        let reads = session.log.reads.filter { $0.key.contains("/raw/") }
        #expect(reads.count == 36 && reads.values.allSatisfy { (2...3).contains($0) }, "\(code): \(reads.values.sorted())")
      }
      for number in [0, 4] {
        session.log.forget()
        try session.shown("x = " + (number == 0 ? "label(raw > 200" : "signed_distance(raw // 99") + ", to=\"\(folder)/t.zarr/o\(number)\", block=16)")
        #expect(session.log.total == 0, "finished work was read again: \(session.log.reads)")
      }
    }
  }

  /// With a budget that holds a sixteenth of what is written.
  @Test func savesInBoundedMemory() throws {
    try withTemporaryDirectory { folder in
      let session = try Session(
        "raw = save(cast(floor(random((128, 128, 128), key=\"big\") * 2), uint8), \"\(folder)/t.zarr/raw\", chunks=32); whole = gaussian(read(raw), sigma=1) > 0.5; sizes = size_of(label(read(raw) > 0));")
      let small = try Session("raw = open(\"\(folder)/t.zarr/raw\")", budget: 1 << 20)
      for code in ["x = raw + 1", "raw + 1", "x = gaussian(raw, sigma=1) > 0.5", "read(raw)", "y = [raw > 1]", "label(raw > 0)", "argmax(raw)", "median(raw, radius=1)", "watershed(raw, raw, to=\"\(folder)/t.zarr/w\")"] {
        small.log.forget()
        #expect(small.refusal(code) == "E6", "\(code)")
        #expect(small.log.total == 0, "\(code) was refused after reading \(small.log.total) chunks")
      }
      try small.shown("m = save(gaussian(raw, sigma=1) > 0.5, \"\(folder)/t.zarr/m\", chunks=32)")
      try small.shown("s = size_of(label(raw > 0, to=\"\(folder)/t.zarr/l\", block=16), to=\"\(folder)/t.zarr/s\", block=16)")
      #expect(try session.shown("[same(whole, open(\"\(folder)/t.zarr/m\")), same(sizes, open(\"\(folder)/t.zarr/s\"))]") == "[true, true]")
    }
  }

  // MARK: look

  @Test func lookReadsAFewChunks() throws {
    try withTemporaryDirectory { folder in
      let session = try Session("big = create(\"\(folder)/t.zarr/big\", shape=(640, 3000, 2000), dtype=uint8, chunks=16, voxel=4nm); many = create(\"\(folder)/t.zarr/many\", shape=(9, 64, 900, 900), axes=[\"c\", \"z\", \"y\", \"x\"], dtype=uint8, chunks=16);")
      try session.expectReads(1...27, ["look(big)", "look(big, axis=\"y\", at=2999)", "look(big[:, ::-1, ::3])", "look(transpose(big, [\"x\", \"y\", \"z\"]))", "look(big, at=400nm)", "look(big[5])", "look(many)", "look(many, channel=3)", "look(many[2])"])
    }
  }

  /// Views through other words read as little.
  @Test func lookReadsAFewChunksThroughOtherWords() throws {
    try withTemporaryDirectory { folder in
      let session = try Session("big = create(\"\(folder)/t.zarr/big\", shape=(64, 1600, 1600), dtype=uint8, chunks=16, voxel=4nm); wide = cast(big, float32);")
      try session.expectReads(1...27, ["look(wide)", "look(cast(big, uint16)[:, ::-1])", "look(pad(big, 5))", "look(pad(big, 5, mode=\"edge\"), at=0)", "look(concat(big, big))", "look(big > 3)", "look(cast(big * 2, uint8), axis=\"x\")"])
    }
  }

  /// Five levels of an OME-NGFF pyramid: the coarsest that fills the screen is shown, and no chunk of another is read.
  @Test func lookPicksALevel() throws {
    try withTemporaryDirectory { folder in
      let session = try Session()
      let levels = (0..<5).map { level in
        "{\"path\": \"s\(level)\", \"coordinateTransformations\": [{\"type\": \"scale\", \"scale\": [\(4 << level), \(4 << level), \(4 << level)]}, {\"type\": \"translation\", \"translation\": [\((4 << level) / 2 - 2), \((4 << level) / 2 - 2), \((4 << level) / 2 - 2)]}]}"
      }
      let axes = ["z", "y", "x"].map { "{\"name\": \"\($0)\", \"type\": \"space\", \"unit\": \"nanometer\"}" }
      for level in 0..<5 { try session.shown("create(\"\(folder)/p.zarr/em/s\(level)\", shape=(\(512 >> level), \(2048 >> level), \(1024 >> level)), dtype=uint8, chunks=16);") }
      try Files.writeAtomically(
        "{\"multiscales\": [{\"version\": \"0.4\", \"axes\": [\(axes.joined(separator: ", "))], \"datasets\": [\(levels.joined(separator: ", "))]}]}", "\(folder)/p.zarr/em/.zattrs")
      try session.shown("em = open(\"\(folder)/p.zarr/em\"); s0 = open(\"\(folder)/p.zarr/em/s0\"); s2 = open(\"\(folder)/p.zarr/em/s2\");")
      // 80 columns and 40 rows of a screen: a slice of s4 has 64 × 128 voxels, across y 64 × 32, which is too few, and of s3 128 × 64
      for (code, level) in [("look(em)", 4), ("look(s0)", 4), ("look(s2)", 4), ("look(em, axis=\"y\")", 3), ("look(s0, axis=\"y\", at=2000)", 3), ("look(s0, whole=true, axis=\"y\", at=3)", 0)] {
        session.log.forget()
        let shown = try session.shown(code)
        let read = Set(session.log.reads.keys.compactMap { key in (0..<5).first { key.contains("/em/s\($0)/") } })
        #expect(read == [level], "\(code) read levels \(read.sorted()): \(shown.split(separator: "\n").last ?? "")")
        if !code.contains("whole") { #expect(session.log.total <= 27 && shown.contains("level \(level + 1) of 5"), "\(code)") }
      }
    }
  }
}
