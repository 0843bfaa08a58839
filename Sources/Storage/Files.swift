// Files of the local system: what stores, journals and run records need, each failure a `StorageError` that names the path.
//
// A file is replaced as a whole: written under a temporary name in the same folder, then renamed over the old one, so a reader
// or a crash sees the old bytes or the new ones, never a mixture. Temporary names differ between threads, processes and machines.

import Arrays
import Glibc

/// Paths and files of the local system.
package enum Files {
  package enum Kind: Sendable { case file, folder, other }

  package struct Entry: Equatable, Sendable {
    package let name: String
    package let isFolder: Bool
    package init(name: String, isFolder: Bool) { (self.name, self.isFolder) = (name, isFolder) }
  }

  /// What is at `path` (links followed); nil if nothing or if it cannot be told.
  package static func kind(_ path: String) -> Kind? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// Bytes of a file; nil if there is none.
  package static func size(_ path: String) -> Int? {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(info.st_size)
  }

  /// When a file was written last, in seconds since 1970 with nine decimals; nil if there is none.
  package static func written(_ path: String) -> String? {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    let digits = String(info.st_mtim.tv_nsec)
    return "\(info.st_mtim.tv_sec)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }

  /// Sets that time to now; without a file, or without leave to, nothing happens.
  package static func touch(_ path: String) { utimensat(AT_FDCWD, path, nil, 0) }

  /// Everything up to the last component; "" for a bare name.
  package static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? (path.count > 1 ? "/" : "") : String(path[..<slash])
  }

  package static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : name.isEmpty ? folder : folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// Makes a folder and those above it; one that is there already is fine.
  package static func makeFolders(_ path: String) throws(StorageError) {
    if path.isEmpty || mkdir(path, 0o777) == 0 { return }
    switch errno {
    case EEXIST:
      if kind(path) == .folder { return }
      throw .exists(path: path, what: "a file")
    case ENOENT:
      try makeFolders(parent(path))
      if mkdir(path, 0o777) != 0 && errno != EEXIST { throw .from(errno: errno, path, doing: "make the folder") }
    default: throw .from(errno: errno, path, doing: "make the folder")
    }
  }

  /// Entries of a folder, sorted by name, without "." and ".." and without temporary files.
  package static func list(_ path: String) throws(StorageError) -> [Entry] {
    guard let folder = opendir(path) else { throw .from(errno: errno, path, doing: "list") }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let entry = readdir(folder) {
      let type = Int32(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if name == "." || name == ".." || isTemporary(name) { continue }
      let isFolder = type == DT_DIR || (type != DT_REG && kind(join(path, name)) == .folder)
      entries.append(Entry(name: name, isFolder: isFolder))
    }
    return entries.sorted { $0.name < $1.name }
  }

  /// Removes a file; nothing there is fine.
  package static func remove(_ path: String) throws(StorageError) {
    if unlink(path) != 0 && errno != ENOENT { throw .from(errno: errno, path, doing: "remove") }
  }

  /// Removes a folder with all that is in it. Links are removed, not followed.
  package static func removeTree(_ path: String) throws(StorageError) {
    var info = stat()
    guard lstat(path, &info) == 0 else {
      if errno == ENOENT { return }
      throw .from(errno: errno, path, doing: "remove")
    }
    guard info.st_mode & S_IFMT == S_IFDIR else { try remove(path); return }
    guard let folder = opendir(path) else { throw .from(errno: errno, path, doing: "list") }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } })
    }
    closedir(folder)
    for name in names where name != "." && name != ".." { try removeTree(join(path, name)) }
    if rmdir(path) != 0 && errno != ENOENT { throw .from(errno: errno, path, doing: "remove") }
  }

  package static func rename(_ old: String, _ new: String) throws(StorageError) {
    if Glibc.rename(old, new) != 0 { throw .from(errno: errno, new, doing: "rename to") }
  }
}
