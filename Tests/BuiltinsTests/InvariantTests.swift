// What holds for whole scripts: equal bytes for any number of threads and after any stop, and dry runs that foretell what happens.

import Arrays
import Blockwise
import Builtins
import Execution
import Language
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct InvariantTests {
  /// Every word that writes by blocks, and reductions whose sums would show another order.
  ///
  /// - Parameter pairs: to be merged; a dry run does not know those that touch.
  private func script(_ folder: String, pairs: String = "touching(pieces)") -> String {
    """
    raw = open("\(folder)/in.zarr/raw")
    fn smooth(b) = gaussian(cast(b, float32), sigma=8nm)
    soft = blockwise(smooth, raw, to="\(folder)/out.zarr/soft", dtype=float32, block=(16, 11, 16), chunks=(8, 11, 16), context=4)
    mask = blockwise(fn(b) = b > 126, soft, to="\(folder)/out.zarr/mask", block=16)
    found = label(mask, to="\(folder)/out.zarr/found", block=(10, 16, 12))
    filled = fill_holes(found, to="\(folder)/out.zarr/filled", block=16)
    big = remove_small(filled, size=9, to="\(folder)/out.zarr/big", block=16)
    sizes = size_of(big, to="\(folder)/out.zarr/sizes", block=(7, 20, 16))
    far = distance(mask, to="\(folder)/out.zarr/far", block=16)
    pieces = blockwise(fn(b) = label(b > 0), mask, to="\(folder)/out.zarr/pieces", block=(12, 12, 16), ids="unique")
    joined = relabel(pieces, merge=\(pairs), to="\(folder)/out.zarr/joined", block=16)
    words = blockwise(fn(b) = cast(label(b > 0), uint64), mask, to="\(folder)/out.zarr/words", block=(12, 12, 16), ids="wide")
    numbered = relabel(words, wide=true, to="\(folder)/out.zarr/numbered", block=(16, 9, 16))
    flood = watershed(soft, big, to="\(folder)/out.zarr/flood", block=16)
    save(raw * 2.5 + far, "\(folder)/out.zarr/saved", chunks=16, replace=true);
    total = fold(fn(b) = sum(b), fn(x, y) = x + y, soft / 7, block=(9, 16, 16))
    print(total, sum(far), mean(soft / 3), stats(soft).std, sum(soft * far), sum(objects(big).x), joined.attrs.objects == found.attrs.objects)
    """
  }

  private func prepare(_ folder: String) throws {
    try run("save(cast(255 * random((20, 24, 28), key=\"invariant\", voxel=8nm), uint8), \"\(folder)/in.zarr/raw\", chunks=16);")
  }

  private final class Printed: Host {
    private let written = Mutex("")
    var text: String { written.withLock { $0 } }
    func write(_ text: String) { written.withLock { $0 += text } }
  }

  /// - Returns: what it prints; nil if it was interrupted.
  @discardableResult private func run(_ code: String, threads: Int = 2, _ cancellation: Cancellation = Cancellation(), dryRun: DryRun? = nil) throws -> String? {
    let host = Printed()
    let interpreter = try Interpreter(
      registry: Vocabulary.registry, host: host, execution: ExecutionContext(pool: ThreadPool(threads: threads), cancellation: cancellation), dryRun: dryRun)
    let ending = interpreter.run(Source(name: "test", text: code))
    if case .interrupted = ending { return nil }
    for error in ending.diagnostics where error.severity == .error { Issue.record("\(error.id) \(error.message) \(error.notes)") }
    return host.text
  }

  /// Runs with Ctrl-C at a write, and once more at the next one if `isUrgent`.
  private func stopped(_ code: String, threads: Int, at write: Int, isUrgent: Bool) throws -> String? {
    let cancellation = Cancellation()
    let log = ReadLog { count in if count == write || isUrgent && count == write + 1 { cancellation.cancel() } }
    return try log.watching { try run(code, threads: threads, cancellation) }
  }

  /// All files below a folder but journals, with their bytes.
  private func tree(_ path: String, _ below: String = "") throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for entry in try Files.list(path) where entry.name != ".dcs" {
      let child = path + "/" + entry.name
      if entry.isFolder { files.merge(try tree(child, below + entry.name + "/")) { a, _ in a } } else { files[below + entry.name] = try Files.read(child) }
    }
    return files
  }

  private func expectEqual(_ found: [String: [UInt8]], _ expected: [String: [UInt8]], _ what: String) {
    #expect(found.keys.sorted() == expected.keys.sorted(), "\(what)")
    let other = found.filter { $0.value != expected[$0.key] }.keys.sorted()
    #expect(other.isEmpty, "\(what): other bytes in \(other)")
  }

  @Test func anyNumberOfThreadsGivesTheSameBytes() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let said = try #require(try run(script(folder), threads: 1)), bytes = try tree(folder + "/out.zarr")
      #expect(bytes.count > 60 && said.contains("true"))
      for threads in [2, 7] {
        try Files.removeTree(folder + "/out.zarr")
        #expect(try run(script(folder), threads: threads) == said, "\(threads) threads")
        expectEqual(try tree(folder + "/out.zarr"), bytes, "\(threads) threads")
      }
    }
  }

  /// Ctrl-C, once or twice, at a random write, in any word; then again until it is through: the bytes of a run that was never stopped.
  @Test func anyStopsGiveTheSameBytes() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let log = ReadLog(), said = try #require(try log.watching { try run(script(folder)) }), bytes = try tree(folder + "/out.zarr"), writes = log.writes
      var generator = KeyedGenerator(seed: 1, purpose: "stops"), stops = 0
      for round in 0..<5 {
        try Files.removeTree(folder + "/out.zarr")
        var last: String?
        while last == nil {
          last = try stopped(script(folder), threads: 1 + round % 3, at: 1 + generator.index(below: writes), isUrgent: generator.index(below: 2) == 0)
          if last == nil { stops += 1 }
        }
        #expect(last == said, "round \(round)")
        expectEqual(try tree(folder + "/out.zarr"), bytes, "round \(round)")
      }
      #expect(stops >= 5)
    }
  }

  /// A dry run names what the run then reads and writes, with its bytes and blocks; and does none of it.
  @Test func dryRunsForetell() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let dry = DryRun(exists: { Files.kind($0) != nil }), foretelling = ReadLog()
      let script = script(folder, pairs: "[[1, 2]]")
      _ = try foretelling.watching { try run(script, dryRun: dry) }
      #expect(foretelling.reads.isEmpty && foretelling.writes == 0 && Files.kind(folder + "/out.zarr") == nil)
      #expect(!dry.hasConflicts)

      let log = ReadLog()
      _ = try log.watching { try run(script) }
      let names = try Files.list(folder + "/out.zarr").filter(\.isFolder).map { "\(folder)/out.zarr/\($0.name)" }
      let planned = dry.effects.flatMap(\.writes)
      #expect(planned.map(\.path).sorted() == names.sorted())
      for item in planned {
        let array = try StoredArray.open(item.path)
        #expect(item.bytes == array.shape.reduce(array.dtype.size, *), "\(item.path)")
        #expect(item.detail.hasPrefix("\(array.dtype) "), "\(item.path): \(item.detail)")
      }
      // what is read: of all arrays there are, those whose chunks were asked for
      let read = ([folder + "/in.zarr/raw"] + names).filter { array in log.reads.keys.contains { $0.hasPrefix(array + "/") } }
      #expect(Set(dry.effects.flatMap(\.reads).map(\.path)) == Set(read))
      // blocks: those of the journals; a first pass that is always done anew, over ids or planes, has none
      var compared = 0
      for effect in dry.effects where effect.blocks != nil && effect.writes.count == 1 && !effect.notes.contains(where: { $0.hasPrefix("ids ") || $0.hasPrefix("planes ") }) {
        let stages = try #require(try JournalFolder.status(of: effect.writes[0].path)?.stages)
        #expect(stages.reduce(0) { $0 + $1.total } == effect.blocks, "\(effect.title)")
        compared += 1
      }
      #expect(compared >= 5)
    }
  }
}
