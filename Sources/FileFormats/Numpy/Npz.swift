import Arrays
import Storage

/// The arrays of a .npz: a zip archive with one .npy a member. Members in folders ("a/b.npy") are groups.
struct NpzFile: FileGroup {
  let file: OpenFile
  private let members: [String: ZipEntry]
  /// "" at the top, else ends in "/".
  private let prefix: String

  init(_ path: String) throws(StorageError) {
    let file = try OpenFile(path), length = min(file.count, ZipArchive.tailLength)
    let archive = try ZipArchive(path: path, tail: try Self.bytes(file, at: file.count - length, length), length: file.count) { offset, count throws(StorageError) in try Self.bytes(file, at: offset, count) }
    (self.file, members, prefix) = (file, archive.entries.filter { $0.key.hasSuffix(".npy") }, "")
  }

  private static func bytes(_ file: OpenFile, at offset: Int, _ count: Int) throws(StorageError) -> Bytes {
    let bytes = try file.bytes(at: UInt64(clamping: offset), count: count)
    do { return try Bytes(bytes) } catch { throw .noMemory(path: file.path, bytes: count) }
  }

  private init(_ other: NpzFile, prefix: String) { (file, members, self.prefix) = (other.file, other.members, prefix) }

  var path: String { prefix.isEmpty ? file.path : Files.join(file.path, String(prefix.dropLast())) }
  var attributes: JSON { .emptyObject }

  func children() -> [FileChild] {
    var groups: Set<String> = [], children: [FileChild] = []
    for name in members.keys where name.hasPrefix(prefix) {
      let rest = name.dropFirst(prefix.count).dropLast(4)
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
    if let name = [full + ".npy", full].first(where: { members[$0] != nil }), let member = members[name] {
      let bytes = try self.bytes(of: member, place)
      return .array(try NumpyFile.array(bytes, path: place, format: ".npz", codecText: bytes is FilePart ? "raw" : "deflate", stamp: "\(file.count) bytes"))
    }
    if members.keys.contains(where: { $0.hasPrefix(full + "/") }) { return .group(NpzFile(self, prefix: full + "/")) }
    throw StorageError.notFound(path: place, near: nearName(full, among: members.keys.sorted().map { String($0.dropLast(4)) }).map { Files.join(file.path, $0) })
  }

  /// The bytes of a member, as they were before they were packed.
  private func bytes(of member: ZipEntry, _ place: String) throws(StorageError) -> any ByteRange {
    let method = try member.method(place)
    let start = try member.offset + member.dataOffset(header: file.bytes(at: UInt64(member.offset), count: ZipEntry.headerSize), place)
    guard start <= file.count - member.packed else { throw .badFile(path: place, reason: "the zip file ends inside of it") }
    switch method {
    case .stored: return FilePart(file: file, start: start, count: member.size)
    case .deflated: return InflatedMember(file: file, path: place, start: start, packedSize: member.packed, count: member.size, checksum: member.crc)
    }
  }
}

/// Bytes inside of a file.
private struct FilePart: ByteRange {
  let file: OpenFile
  let start: Int
  let count: Int
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    guard offset >= 0, target.count <= count, offset <= count - target.count else { throw StorageError.badFile(path: file.path, reason: "a member ends at byte \(count)") }
    try file.read(at: start + offset, into: target)
  }
}
