import Arrays
import Execution
import Storage
import Testing

/// One array of Tests/Fixtures/storage, written by zarr-python or tensorstore.
struct Fixture: CustomTestStringConvertible, Sendable {
  let store: String, path: String, format: String, shape: [Int], dtype: String, codec: String, npy: String
  var testDescription: String { store }

  static let all: [Fixture] = {
    let index = (try? JSON(parsing: Files.read(fixture("index.json")))) ?? .null
    return (index["arrays"]?.array ?? []).map { row in
      func text(_ name: String) -> String { row[name]?.string ?? "" }
      return Fixture(store: text("store"), path: text("path"), format: text("format"), shape: row["shape"]?.ints ?? [], dtype: text("dtype"), codec: text("codec"), npy: text("npy"))
    }
  }()
}

@Suite struct FixtureTests {
  @Test func theyAreThere() { #expect(Fixture.all.count == 44, "run Tests/Fixtures/storage/generate.py") }

  @Test(arguments: Fixture.all) func readsWhatOthersWrote(fixed: Fixture) throws {
    let array = try StoredArray.open(fixture(Files.join(fixed.store, fixed.path)))
    #expect(array.format.rawValue == fixed.format)
    #expect(array.dtype.rawValue == fixed.dtype)
    #expect(array.shape == fixed.shape)
    #expect(array.codecText == fixed.codec)
    let expected = try Npy.read(fixture(fixed.npy))
    for threads in [1, 3] {
      let got = try array.readAll(ReadContext(pool: ThreadPool(threads: threads)))
      #expect(try sameBits(got, expected))
    }
  }

  @Test(arguments: Fixture.all) func everyChunkIsFoundOrMissing(fixed: Fixture) throws {
    let array = try StoredArray.open(fixture(Files.join(fixed.store, fixed.path)))
    var stored = 0
    for item in 0..<array.chunkCount {
      var rest = item, index = array.chunkGrid
      for axis in index.indices.reversed() { (index[axis], rest) = (rest % array.chunkGrid[axis], rest / array.chunkGrid[axis]) }
      let there = try array.verifyChunk(index)
      #expect(try there == (array.storedBytes(ofChunk: index) != nil))
      stored += there ? 1 : 0
    }
    #expect(stored > 0)
  }

  @Test(arguments: Fixture.all) func npyComesBackByteForByte(fixed: Fixture) throws {
    let bytes = try Files.read(fixture(fixed.npy))
    let array = try bytes.withUnsafeBytes { try Npy.parse($0, of: fixed.npy) }
    #expect(try Npy.encode(array).array == bytes)
  }
}
