// Zarr v3 `sharding_indexed`: one key holds a shard of many inner chunks, found by an index of offsets and lengths.
//
// Specification: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
// Sample: {"name": "sharding_indexed", "configuration": {"chunk_shape": [64, 64, 64], "index_location": "end",
//           "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 3}}],
//           "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}
// Read and written: index at start or end, of either byte order, with or without its checksum; inner chunks under any chain that a
// chunk may have, transposed too, shards in shards included; codecs around the whole shard (which is then read as a whole).
// Refused by name: index codecs other than bytes and crc32c.

import Arrays

/// How the bytes of a chunk are themselves an array of chunks.
package final class Sharding: Sendable {
  /// A shard as an array of its own: the shape is the shard's, the chunks are the inner ones. Axes are those of the outer array.
  let inner: ArrayMetadata
  let isIndexAtEnd: Bool
  let isIndexBigEndian: Bool
  /// Four bytes of CRC-32C follow the index.
  let isIndexChecked: Bool
  /// Axes of the index from slowest to fastest.
  let order: [Int]
  /// Inner chunks along each axis.
  let counts: [Int]
  let count: Int

  /// An index above this is taken for damaged metadata.
  private static let countLimit = 1 << 24

  init(inner: ArrayMetadata, order: [Int], isIndexAtEnd: Bool = true, isIndexBigEndian: Bool = false, isIndexChecked: Bool = true, path: String) throws(StorageError) {
    func bad(_ reason: String) -> StorageError { .badMetadata(path: path, field: "shards", reason: reason) }
    guard inner.chunks.count == inner.shape.count else { throw bad("chunk_shape has \(inner.chunks.count) axes, a shard \(inner.shape.count)") }
    guard zip(inner.shape, inner.chunks).allSatisfy({ $1 > 0 && $0 > 0 && $0 % $1 == 0 }) else {
      throw bad("inner chunks of \(shapeText(inner.chunks)) do not divide a shard of \(shapeText(inner.shape))")
    }
    self.inner = try inner.checked(path)
    (self.order, self.isIndexAtEnd, self.isIndexBigEndian, self.isIndexChecked) = (order, isIndexAtEnd, isIndexBigEndian, isIndexChecked)
    counts = zip(inner.shape, inner.chunks).map { $0 / $1 }
    var count = 1
    for extent in counts {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.countLimit else { throw bad("more than \(Self.countLimit) inner chunks in a shard") }
      count = product
    }
    self.count = count
  }

  /// Bytes of the index on disk.
  var indexBytes: Int { count * 16 + (isIndexChecked ? 4 : 0) }

  /// The place of an inner chunk in the index.
  func number(_ index: [Int]) -> Int { order.reduce(0) { $0 * counts[$1] + index[$1] } }

  /// The inner chunk at a place of the index.
  func index(_ number: Int) -> [Int] {
    var rest = number, index = counts
    for axis in order.reversed() { (index[axis], rest) = (rest % counts[axis], rest / counts[axis]) }
    return index
  }

  // MARK: Metadata

  /// - Parameter order: axes of the array in the order in which the shard's own are stored, after the transposes before it.
  static func parse(
    _ settings: JSON, _ reader: MetadataReader, shard: [Int], order: [Int], dtype: DType, fill: FillValue
  ) throws(StorageError) -> Sharding {
    func bad(_ reason: String) -> StorageError { reader.bad("codecs", "sharding_indexed: \(reason)") }
    guard let stored = settings["chunk_shape"]?.ints else { throw bad("expected a list of integers as chunk_shape") }
    guard stored.count == order.count else { throw bad("chunk_shape has \(stored.count) axes, a shard \(order.count)") }
    var chunks = stored
    for (place, axis) in order.enumerated() { chunks[axis] = stored[place] }
    guard let records = settings["codecs"] else { throw bad("codecs is missing") }
    let chain = try Zarr3.Chain(reader, records, order: order, chunks: chunks, dtype: dtype, fill: fill)
    let inner = ArrayMetadata(
      format: .zarr3, dtype: dtype, shape: shard, chunks: chunks, order: chain.order, isBigEndian: chain.isBigEndian && dtype.size > 1, fill: fill,
      codecs: chain.codecs, keys: .zarr3(separator: "/"), attributes: .emptyObject, sharding: chain.sharding)
    var isBigEndian: Bool?, isChecked = false
    for record in settings["index_codecs"]?.array ?? [] {
      switch record["name"]?.string ?? record.string {
      case "bytes" where isBigEndian == nil:
        let endian = record["configuration"]?["endian"]
        guard endian == "little" || endian == "big" else { throw bad("index_codecs: expected little or big as endian, found \(endian?.compact ?? "none")") }
        isBigEndian = endian == "big"
      case "crc32c" where isBigEndian != nil && !isChecked: isChecked = true
      case let name: throw .unsupported(path: reader.path, feature: "the index codec \(name ?? record.compact) at this place of a shard")
      }
    }
    guard let isBigEndian else { throw bad("index_codecs: bytes is missing") }
    let location = settings["index_location"]
    guard location == nil || location == "end" || location == "start" else { throw bad("index_location: expected start or end, found \(location?.compact ?? "")") }
    return try Sharding(
      inner: inner, order: order, isIndexAtEnd: location != "start", isIndexBigEndian: isBigEndian, isIndexChecked: isChecked, path: reader.path)
  }

  func document(_ path: String) throws(StorageError) -> JSON {
    var indexCodecs: [JSON] = [["name": "bytes", "configuration": ["endian": isIndexBigEndian ? "big" : "little"]]]
    if isIndexChecked { indexCodecs.append(["name": "crc32c"]) }
    return [
      "name": "sharding_indexed",
      "configuration": [
        "chunk_shape": JSON(order.map { inner.chunks[$0] }), "codecs": try Zarr3.codecs(inner, order: order, path), "index_codecs": .array(indexCodecs),
        "index_location": isIndexAtEnd ? "end" : "start",
      ],
    ]
  }
}

extension ArrayMetadata {
  /// Puts the chunks, with all that they are coded by, into shards.
  mutating func shard(by shards: [Int], _ path: String) throws(StorageError) {
    guard shards.count == shape.count else { throw .badMetadata(path: path, field: "shards", reason: "\(shards.count) axes, the shape has \(shape.count)") }
    guard format == .zarr3 else { throw .unsupported(path: path, feature: "an array in shards in \(format)") }
    var inner = self
    (inner.shape, inner.attributes, inner.dimensionNames) = (shards, .emptyObject, nil)
    (chunks, order, isBigEndian, codecs) = (shards, Array(shape.indices), false, [])
    sharding = try Sharding(inner: inner, order: order, path: path)
  }
}
