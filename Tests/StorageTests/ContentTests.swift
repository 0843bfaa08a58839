import Arrays
import Execution
import Geometry
import TestSupport
import Testing

import Storage

/// What an array says it holds, when it was written whole.
@Suite struct ContentTests {
  private func values(_ shape: [Int], _ seed: UInt64 = 1) throws -> NDArray {
    var generator = KeyedGenerator(seed: seed, purpose: "content")
    return try NDArray((0..<shape.reduce(1, *)).map { _ in UInt16(generator.index(below: 3)) }, shape)
  }

  /// What an array says when `write` is through.
  private func content(_ folder: String, _ name: String, _ values: NDArray, shards: [Int]? = nil, format: Format? = nil, _ write: (StoredArray, NDArray) throws -> Void) throws -> String? {
    let spec = ArraySpec(.uint16, values.shape, chunks: [4, 3], shards: shards, format: format)
    let array = try StoredArray.create(folder + "/\(name)", spec, replace: true, sums: true)
    try write(array, values)
    return array.content
  }

  @Test(arguments: [nil, [8, 6]])
  func equalForEqualVoxelsHoweverTheyAreWritten(shards: [Int]?) throws {
    try withTemporaryDirectory { folder in
      let whole = try values([13, 11]), unit = shards ?? [4, 3], pool = ThreadPool(threads: 3)
      let at = try #require(try content(folder, "c.zarr", whole, shards: shards) { try $0.write($1, ReadContext()) })
      #expect(try content(folder, "c.zarr", whole, shards: shards) { try $0.write($1, ReadContext(pool: pool)) } == at)
      #expect(try content(folder, "c.zarr", whole, shards: shards) { array, values in   // the lower right first
        for y in stride(from: 0, to: 13, by: unit[0]).reversed() { for x in stride(from: 0, to: 11, by: unit[1]).reversed() {
          try array.write(try values.slice(offset: [y, x], shape: [min(unit[0], 13 - y), min(unit[1], 11 - x)]), at: [y, x], ReadContext())
        } }
      } == at)
      // one voxel changed, two that changed places, two chunks that changed places
      var other = whole
      other.withMutableElements(UInt16.self) { $0[77] += 1 }
      #expect(try content(folder, "c.zarr", other, shards: shards) { try $0.write($1, ReadContext()) } != at)
      #expect(try content(folder, "c.zarr", try values([13, 11], 2), shards: shards) { try $0.write($1, ReadContext()) } != at)
      let upper = try whole.slice(offset: [0, 0], shape: [4, 3]), lower = try whole.slice(offset: [4, 3], shape: [4, 3])
      var swapped = whole
      try swapped.assign(upper, at: [4, 3])
      try swapped.assign(lower, at: [0, 0])
      #expect(try content(folder, "c.zarr", swapped, shards: shards) { try $0.write($1, ReadContext()) } != at)
    }
  }

  @Test func formatsAgree() throws {
    try withTemporaryDirectory { folder in
      let whole = try values([13, 11])
      #expect(try content(folder, "a.zarr", whole, format: .zarr2) { try $0.write($1, ReadContext()) } == content(folder, "b.zarr", whole, format: .zarr3) { try $0.write($1, ReadContext()) })
    }
  }

  /// What was not seen whole, or seen twice, is not told.
  @Test(arguments: [nil, [8, 6]])
  func unknownUnlessWhole(shards: [Int]?) throws {
    try withTemporaryDirectory { folder in
      let whole = try values([13, 11])
      #expect(try content(folder, "c.zarr", whole, shards: shards) { _, _ in } == nil)
      #expect(try content(folder, "c.zarr", whole, shards: shards) { array, values in
        try array.write(values, ReadContext())
        try array.write(try values.slice(offset: [0, 0], shape: [1, 1]), at: [5, 5], ReadContext())
      } == nil)
      #expect(try content(folder, "c.zarr", whole, shards: shards) { array, values in for _ in 0..<2 { try array.write(values, ReadContext()) } } == nil)
      #expect(try content(folder, "c.zarr", whole, shards: shards) { array, values in try array.write(try values.slice(offset: [0, 0], shape: [8, 11]), at: [0, 0], ReadContext()) } == nil)
      let opened = try StoredArray.open(folder + "/c.zarr", mode: .edit)
      try opened.write(whole, ReadContext())
      #expect(opened.content == nil)
    }
  }

  @Test func theTimeOfItsDocument() throws {
    try withTemporaryDirectory { folder in
      let array = try StoredArray.create(folder + "/c.zarr", ArraySpec(.uint16, [4]))
      let made = try #require(array.documentStamp)
      #expect(made.hasPrefix("@") && array.documentStamp == made)
      array.touch()
      #expect(array.documentStamp != made)
    }
  }
}
