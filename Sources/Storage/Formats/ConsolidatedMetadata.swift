// All metadata of a container in one document: where listing is dear or impossible (http), one request shows what there is.
//
// Zarr v2: `.zmetadata` at the root: {"zarr_consolidated_format": 1, "metadata": {".zgroup": {…}, "em/s0/.zarray": {…}, "em/s0/.zattrs": {…}}}
//          https://zarr.readthedocs.io/en/stable/user-guide/consolidated_metadata/
// Zarr v3: a member of the root's `zarr.json`: "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {"em/s0": {…}}},
//          each value being the `zarr.json` of that path, without those of the root
// It is a copy: whoever writes to a container removes it (`dropConsolidated`).

/// Metadata documents by their keys in the container, such as "em/s0/.zarray" or "em/s0/zarr.json".
package struct ConsolidatedMetadata: Sendable {
  private let documents: [String: JSON]
  private let children: [String: [Files.Entry]]

  /// From `.zmetadata`.
  ///
  /// - Throws: `.badMetadata` if it is none.
  package init(zarr2 json: JSON, path: String) throws(StorageError) {
    guard json["zarr_consolidated_format"]?.int == 1 else {
      throw .badMetadata(path: path, field: "zarr_consolidated_format", reason: "expected 1, found \((json["zarr_consolidated_format"] ?? .null).compact)")
    }
    guard let members = json["metadata"]?.members else { throw .badMetadata(path: path, field: "metadata", reason: "expected an object") }
    try self.init(members.map { ($0.key, $0.value) }, path)
  }

  /// From the `zarr.json` of the root; nil where it has no consolidated metadata.
  ///
  /// - Throws: `.badMetadata` if what it has is none.
  package init?(zarr3 root: JSON, path: String) throws(StorageError) {
    guard let record = root["consolidated_metadata"], !record.isNull else { return nil }
    guard record["kind"] == nil || record["kind"] == "inline" else {
      throw .unsupported(path: path, feature: "consolidated metadata of the kind \(record["kind"]?.compact ?? "")")
    }
    guard let members = record["metadata"]?.members else { throw .badMetadata(path: path, field: "consolidated_metadata", reason: "expected an object as metadata") }
    try self.init([(Zarr3.file, root)] + members.map { (Files.join($0.key, Zarr3.file), $0.value) }, path)
  }

  private init(_ entries: [(key: String, json: JSON)], _ path: String) throws(StorageError) {
    var documents: [String: JSON] = [:], names: [String: [String: Bool]] = [:]
    for (key, json) in entries {
      let parts = key.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count <= 100, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { throw .badMetadata(path: path, field: "metadata", reason: "\"\(key)\" is no key") }
      documents[key] = json
      var folder = ""
      for (depth, part) in parts.enumerated() {
        let isFolder = depth < parts.count - 1
        if isFolder || names[folder]?[String(part)] == nil { names[folder, default: [:]][String(part)] = isFolder }
        folder = Files.join(folder, String(part))
      }
    }
    self.documents = documents
    children = names.mapValues { names in names.sorted { $0.key < $1.key }.map { Files.Entry(name: $0.key, isFolder: $0.value) } }
  }

  /// The document at a key; nil where there is none, which for metadata files means that the container has none there.
  package func json(_ key: String) -> JSON? { documents[key] }

  /// Metadata files and folders directly below a key, sorted; nil if nothing is below it. Chunks are not in it.
  package func list(_ key: String) -> [Files.Entry]? { children[key] }

  package var keys: [String] { documents.keys.sorted() }

  /// Whether a key is that of a metadata file, which a container with consolidated metadata has only if `json` knows it.
  package static func isMetadata(_ key: String) -> Bool {
    let name = Files.name(key)
    return [Zarr2.arrayFile, Zarr2.groupFile, Zarr2.attributesFile, Zarr3.file].contains(name)
  }
}
