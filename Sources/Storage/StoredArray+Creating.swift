// Making a new array: groups above it, attributes, and last the file that makes it an array, so half a creation is none.

import Arrays
import Geometry

/// What a new array is to be.
package struct ArraySpec: Sendable {
  package var dtype: DType
  package var shape: [Int]
  /// nil: 64 on each axis of space (256 in 2D), 1 on others, never more than the shape.
  package var chunks: [Int]?
  /// Chunks are kept in shards of so many voxels, one key a shard: whole multiples of the chunks. Zarr v3 alone has them.
  package var shards: [Int]?
  package var grid: Grid
  /// In the order of encoding.
  package var codecs: [Codec]
  /// A number, a bool, or "NaN", "Infinity", "-Infinity".
  package var fillValue: JSON
  /// nil: N5 in a container whose name ends in .n5, else the version of the Zarr container if it exists, else Zarr v2 (v3 for shards).
  package var format: Format?
  /// The first axis of a stored chunk is its fastest.
  package var isFortranOrder = false
  package var isBigEndian = false
  /// Between the numbers of a chunk's key: "/" or "."; nil: "/".
  package var separator: String?
  /// Added to those that describe the grid.
  package var attributes: JSON

  package init(
    _ dtype: DType, _ shape: [Int], grid: Grid? = nil, chunks: [Int]? = nil, shards: [Int]? = nil, codec: Codec = .standard, codecs: [Codec]? = nil, fillValue: JSON = 0,
    format: Format? = nil, attributes: JSON = .emptyObject
  ) {
    (self.dtype, self.shape, self.chunks, self.shards, self.fillValue, self.format, self.attributes) = (dtype, shape, chunks, shards, fillValue, format, attributes)
    self.codecs = codecs ?? [codec]
    self.grid = grid ?? Grid(unknownOfRank: shape.count)
  }

  /// Chunks for arrays whose maker has no wish; in shards the largest of that size that divide them.
  package static func defaultChunks(_ shape: [Int], _ grid: Grid, in shards: [Int]? = nil) -> [Int] {
    let edge = grid.spatialRank <= 2 ? 256 : 64
    return shape.indices.map { axis in
      let isSpace = axis < grid.axes.count && grid.axes[axis].kind == .space
      if let shards, axis < shards.count {
        let longest = max(1, min(isSpace ? edge : 1, shards[axis]))
        return (1...longest).last { shards[axis] % $0 == 0 } ?? 1
      }
      return isSpace ? max(1, min(edge, shape[axis])) : 1
    }
  }
}

extension StoredArray {
  /// Makes an array without voxels (all fill value) and opens it for editing.
  ///
  /// - Parameter replace: remove an array that is there already; never a group. - Parameter sums: whether `content` is to be known in the end.
  /// - Throws: `.exists`, `.otherFormat`, `.unsupported` (a dtype or codec that the format lacks), `.badMetadata`, `.diskFull`, `.permission`.
  package static func create(_ path: String, _ spec: ArraySpec, replace: Bool = false, sums: Bool = false) throws(StorageError) -> StoredArray {
    let location = try Location(path)
    let store = location.store
    let metadata = try spec.metadata(location)
    let documents = try metadata.documents(location.description)
    try metadata.format.require(at: location)
    try makeRoom(location, replace: replace)
    try StoredGroup.make(location.ancestors, store, metadata.format)
    for (name, document) in documents { try store.put(Files.join(location.key, name), document) }
    return try StoredArray(location: location, metadata: metadata, mode: .edit, origin: .center, sums: sums)
  }

  /// What is where an array or a group is to be made, which `replace` removes only if it is an array; nil where there is room.
  package static func occupant(of location: Location) throws(StorageError) -> (what: String, isArray: Bool)? {
    let store = location.store, key = location.key
    guard let kind = try store.kind(key) else { return nil }
    guard kind == .folder else { return ("a file", false) }
    if try StoredGroup.isArray(store, key) { return ("an array", true) }
    let entries = try store.list(key) ?? []
    if entries.allSatisfy({ $0.name == Zarr2.attributesFile }) { return nil }   // empty, or a creation that was cut short
    return (entries.contains { $0.isFolder } ? "a group" : "a folder with files", false)
  }

  static func makeRoom(_ location: Location, replace: Bool) throws(StorageError) {
    guard let occupant = try occupant(of: location) else { return }
    guard occupant.isArray, replace else { throw .exists(path: location.description, what: occupant.what) }
    try location.store.removeTree(location.key)
  }
}

extension ArraySpec {
  fileprivate func metadata(_ location: Location) throws(StorageError) -> ArrayMetadata {
    let path = location.description
    let there = try Format.ofContainer(location), format = format ?? there ?? (shards == nil ? .zarr2 : .zarr3)
    guard grid.rank == shape.count else { throw .badMetadata(path: path, field: "grid", reason: "\(grid.rank) axes, the shape has \(shape.count)") }
    guard let fill = FillValue(fillValue, dtype) else { throw .badMetadata(path: path, field: "fill value", reason: "\(fillValue.compact) is no \(dtype)") }
    let keys: ChunkKeys = switch format {
    case .zarr2: .zarr2(separator: separator ?? "/")
    case .zarr3: .zarr3(separator: separator ?? "/")
    case .n5: .n5
    }
    guard separator == nil || separator == "/" || (separator == "." && format != .n5) else { throw .unsupported(path: path, feature: "the separator \(separator ?? "") in \(format)") }
    guard format != .n5 || !isFortranOrder else { throw .unsupported(path: path, feature: "the order F in n5, which has one order") }
    guard format != .n5 || !isBigEndian else { throw .unsupported(path: path, feature: "a choice of byte order in n5, whose elements are always big-endian") }
    let codecs = codecs.filter { $0.zarr2 != .null }.map { format == .n5 ? $0.asN5 ?? $0 : $0 }
    var metadata = ArrayMetadata(
      format: format, dtype: dtype, shape: shape, chunks: chunks ?? Self.defaultChunks(shape, grid, in: shards),
      order: isFortranOrder ? shape.indices.reversed() : Array(shape.indices), isBigEndian: (isBigEndian || format == .n5) && dtype.size > 1, fill: fill, codecs: codecs,
      keys: keys, attributes: gridAttributes(grid, format).merging(attributes), dimensionNames: format == .zarr3 ? grid.axes.map(\.name) : nil)
    if let shards { try metadata.shard(by: shards, path) }
    return try metadata.checked(path)
  }
}
