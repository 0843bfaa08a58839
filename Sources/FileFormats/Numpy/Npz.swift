import Arrays
import Storage

/// The arrays of a .npz: a zip archive with one .npy a member. Members in folders ("a/b.npy") are groups.
struct NpzFile: FileGroup {
  let file: OpenFile
  let members: [ZipMember]
  /// "" at the top, else ends in "/".
  private let prefix: String

  init(_ path: String) throws(StorageError) {
    file = try OpenFile(path)
    members = try ZipMember.all(of: file).filter { $0.name.hasSuffix(".npy") }
    prefix = ""
  }

  private init(_ other: NpzFile, prefix: String) { (file, members, self.prefix) = (other.file, other.members, prefix) }

  var path: String { prefix.isEmpty ? file.path : Files.join(file.path, String(prefix.dropLast())) }
  var attributes: JSON { .emptyObject }

  func children() -> [FileChild] {
    var groups: Set<String> = [], children: [FileChild] = []
    for member in members where member.name.hasPrefix(prefix) {
      let rest = member.name.dropFirst(prefix.count).dropLast(4)
      if let slash = rest.firstIndex(of: "/") {
        if groups.insert(String(rest[..<slash])).inserted { children.append(FileChild(name: String(rest[..<slash]), isGroup: true)) }
      } else {
        children.append(FileChild(name: String(rest), isGroup: false))
      }
    }
    return children.sorted { $0.name < $1.name }
  }

  func open(_ name: String) throws -> FileNode {
    let full = prefix + name.split(separator: "/").joined(separator: "/"), place = Files.join(file.path, full)
    if full == prefix || full.isEmpty { return .group(self) }
    if let member = members.last(where: { $0.name == full + ".npy" || $0.name == full }) {
      let bytes = try member.open(in: file)
      return .array(try NumpyFile.array(bytes, path: place, format: ".npz", codecText: member.method == 0 ? "raw" : "deflate", stamp: "\(file.count) bytes"))
    }
    if members.contains(where: { $0.name.hasPrefix(full + "/") }) { return .group(NpzFile(self, prefix: full + "/")) }
    throw StorageError.notFound(path: place, near: nearName(full, among: members.map { String($0.name.dropLast(4)) }).map { Files.join(file.path, $0) })
  }
}
