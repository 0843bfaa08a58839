import Arrays
import Storage

/// A group of an HDF5 file.
struct Hdf5Group: FileGroup {
  let file: Hdf5File
  let key: String

  var path: String { Files.join(file.path, key) }
  var attributes: JSON { file.attributes(key) }

  func children() throws -> [FileChild] {
    try file.names(key).compactMap { name in
      let inner = Files.join(key, name)
      switch file.kind(inner) {
      case .group: return FileChild(name: name, isGroup: true)
      case .array:
        do { return FileChild(name: name, isGroup: false, problem: try file.description(of: inner).problem) } catch { return FileChild(name: name, isGroup: false, problem: "\(error)") }
      case .other: return FileChild(name: name, isGroup: false, problem: "a type")
      case nil: return FileChild(name: name, isGroup: false, problem: "a link that leads nowhere")
      }
    }
  }

  func open(_ path: String) throws -> FileNode {
    let parts = path.split(separator: "/").filter { $0 != "." }, inner = Files.join(key, parts.joined(separator: "/")), place = Files.join(file.path, inner)
    guard !parts.contains("..") else { throw StorageError.badPath(path: place, reason: ".. would leave the file") }
    guard !inner.utf8.contains(0) else { throw StorageError.badPath(path: place, reason: "it holds a zero byte") }
    switch file.kind(inner) {
    case .group: return .group(Hdf5Group(file: file, key: inner))
    case .array: return .array(try file.open(inner))
    case .other: throw StorageError.unsupported(path: place, feature: "a named type of HDF5")
    case nil:
      let above = Files.parent(inner), siblings = (try? file.names(above)) ?? []
      throw StorageError.notFound(path: place, near: nearName(Files.name(inner), among: siblings).map { Files.join(file.path, Files.join(above, $0)) })
    }
  }
}
