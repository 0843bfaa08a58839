// What the metadata of an array say, whatever the format: how voxels become chunks and chunks become bytes.

import Arrays

/// The formats of arrays on disk.
package enum Format: String, CaseIterable, Sendable, CustomStringConvertible {
  case zarr2, zarr3, n5
  package var description: String {
    switch self {
    case .zarr2: "zarr v2"
    case .zarr3: "zarr v3"
    case .n5: "n5"
    }
  }
}

/// An array's layout. Axes are those of this program (slowest first), so N5's are reversed already.
package struct ArrayMetadata: Sendable {
  package var format: Format
  package var dtype: DType
  package var shape: [Int]
  /// Voxels under one key: a shard where chunks are kept in shards.
  package var chunks: [Int]
  /// Axes of a chunk from slowest to fastest: C order is 0, 1, 2, F order 2, 1, 0.
  package var order: [Int]
  package var isBigEndian: Bool
  package var fill: FillValue
  /// In the order of encoding.
  package var codecs: [Codec]
  package var keys: ChunkKeys
  /// All user attributes, as they stand on disk.
  package var attributes: JSON
  /// Names of the axes, where the format itself has a place for them (Zarr v3).
  package var dimensionNames: [String]?
  /// What a chunk holds in place of elements, if it is a shard of smaller chunks; `order` and `isBigEndian` are then those of the shard alone.
  package var sharding: Sharding? = nil

  /// Chunks above this are taken for damaged metadata.
  static let chunkLimit = 1 << 34
  /// Shards are not held as a whole by who reads them.
  static let shardLimit = 1 << 42
  private static let rankLimit = 32
  private static let codecLimit = 16

  /// Checks what data on disk can get wrong; all arithmetic on `shape` and `chunks` is safe after it.
  func checked(_ path: String) throws(StorageError) -> ArrayMetadata {
    func bad(_ field: String, _ reason: String) -> StorageError { .badMetadata(path: path, field: field, reason: reason) }
    guard shape.count <= Self.rankLimit else { throw bad("shape", "\(shape.count) axes, at most \(Self.rankLimit)") }
    guard codecs.count <= Self.codecLimit else { throw bad("codecs", "\(codecs.count) of them, at most \(Self.codecLimit)") }
    guard chunks.count == shape.count else { throw bad("chunks", "\(chunks.count) axes, the shape has \(shape.count)") }
    guard chunks.allSatisfy({ $0 > 0 }) else { throw bad("chunks", "\(shapeText(chunks)): each must be above 0") }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw bad("shape", "\(shapeText(shape)): none may be negative") }
    guard (try? NDArray.byteCount(dtype, shape)) != nil else { throw bad("shape", "\(shapeText(shape)) is too large") }
    let limit = sharding == nil ? Self.chunkLimit : Self.shardLimit
    guard let bytes = try? NDArray.byteCount(dtype, chunks), bytes <= limit else {
      throw bad("chunks", "\(shapeText(chunks)) of \(dtype) is more than \(byteText(limit)) a chunk")
    }
    return self
  }

  package var chunkBytes: Int { chunks.reduce(dtype.size, *) }

  package var codecText: String {
    guard let sharding else { return codecs.isEmpty ? "raw" : codecs.map(\.description).joined(separator: ", ") }
    return ([sharding.inner.codecText] + codecs.map { "\($0) a shard" }).joined(separator: ", ")
  }
}

/// How a chunk's index becomes its key.
package enum ChunkKeys: Equatable, Sendable {
  /// "0.3.1" or "0/3/1"; "0" for an array without axes.
  case zarr2(separator: String)
  /// "c/0/3/1"; "c" for an array without axes.
  case zarr3(separator: String)
  /// Fastest axis first: "1/3/0".
  case n5

  package func key(_ index: [Int]) -> String {
    switch self {
    case .zarr2(let separator): index.isEmpty ? "0" : index.map(String.init).joined(separator: separator)
    case .zarr3(let separator): (["c"] + index.map(String.init)).joined(separator: separator)
    case .n5: index.reversed().map(String.init).joined(separator: "/")
    }
  }
}

/// What a format's parser needs to say where something is wrong.
struct MetadataReader {
  let json: JSON
  let path: String

  func bad(_ field: String, _ reason: String) -> StorageError { .badMetadata(path: path, field: field, reason: reason) }

  func required(_ field: String) throws(StorageError) -> JSON {
    guard let value = json[field] else { throw bad(field, "it is missing") }
    return value
  }

  func ints(_ field: String) throws(StorageError) -> [Int] {
    let value = try required(field)
    guard let numbers = value.ints else { throw bad(field, "expected a list of integers, found \(value.compact)") }
    return numbers
  }

  /// A codec by its name in a format: `names` picks that format's names from each kind.
  func codec(
    named name: String, settings: JSON, _ elements: ElementLayout, _ names: KeyPath<CodecKind, [String]>, _ field: String, as what: String = "codec"
  ) throws(StorageError) -> Codec {
    guard let kind = CodecKind.all.first(where: { $0[keyPath: names].contains(name) }) else { throw .unsupported(path: path, feature: "the \(what) \(name)") }
    do { return try kind.read(settings, elements) } catch { throw bad(field, "\(name): \(error.reason)") }
  }
}
