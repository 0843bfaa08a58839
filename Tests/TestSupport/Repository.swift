import Storage

/// Files of the repository, from its root.
package enum Repository {
  package static let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }

  /// "" where there is none.
  package static func text(_ path: String) -> String { String(decoding: (try? Files.read(root + "/" + path)) ?? [], as: UTF8.self) }

  /// Paths of the `.dcs` files in a folder and the folders below it, sorted; those of a missing folder are none.
  package static func scripts(_ folder: String) -> [String] {
    let entries = (try? Files.list(root + "/" + folder)) ?? []
    return entries.flatMap { entry in
      let path = folder + "/" + entry.name
      return entry.isFolder ? scripts(path) : entry.name.hasSuffix(".dcs") ? [path] : []
    }.sorted()
  }
}
