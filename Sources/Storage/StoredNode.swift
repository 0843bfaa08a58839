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

    if let json = try store.json(file(Zarr2.arrayFile)) {
      let attributes = try store.json(file(Zarr2.attributesFile)) ?? .emptyObject
      return try array(try Zarr2.parse(json, attributes: attributes, path: store.path(file(Zarr2.arrayFile))))
    }
    if let json = try store.json(file(Zarr3.file)) {
      if json["node_type"] == "array" { return try array(try Zarr3.parse(json, path: store.path(file(Zarr3.file)))) }
      return .group(StoredGroup(location: location, attributes: json["attributes"] ?? .emptyObject, mode: mode, origin: origin))
    }
    if let json = try store.json(file(N5.file)) {
      if N5.isArray(json) { return try array(try N5.parse(json, path: store.path(file(N5.file)))) }
      return .group(StoredGroup(location: location, attributes: N5.attributes(json), mode: mode, origin: origin))
    }
    if try store.json(file(Zarr2.groupFile)) != nil {
      return .group(StoredGroup(location: location, attributes: try store.json(file(Zarr2.attributesFile)) ?? .emptyObject, mode: mode, origin: origin))
    }
    return try bareFolder(location, mode, origin)
  }

  /// A folder without metadata is a group in N5, and in Zarr where groups were implied; outside a container it is none.
  private static func bareFolder(_ location: Location, _ mode: StoredArray.Mode, _ origin: Origin) throws(StorageError) -> StoredNode {
    let path = location.description
    guard let kind = Files.kind(path) else { throw .notFound(path: path, near: nearSibling(of: path)) }
    guard kind == .folder else { throw .notAContainer(path: path, found: "a file") }
    if location.root.hasSuffix(".zarr") || location.root.hasSuffix(".n5") {
      return .group(StoredGroup(location: location, attributes: .emptyObject, mode: mode, origin: origin))
    }
    if access(path, R_OK | X_OK) != 0 { throw .permission(path: path, doing: "read") }
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
    for entry in try store.list(location.key) ?? [] where entry.isFolder && !entry.name.hasPrefix(".") {
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
    if try store.size(Files.join(key, Zarr2.arrayFile)) != nil { return true }
    if let json = try? store.json(Files.join(key, Zarr3.file)) { return json["node_type"] == "array" }
    if let json = try? store.json(Files.join(key, N5.file)) { return N5.isArray(json) }
    return false
  }
}

/// Attributes of a group of any format; nil if there are none.
func groupAttributes(_ store: some ByteStore, _ key: String) throws(StorageError) -> JSON? {
  if let json = try store.json(Files.join(key, Zarr2.attributesFile)) { return json }
  if let json = try store.json(Files.join(key, Zarr3.file)) { return json["attributes"] }
  return try store.json(Files.join(key, N5.file)).map(N5.attributes)
}
