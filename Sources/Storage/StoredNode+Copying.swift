// Copying arrays and groups file by file: chunks are not decoded, missing ones stay missing, attributes come along.

import Arrays
import Execution

extension StoredNode {
  package var location: Location {
    switch self {
    case .array(let array): array.location
    case .group(let group): group.location
    }
  }

  /// How its files are laid out: a folder without metadata is as its container is. nil where neither says.
  package func format() throws(StorageError) -> Format? {
    if case .array(let array) = self { return array.format }
    if let own = try Format.ofGroup(location.store, location.key) { return own }
    return try Format.ofContainer(location)
  }

  /// Whether its files would mean the same at `path`.
  package func canCopyFiles(to path: String) throws(StorageError) -> Bool {
    guard let format = try format() else { return true }
    let target = try Location(path)
    // a new container is named for what it is
    return try Format.ofContainer(target).map { $0 == format } ?? (format != .n5 || !target.root.hasSuffix(".zarr"))
  }

  /// - Throws: `.badPath` for a place inside what is copied.
  package func requireOutside(_ target: Location) throws(StorageError) {
    let inner = (Files.absolute(target.description) + "/").hasPrefix(Files.absolute(location.description) + "/")
    guard !inner else { throw .badPath(path: target.description, reason: "it lies inside what is copied") }
  }

  /// Copies all files to `path`, what makes them an array or a group last, so that half a copy is neither.
  ///
  /// - Parameter replace: remove an array that is there already; never a group.
  /// - Throws: `.exists`, `.otherFormat`, `.badPath` for a place inside itself, `.diskFull`, `Cancelled`.
  package func copyFiles(to path: String, replace: Bool, _ context: ExecutionContext) throws {
    let from = location, to = try Location(path), source = from.store, target = to.store
    try requireOutside(to)
    let format = try format()
    try format?.require(at: to)
    try StoredArray.makeRoom(to, replace: replace)
    if let format { try StoredGroup.make(to.ancestors, target, format) }
    var keys: [String] = [], late: [String] = []
    try Self.collect(source, from.key, "", &keys, &late)
    let chunks = keys
    try context.pool.forEach(chunks.count) { item, _ in
      try context.cancellation.check()
      try Self.copy(chunks[item], source, from.key, target, to.key)
      if item % 64 == 0 { context.progress.report(ProgressUpdate("copy", done: Int64(item), total: Int64(chunks.count), unit: "files")) }
    }
    context.progress.finish("copy")
    for key in late { try Self.copy(key, source, from.key, target, to.key) }
    try dropConsolidated(target)
  }

  /// Files below a key: chunks, and metadata with the deepest first.
  private static func collect(_ store: some ByteStore, _ root: String, _ below: String, _ chunks: inout [String], _ metadata: inout [String]) throws {
    var own: [String] = []
    for entry in try store.list(Files.join(root, below)) ?? [] {
      let key = Files.join(below, entry.name)
      if entry.isFolder {
        if !entry.name.hasPrefix(".") { try collect(store, root, key, &chunks, &metadata) }   // journals stay where their work was done
      } else if [Zarr2.arrayFile, Zarr2.groupFile, Zarr2.attributesFile, Zarr3.file, N5.file].contains(entry.name) {
        own.append(key)
      } else if entry.name != ".zmetadata" {
        chunks.append(key)
      }
    }
    // attributes before the file that makes it an array
    metadata += own.sorted { Files.name($0) > Files.name($1) }
  }

  private static func copy(_ key: String, _ source: some ByteStore, _ from: String, _ target: some ByteStore, _ to: String) throws {
    guard let bytes = try source.get(Files.join(from, key), limit: .max) else { return }
    try bytes.withBytes { bytes throws(StorageError) in try target.put(Files.join(to, key), bytes) }
  }
}

extension Files {
  /// The path from the root of the file system, links resolved as far as it exists; an address is one already.
  package static func absolute(_ path: String) -> String {
    if Address.isRemote(path) { return path }
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    let folder = parent(path)
    if folder == path { return path }
    return join(absolute(folder.isEmpty ? "." : folder), name(path))
  }
}

import Glibc
