// What lies below a place by the copy of all metadata at a container's root, for stores that list nothing.
//
// Zarr v2: .zmetadata  {"metadata": {"em/.zgroup": {…}, "em/s0/.zarray": {…}}}   https://zarr.readthedocs.io/en/stable/user-guide/consolidated_metadata.html
// Zarr v3: zarr.json   {"consolidated_metadata": {"metadata": {"em": {…}, "em/s0": {…}}}}

/// Folders directly below `key`; nil without such a copy.
func consolidatedEntries(_ store: some ByteStore, _ key: String) throws(StorageError) -> [Files.Entry]? {
  var paths: [String] = []
  if let members = try store.json(MetadataNames.consolidated)?["metadata"]?.members {
    paths = members.map { Files.parent($0.key) }
  } else if let members = try store.json(Zarr3.file)?["consolidated_metadata"]?["metadata"]?.members {
    paths = members.map(\.key)
  } else { return nil }
  let prefix = key.isEmpty ? "" : key + "/"
  var names: Set<String> = []
  for path in paths where path.hasPrefix(prefix) {
    let name = path.dropFirst(prefix.count).prefix { $0 != "/" }
    if !name.isEmpty, name != "..", name != "." { names.insert(String(name)) }
  }
  return names.sorted().map { Files.Entry(name: $0, isFolder: true) }
}
