// Making groups, and changing what their documents say.

extension StoredGroup {
  /// Makes an empty group, and those above it.
  ///
  /// - Throws: `.exists` for whatever is there already, an array above it too; `.otherFormat`, `.diskFull`, `.permission`.
  package static func create(_ location: Location, _ format: Format) throws(StorageError) {
    try format.require(at: location)
    try StoredArray.makeRoom(location, replace: false)
    try make(location.key.isEmpty ? [""] : [location.key] + location.ancestors, location.store, format)
  }

  /// Makes those groups that are not there yet.
  ///
  /// - Parameter keys: each before the one above it, the root last.
  static func make(_ keys: [String], _ store: some ByteStore, _ format: Format) throws(StorageError) {
    for key in keys.reversed() {
      if try isArray(store, key) { throw .exists(path: store.path(key), what: "an array, which cannot hold others") }
      let document: JSON = switch format {
      case .zarr2: ["zarr_format": 2]
      case .zarr3: ["zarr_format": 3, "node_type": "group", "attributes": [:]]
      case .n5: key.isEmpty ? ["n5": "2.0.0"] : [:]
      }
      let name = Files.join(key, format.groupFile)
      if try store.size(name) == nil { try store.put(name, document) }
    }
    try dropConsolidated(store)
  }

  /// Writes new attributes of a group that exists; what else its document holds is kept.
  ///
  /// - Parameter change: makes them of those that it has.
  package static func changeAttributes(at location: Location, _ format: Format, _ change: (JSON) -> JSON) throws(StorageError) {
    let store = location.store
    func key(_ name: String) -> String { Files.join(location.key, name) }
    switch format {
    case .zarr2: try store.put(key(Zarr2.attributesFile), change(try store.json(key(Zarr2.attributesFile)) ?? .emptyObject))
    case .zarr3:
      var whole = try store.json(key(Zarr3.file)) ?? ["zarr_format": 3, "node_type": "group"]
      whole["attributes"] = change(whole["attributes"] ?? .emptyObject)
      try store.put(key(Zarr3.file), whole)
    case .n5: try store.put(key(N5.file), change(try store.json(key(N5.file)) ?? .emptyObject))
    }
    try dropConsolidated(store)
  }
}

extension Format {
  /// That of the container of a place, by its name or by what its root holds; nil where it is yet to be made.
  package static func ofContainer(_ location: Location) throws(StorageError) -> Format? {
    location.root.hasSuffix(".n5") ? .n5 : try ofGroup(location.store, "")
  }

  /// Refuses a place below a group of another format: each format's readers pass over what the others wrote, or over the group itself.
  ///
  /// - Throws: `.otherFormat`, before anything is written. A group that has the documents of several formats takes each of them.
  package func require(at location: Location) throws(StorageError) {
    let store = location.store
    for key in location.ancestors {
      if try store.size(Files.join(key, groupFile)) != nil { continue }
      if let found = try Format.ofGroup(store, key) { throw .otherFormat(path: location.description, group: store.path(key), is: found, wanted: self) }
    }
  }

  /// What makes a folder a group.
  fileprivate var groupFile: String {
    switch self {
    case .zarr2: Zarr2.groupFile
    case .zarr3: Zarr3.file
    case .n5: N5.file
    }
  }

  /// nil for a folder without metadata, which any format takes.
  static func ofGroup(_ store: some ByteStore, _ key: String) throws(StorageError) -> Format? {
    for format in [Format.zarr3, .zarr2, .n5] { if try store.size(Files.join(key, format.groupFile)) != nil { return format } }
    return nil
  }
}

/// Removes copies of all metadata at the root (`.zmetadata`, `consolidated_metadata`): readers that trust them would not see a change.
func dropConsolidated(_ store: some ByteStore) throws(StorageError) {
  try store.remove(".zmetadata")
  if try store.size(Zarr3.file) != nil, var root = try store.json(Zarr3.file), let copy = root["consolidated_metadata"], !copy.isNull {
    root["consolidated_metadata"] = nil
    try store.put(Zarr3.file, root)
  }
}
