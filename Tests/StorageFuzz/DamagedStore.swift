import Arrays
import Storage
import Synchronization

/// A container in memory, read only, that notes what is asked of it.
final class DamagedStore: ByteStore, Sendable {
  private let container: Container
  /// Keys that no container may be asked for: absolute, or with components that leave it.
  private let strayed = Mutex<[String]>([])

  init(_ container: Container) { self.container = container }

  var strays: [String] { strayed.withLock { $0 } }

  private func bytes(_ key: String) -> [UInt8]? {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    if key.utf8.contains(0) || parts.contains("..") || (parts.count > 1 && parts.contains("")) { strayed.withLock { $0.append(key) } }
    return container.files[key]
  }

  private func copy(_ bytes: ArraySlice<UInt8>, _ key: String) throws(StorageError) -> Bytes {
    guard let result = try? Bytes(count: bytes.count) else { throw .noMemory(path: path(key), bytes: bytes.count) }
    result.fill { $0.copyBytes(from: bytes) }
    return result
  }

  func path(_ key: String) -> String { Files.join("/damaged/" + container.name, key) }

  func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? {
    guard let bytes = bytes(key) else { return nil }
    if bytes.count > limit { throw .tooLarge(path: path(key), bytes: bytes.count, limit: limit) }
    return try copy(bytes[...], key)
  }

  func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    guard let bytes = bytes(key) else { return nil }
    let begin = min(max(0, offset), bytes.count)
    return try copy(bytes[begin..<(begin + min(max(0, count), bytes.count - begin))], key)
  }

  func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    guard let bytes = bytes(key) else { return nil }
    return (try copy(bytes.suffix(max(0, count)), key), bytes.count)
  }

  func size(_ key: String) -> Int? { bytes(key)?.count }

  func kind(_ key: String) -> Files.Kind? {
    if bytes(key) != nil { return .file }
    return container.keys.contains { key.isEmpty || $0.hasPrefix(key + "/") } ? .folder : nil
  }

  func list(_ key: String) throws(StorageError) -> [Files.Entry]? {
    let prefix = key.isEmpty ? "" : key + "/"
    var entries: [Files.Entry] = []
    for inner in container.keys where inner.hasPrefix(prefix) {
      let rest = inner.dropFirst(prefix.count), name = String(rest.prefix { $0 != "/" })
      if entries.last?.name != name { entries.append(Files.Entry(name: name, isFolder: rest.contains("/"))) }
    }
    return entries.isEmpty ? nil : entries
  }

  func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) { throw .readOnly(path: path(key)) }
  func remove(_ key: String) throws(StorageError) { throw .readOnly(path: path(key)) }
  func removeTree(_ key: String) throws(StorageError) { throw .readOnly(path: path(key)) }
}
