// What completion offers inside of quotes: files and folders, and below a container its groups and arrays, from their metadata. Never a chunk: an
// array is an end, whatever folders lie in it. A folder that takes too long to list offers what was found until then.

import Display
import Execution
import FileFormats
import Glibc
import Language
import Storage

package struct ContainerPaths: Sendable {
  /// Seconds for one listing.
  let budget: Double
  /// Entries at most: more could not be read.
  static let limit = 2000

  package init(budget: Double = 0.1) { self.budget = budget }

  package func entries(beginning path: String) -> [PathEntry] {
    let deadline = Clock.steady() + budget
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let folder = String(path[..<slash]), part = String(path[slash...])
    if StoreListing.isIn(path) {
      if folder.hasSuffix("://") || folder.hasSuffix(":/") { return [] }
      let place = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
      return StoreListing.children(of: place, budget: budget).filter { $0.name.hasPrefix(part) && !$0.name.hasPrefix(".") && ($0.kind != .file || !Location.isInContainer(place)) }
        .prefix(Self.limit).map { PathEntry($0.kind == .group ? folder + $0.name + "/" : folder + $0.name, isOpen: $0.kind == .group) }
    }
    if let inside = Self.insideFile(folder) { return inside.filter { $0.path.hasPrefix(path) } }
    let isInside = folder.split(separator: "/").contains { Self.isContainer(String($0)) }
    if isInside, Self.isArray(folder) { return [] }
    var entries: [PathEntry] = []
    for entry in Self.list(folder.isEmpty ? "." : folder, beginning: part, isInside, deadline) {
      let path = folder + entry.name
      if !isInside {
        let isOpen = entry.isFolder || FileFormats.hasInside(entry.name)
        entries.append(PathEntry(isOpen ? path + "/" : path, isOpen: isOpen))
        continue
      }
      // after the deadline a key is taken for a group: more can be typed after it
      let isArray = Clock.steady() < deadline && Self.isArray(path)
      entries.append(PathEntry(isArray ? path : path + "/", isOpen: !isArray))
    }
    return entries
  }

  /// What lies in a group of a file: HDF5, .npz; nil where the folder is none.
  private static func insideFile(_ folder: String) -> [PathEntry]? {
    guard folder.split(separator: "/").contains(where: { FileFormats.hasInside(String($0)) }), !FileFormats.isInContainer(folder) else { return nil }
    guard case .group(let group)? = try? FileFormats.open(folder), let children = try? group.children() else { return nil }
    return children.prefix(limit).map { PathEntry(folder + $0.name + ($0.isGroup ? "/" : ""), isOpen: $0.isGroup) }
  }

  private static func isContainer(_ name: String) -> Bool { name.hasSuffix(".zarr") || name.hasSuffix(".n5") }

  private static func isArray(_ path: String) -> Bool {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if case .array? = try? StoredNode.open(path) { return true }
    return false
  }

  private static func list(_ folder: String, beginning part: String, _ foldersOnly: Bool, _ deadline: Double) -> [(name: String, isFolder: Bool)] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var found: [(name: String, isFolder: Bool)] = []
    var seen = 0
    while let entry = readdir(handle), found.count < limit {
      seen += 1
      if seen % 256 == 0, Clock.steady() > deadline { break }
      let type = Int32(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      guard name.hasPrefix(part), name != ".", name != "..", !(name.hasPrefix(".") && part.isEmpty) else { continue }
      let isFolder = type == DT_DIR || (type != DT_REG && Files.kind(Files.join(folder, name)) == .folder)
      if isFolder || !foldersOnly { found.append((name, isFolder)) }
    }
    return found.sorted { $0.name < $1.name }
  }
}
