// What is at a place in a container: an array, or a group of them.

import Arrays
import Glibc

package enum StoredNode: Sendable {
  case array(StoredArray)
  case group(StoredGroup)

  /// Opens whatever is there; reads metadata only.
  ///
  /// - Throws: `.notFound`, `.notAContainer`, and what the metadata cause.
  package static func open(_ path: String, mode: StoredArray.Mode = .read, origin: Origin = .center) throws(StorageError) -> StoredNode {
    let location = try Location(path)
    let store = location.store, key = location.key
    func array(_ metadata: ArrayMetadata) throws(StorageError) -> StoredNode {
      .array(try StoredArray(location: location, metadata: metadata, mode: mode, origin: origin))
    }
    func file(_ name: String) -> String { Files.join(key, name) }

    let learnt = store.learntFormat
    try warm(store, location, learnt)
    // where a container was read before, its format is asked for first: each wrong guess is a request
    let order: [Format] = (learnt.map { [$0] } ?? []) + Format.allCases.filter { $0 != learnt }
    for format in order {
      switch format {
      case .zarr2:
        if let json = try store.json(file(Zarr2.arrayFile)) {
          let attributes = try store.json(file(Zarr2.attributesFile)) ?? .emptyObject
          return try array(try Zarr2.parse(json, attributes: attributes, path: store.path(file(Zarr2.arrayFile))))
        }
        if learnt == .zarr2, let group = try zarr2Group(store, location, mode, origin) { return group }
      case .zarr3:
        guard let json = try store.json(file(Zarr3.file)) else { continue }
        if json["node_type"] == "array" { return try array(try Zarr3.parse(json, path: store.path(file(Zarr3.file)))) }
        return .group(StoredGroup(location: location, attributes: json["attributes"] ?? .emptyObject, mode: mode, origin: origin))
      case .n5:
        guard let json = try store.json(file(N5.file)) else { continue }
        if N5.isArray(json) { return try array(try N5.parse(json, path: store.path(file(N5.file)))) }
        return .group(StoredGroup(location: location, attributes: N5.attributes(json), mode: mode, origin: origin))
      }
    }
    if let group = try zarr2Group(store, location, mode, origin) { return group }
    return try bareFolder(location, store, mode, origin)
  }

  private static func zarr2Group(_ store: some ByteStore, _ location: Location, _ mode: StoredArray.Mode, _ origin: Origin) throws(StorageError) -> StoredNode? {
    guard try store.json(Files.join(location.key, Zarr2.groupFile)) != nil else { return nil }
    let attributes = try store.json(Files.join(location.key, Zarr2.attributesFile)) ?? .emptyObject
    return .group(StoredGroup(location: location, attributes: attributes, mode: mode, origin: origin))
  }

  /// Lets a store elsewhere fetch what opening looks at, all in one round trip: the documents here, and the attributes of the groups above.
  private static func warm(_ store: some ByteStore, _ location: Location, _ learnt: Format?) throws(StorageError) {
    guard store.isRemote else { return }
    let here: [String] = switch learnt {
    case .zarr2: [Zarr2.arrayFile, Zarr2.attributesFile]
    case .zarr3: [Zarr3.file]
    case .n5: [N5.file]
    case nil: [Zarr2.arrayFile, Zarr2.attributesFile, Zarr2.groupFile, Zarr3.file, N5.file]
    }
    let above: [String] = switch learnt {
    case .zarr2: [Zarr2.attributesFile]
    case .zarr3: [Zarr3.file]
    case .n5: [N5.file]
    case nil: [Zarr2.attributesFile, Zarr3.file, N5.file]
    }
    try store.warm(here.map { Files.join(location.key, $0) } + location.ancestors.flatMap { key in above.map { Files.join(key, $0) } })
  }

  /// A folder without metadata is a group in N5, and in Zarr where groups were implied; outside a container it is none.
  private static func bareFolder(_ location: Location, _ store: some ByteStore, _ mode: StoredArray.Mode, _ origin: Origin) throws(StorageError) -> StoredNode {
    let path = location.description
    guard let kind = try store.kind(location.key) else { throw .notFound(path: path, near: nearSibling(of: path)) }
    guard kind == .folder else { throw .notAContainer(path: path, found: "a file") }
    if Location.isContainer(location.root) {
      return .group(StoredGroup(location: location, attributes: .emptyObject, mode: mode, origin: origin))
    }
    if !Address.isRemote(location.root), location.zip == nil, access(path, R_OK | X_OK) != 0 { throw .permission(path: path, doing: "read") }
    throw .notAContainer(path: path, found: "a folder without Zarr or N5 metadata")
  }
}

/// A group: attributes, and what lies below it.
package struct StoredGroup: Sendable {
  package let location: Location
  package let attributes: JSON
  private let mode: StoredArray.Mode
  private let origin: Origin

  init(location: Location, attributes: JSON, mode: StoredArray.Mode, origin: Origin) {
    (self.location, self.attributes, self.mode, self.origin) = (location, attributes, mode, origin)
  }

  package enum Kind: Equatable, Sendable { case array, group }
  package struct Child: Equatable, Sendable {
    package let name: String
    package let kind: Kind
    package init(name: String, kind: Kind) { (self.name, self.kind) = (name, kind) }
  }

  package var path: String { location.description }

  /// Arrays and groups directly below, by name. Costs one look at each child's files.
  package func children() throws(StorageError) -> [Child] {
    let store = location.store
    var children: [Child] = []
    let entries = (try store.list(location.key) ?? []).filter { $0.isFolder && !$0.name.hasPrefix(".") }
    if store.isRemote {
      let names = store.learntFormat.map { $0 == .zarr2 ? [Zarr2.arrayFile, Zarr2.groupFile, Zarr2.attributesFile] : $0 == .zarr3 ? [Zarr3.file] : [N5.file] } ?? [Zarr2.arrayFile, Zarr3.file, N5.file]
      try store.warm(entries.flatMap { entry in names.map { Files.join(Files.join(location.key, entry.name), $0) } })
    }
    for entry in entries {
      let child = Files.join(location.key, entry.name)
      children.append(Child(name: entry.name, kind: try Self.isArray(store, child) ? .array : .group))
    }
    return children
  }

  /// A child or what lies deeper, by its path from here.
  ///
  /// - Throws: `.badPath` for "..", and what opening throws.
  package func open(_ path: String) throws(StorageError) -> StoredNode {
    let inner = try Location(root: location.root, key: Files.join(location.key, try Location.key(path, in: Files.join(self.path, path))))
    return try StoredNode.open(inner.description, mode: mode, origin: origin)
  }

  static func isArray(_ store: some ByteStore, _ key: String) throws(StorageError) -> Bool {
    let learnt = store.learntFormat
    if learnt == .zarr3, let json = try? store.json(Files.join(key, Zarr3.file)) { return json["node_type"] == "array" }
    if learnt == .n5, let json = try? store.json(Files.join(key, N5.file)) { return N5.isArray(json) }
    if try store.size(Files.join(key, Zarr2.arrayFile)) != nil { return true }
    if learnt == .zarr2 { return false }
    if let json = try? store.json(Files.join(key, Zarr3.file)) { return json["node_type"] == "array" }
    if let json = try? store.json(Files.join(key, N5.file)) { return N5.isArray(json) }
    return false
  }
}

/// Attributes of a group of any format; nil if there are none. Where a container elsewhere is known to be of one format, others are not asked for.
func groupAttributes(_ store: some ByteStore, _ key: String) throws(StorageError) -> JSON? {
  let learnt = store.learntFormat
  if learnt == nil || learnt == .zarr2, let json = try store.json(Files.join(key, Zarr2.attributesFile)) { return json }
  if learnt == nil || learnt == .zarr3, let json = try store.json(Files.join(key, Zarr3.file)) { return json["attributes"] }
  return learnt == nil || learnt == .n5 ? try store.json(Files.join(key, N5.file)).map(N5.attributes) : nil
}
