// An array on disk. Opening reads metadata only; reading and writing go chunk by chunk, in parallel, each chunk coded once.
//
// Reading is in StoredArray+Reading.swift, writing in StoredArray+Writing.swift, making new arrays in StoredArray+Creating.swift.

import Arrays
import Geometry
import Synchronization

/// An array in a Zarr or N5 container: what predictors read from and write to.
package final class StoredArray: ArraySource, Sendable {
  package enum Mode: String, Sendable { case read, edit }

  package let location: Location
  package let metadata: ArrayMetadata
  package let grid: Grid
  /// What the voxel size and offset were read from ("OME-NGFF 0.4"); nil if nothing on disk says.
  package let gridSource: String?
  package let mode: Mode
  /// Voxels are neither read nor written: what a dry run works with.
  package let isMetadataOnly: Bool
  /// What the caller said of it beside the path.
  package let declared: Declared
  package let store: any ByteStore
  let coder: ChunkCoder
  /// Indices of shards that were read lately.
  let shardIndices: ShardIndexCache
  let cache: ChunkCache
  /// Under which chunks are kept there.
  let decoding: Int
  let writeGuard = WriteGuard()
  /// Of an array that is being made, where its maker wants to know what it holds in the end.
  let contentSum: ContentSum?
  private let currentAttributes: Mutex<JSON>

  init(location: Location, metadata: ArrayMetadata, mode: Mode, origin: Origin, sums: Bool = false) throws(StorageError) {
    (isMetadataOnly, declared, contentSum) = (false, Declared(), sums ? ContentSum() : nil)
    (self.location, self.metadata, self.mode, store, coder) = (location, metadata, mode, location.store, ChunkCoder(metadata: metadata))
    (shardIndices, cache, decoding) = (ShardIndexCache(), .current, metadata.decoding(location.description))
    let reading = try GridReader(metadata: metadata, location: location, origin: origin).read(location.store)
    (grid, gridSource) = (reading.grid, reading.source)
    currentAttributes = Mutex(metadata.attributes)
  }

  /// Opens an array; reads no chunk.
  ///
  /// - Parameter origin: what NGFF translations place; the specification says centres.
  /// - Throws: `.notFound` (with a near name), `.notAnArray`, `.badJSON`, `.badMetadata`, `.unsupported`, `.permission`.
  package static func open(_ path: String, mode: Mode = .read, origin: Origin = .center) throws(StorageError) -> StoredArray {
    switch try StoredNode.open(path, mode: mode, origin: origin) {
    case .array(let array): return array
    case .group(let group):
      let children = (try? group.children()) ?? []
      throw .notAnArray(path: path, children: (children.filter { $0.kind == .array } + children.filter { $0.kind == .group }).map(\.name))
    }
  }

  private init(_ array: StoredArray, grid: Grid, gridSource: String?, declared: Declared, isMetadataOnly: Bool) {
    (self.isMetadataOnly, self.declared, contentSum) = (isMetadataOnly, declared, nil)
    (location, metadata, self.grid, self.gridSource, mode) = (array.location, array.metadata, grid, gridSource, array.mode)
    (store, coder) = (array.store, array.coder)
    (shardIndices, cache, decoding) = (array.shardIndices, array.cache, array.decoding)
    currentAttributes = Mutex(array.attributes)
  }

  /// The same array, but reading or writing voxels throws `NotRead`.
  package var metadataOnly: StoredArray { isMetadataOnly ? self : StoredArray(self, grid: grid, gridSource: gridSource, declared: declared, isMetadataOnly: true) }

  /// The same array with the axes and at the place that are declared; what is on disk stays as it is.
  package func declaring(_ given: Declared) throws -> StoredArray {
    if given.isEmpty { return self }
    let (placed, source) = try given.place(grid, gridSource, path: path)
    return StoredArray(self, grid: placed, gridSource: source, declared: given, isMetadataOnly: isMetadataOnly)
  }

  package var path: String { location.description }
  package var dtype: DType { metadata.dtype }
  package var shape: [Int] { metadata.shape }
  /// Voxels that are decoded together: the inner chunks where there are shards.
  package var chunks: [Int] { metadata.sharding?.inner.chunks ?? metadata.chunks }
  /// Voxels of a shard; nil where each chunk has a key of its own.
  package var shards: [Int]? { metadata.sharding == nil ? nil : metadata.chunks }
  /// Voxels under one key, which are replaced together: what writers align to, so that no two of them meet.
  package var writeUnit: [Int] { metadata.chunks }
  package var chunking: Chunking? { Chunking(shape: chunks) }
  package var format: Format { metadata.format }
  /// "blosc/zstd 5 + bitshuffle".
  package var codecText: String { metadata.codecText }
  package var fillValue: FillValue { metadata.fill }
  /// Chunks along each axis.
  package var chunkGrid: [Int] { zip(shape, chunks).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) } }
  package var chunkCount: Int { chunkGrid.reduce(1, *) }

  /// What was written, of an array that was created with `sums` and written whole in whole chunks: equal only for equal voxels in equal chunks, but for chance (2⁻⁶⁴).
  package var content: String? { contentSum?.text(voxels: shape.reduce(1, *)) }

  /// When the document that makes it an array was written last, as its store tells ("@1764219931.500000000", seconds since 1970, of a file); nil where nothing tells.
  package var documentStamp: String? { try? store.written(Files.join(location.key, metadata.arrayFile)) }

  /// Sets the time that `documentStamp` tells to now, where the array is in files.
  package func touch() { if !store.isRemote { Files.touch(store.path(Files.join(location.key, metadata.arrayFile))) } }

  // MARK: Attributes

  /// User attributes as they stand on disk (N5: lists go x, y, z).
  package var attributes: JSON { currentAttributes.withLock { $0 } }

  /// Adds or replaces attributes. What else the document on disk holds is kept, of other programs too; the grid of this value stays as it was opened.
  ///
  /// - Throws: `.readOnly`, `.diskFull`, …
  package func setAttributes(_ changes: JSON) throws(StorageError) {
    guard mode == .edit else { throw .readOnly(path: path) }
    try dropConsolidated(store)
    try currentAttributes.withLock { attributes throws(StorageError) in
      let key = Files.join(location.key, metadata.attributesFile)
      let made = try metadata.documents(path).first { $0.name == metadata.attributesFile }?.document
      var document = try store.json(key) ?? made ?? .emptyObject
      switch format {
      case .zarr2: document = document.merging(changes); attributes = document
      case .zarr3: attributes = (document["attributes"] ?? .emptyObject).merging(changes); document["attributes"] = attributes
      case .n5: document = document.merging(N5.attributes(changes)); attributes = N5.attributes(document)
      }
      try store.put(key, document)
    }
  }
}

extension ArrayMetadata {
  /// Metadata files of an array, by name beside the chunks. The one that makes it an array comes last.
  func documents(_ path: String) throws(StorageError) -> [(name: String, document: JSON)] {
    switch format {
    case .zarr2: [(Zarr2.attributesFile, attributes), (Zarr2.arrayFile, try Zarr2.document(self, path: path))]
    case .zarr3: [(Zarr3.file, try Zarr3.document(self, path: path))]
    case .n5: [(N5.file, try N5.document(self, path: path))]
    }
  }

  /// The one that makes it an array.
  var arrayFile: String {
    switch format {
    case .zarr2: Zarr2.arrayFile
    case .zarr3: Zarr3.file
    case .n5: N5.file
    }
  }

  var attributesFile: String {
    switch format {
    case .zarr2: Zarr2.attributesFile
    case .zarr3: Zarr3.file
    case .n5: N5.file
    }
  }
}
