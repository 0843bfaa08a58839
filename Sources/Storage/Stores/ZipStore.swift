// A container in a zip file, for reading: "data.zarr.zip/em/s0", "data.zip/data.zarr/em/s0", on disk or elsewhere.
//
// The container is at the top of the zip, or in a folder: the one that is named, or the only one there is.

import Arrays
import CZlib
import Synchronization

package struct ZipStore: ByteStore {
  /// Of the zip, and of what is read in it.
  package let file: String, root: String
  private let base: any ByteStore
  private let name: String

  package init(file: String, root: String, base: () -> any ByteStore) {
    (self.file, self.root, self.base, name) = (file, root, base(), Files.name(file))
  }

  /// The zip that a path leads through: the first component with that ending which stands in no container and is no folder.
  package static func file(in path: String) -> String? {
    guard path.contains(".zip") else { return nil }
    var end = path.startIndex
    while end < path.endIndex {
      let slash = path[end...].firstIndex(of: "/") ?? path.endIndex
      let part = path[end..<slash]
      if part.hasSuffix(".zarr") || part.hasSuffix(".n5") { return nil }
      if part.hasSuffix(".zip"), isZip(String(path[..<slash])) { return String(path[..<slash]) }
      end = slash < path.endIndex ? path.index(after: slash) : slash
    }
    return nil
  }

  package static func isZip(_ path: String) -> Bool {
    Address.isRemote(path) ? !path.hasPrefix("memory:") || MemoryStore(root: Files.parent(path)).size(Files.name(path)) != nil : Files.kind(path) != .folder
  }

  package var isRemote: Bool { base.isRemote }
  package func path(_ key: String) -> String { Files.join(root, key) }

  // MARK: The archive

  /// nil where there is no such file.
  private func archive() throws(StorageError) -> ZipArchive? {
    let held = Self.held.withLock { $0[file] }
    if let held, base.isRemote, held.until > monotonicTime() { return held.archive }
    guard let (tail, size) = try base.get(name, last: ZipArchive.tailLength) else { return nil }
    let bytes = tail.array
    if let held, held.tail == bytes, held.archive.length == size { return held.archive }   // its directory ends with the same bytes: it is the same
    let archive = try ZipArchive(path: file, tail: tail, length: size) { offset, count throws(StorageError) in try base.get(name, from: offset, count: count) }
    let life = monotonicTime() + Remote.current.settings.life
    Self.held.withLock { held in
      if held.count >= 16 { held = [:] }
      held[file] = Held(archive: archive, tail: bytes, until: life)
    }
    return archive
  }

  private struct Held { let archive: ZipArchive, tail: [UInt8], until: Double }
  private static let held = Mutex<[String: Held]>([:])

  /// Where a key is in the archive.
  private func inner(_ key: String, _ archive: ZipArchive) -> String {
    if root != file { return Files.join(String(root.dropFirst(file.count + 1)), key) }
    let top = archive.folders[""] ?? [:]
    if MetadataNames.making.contains(where: { top[$0] == false }) { return key }
    let folders = top.filter { $0.value && $0.key != "__MACOSX" }
    guard folders.count == 1, let only = folders.first?.key, Location.isContainer(only) || MetadataNames.making.contains(where: { archive.folders[only]?[$0] == false }) else { return key }
    return key == only || key.hasPrefix(only + "/") ? key : Files.join(only, key)
  }

  private func entry(_ key: String) throws(StorageError) -> (ZipArchive, ZipEntry)? {
    guard let archive = try archive(), let entry = archive.entries[inner(key, archive)] else { return nil }
    return (archive, entry)
  }

  // MARK: Reading

  package func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? {
    guard let (archive, entry) = try entry(key) else { return nil }
    guard entry.size <= limit else { throw .tooLarge(path: path(key), bytes: entry.size, limit: limit) }
    return try whole(archive, entry, key)
  }

  package func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    guard let (archive, entry) = try entry(key) else { return nil }
    let begin = min(max(0, offset), entry.size), count = min(max(0, count), entry.size - begin)
    if try entry.method(path(key)) == .stored { return try packed(archive, entry, key, begin, count) }
    return try whole(archive, entry, key).slice(begin, count, path(key))
  }

  package func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    guard let (_, entry) = try entry(key) else { return nil }
    let count = min(max(0, count), entry.size)
    return try get(key, from: entry.size - count, count: count).map { ($0, entry.size) }
  }

  private func whole(_ archive: ZipArchive, _ entry: ZipEntry, _ key: String) throws(StorageError) -> Bytes {
    var bytes = try packed(archive, entry, key, 0, entry.packed)
    if try entry.method(path(key)) == .deflated {
      let inflated: Bytes
      do { inflated = try Bytes(count: entry.size) } catch { throw .noMemory(path: path(key), bytes: entry.size) }
      let isWhole = bytes.withBytes { source in inflated.fill { inflateRaw(source, $0) } }
      guard isWhole else { throw .badFile(path: path(key), reason: "it does not inflate to its \(byteText(entry.size))") }
      bytes = inflated
    }
    let sum = bytes.withBytes { $0.withMemoryRebound(to: UInt8.self) { crc32_z(0, $0.baseAddress, $0.count) } }
    guard UInt32(truncatingIfNeeded: sum) == entry.crc else { throw .badFile(path: path(key), reason: "its checksum is wrong") }
    return bytes
  }

  /// Bytes of an entry as they are stored, not inflated, by one request where its own header is no longer than the directory makes think.
  private func packed(_ archive: ZipArchive, _ entry: ZipEntry, _ key: String, _ begin: Int, _ count: Int) throws(StorageError) -> Bytes {
    let cut = StorageError.badFile(path: path(key), reason: "the zip file ends inside of it")
    let guess = ZipEntry.headerSize + entry.nameLength + 64
    let near = begin <= 1 << 16   // else the header and the part are read apart
    let own = near ? min(guess + begin + count, archive.length - entry.offset) : ZipEntry.headerSize
    guard let head = try base.get(name, from: entry.offset, count: own), head.count >= ZipEntry.headerSize else { throw cut }
    let length = try entry.dataOffset(header: head.withBytes { Array($0.prefix(ZipEntry.headerSize)) }, path(key))
    if near, head.count >= length + begin + count { return try head.slice(length + begin, count, path(key)) }
    guard entry.offset + length + begin + count <= archive.length, let part = try base.get(name, from: entry.offset + length + begin, count: count), part.count == count else { throw cut }
    return part
  }

  package func size(_ key: String) throws(StorageError) -> Int? { try entry(key)?.1.size }

  /// Whether there is such an entry and it is not compressed.
  package func isStored(_ key: String) throws(StorageError) -> Bool {
    guard let (_, entry) = try entry(key) else { return false }
    return try entry.method(path(key)) == .stored
  }

  package func kind(_ key: String) throws(StorageError) -> Files.Kind? {
    guard let archive = try archive() else { return nil }
    let inner = inner(key, archive)
    return archive.entries[inner] != nil ? .file : archive.folders[inner] != nil ? .folder : nil
  }

  package func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    guard let archive = try archive() else { return nil }
    return archive.folders[inner(key, archive)]?.map { Files.Entry(name: $0.key, isFolder: $0.value) }.sorted { $0.name < $1.name }
  }

  // MARK: Not writing

  private func refuse(_ key: String) -> StorageError {
    .remote(path: root, problem: .notWritable("zip files are for reading: write to a folder, then zip it"))
  }
  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) { throw refuse(key) }
  package func remove(_ key: String) throws(StorageError) { throw refuse(key) }
  package func removeTree(_ key: String) throws(StorageError) { throw refuse(key) }
}

extension Bytes {
  package func slice(_ begin: Int, _ count: Int, _ path: String) throws(StorageError) -> Bytes {
    if begin == 0 && count == self.count { return self }
    let part: Bytes
    do { part = try Bytes(count: count) } catch { throw .noMemory(path: path, bytes: count) }
    withBytes { source in part.fill { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[begin..<(begin + count)])) } }
    return part
  }
}

/// DEFLATE without a wrapper, to exactly the target's length.
private func inflateRaw(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Bool {
  guard let inflation = Inflation() else { return false }
  var read = 0, written = 0, spare: UInt8 = 0
  while true {
    let rest = UnsafeRawBufferPointer(rebasing: source[read...])
    let (outcome, took, gave) = written < target.count
      ? inflation.step(rest, into: UnsafeMutableRawBufferPointer(rebasing: target[written...])) : withUnsafeMutableBytes(of: &spare) { inflation.step(rest, into: $0) }
    if written == target.count && gave > 0 { return false }
    (read, written) = (read + took, written + gave)
    if outcome == .end { return written == target.count }
    if outcome != .more { return false }
  }
}
