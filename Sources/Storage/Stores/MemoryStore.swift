// Bytes by key in the memory of this process: memory://name/…, for tests, and for results that no file needs to hold.

import Arrays
import Synchronization

/// All that the process keeps so. Bytes are counted by nobody: an array put here is an array in memory.
package final class MemoryFiles: Sendable {
  package static let process = MemoryFiles()
  package let files = Mutex<[String: Bytes]>([:])
}

package struct MemoryStore: ByteStore {
  /// "memory://name/a.zarr"
  package let root: String
  package var memory = MemoryFiles.process

  package init(root: String) { self.root = root }

  package func path(_ key: String) -> String { Files.join(root, key) }

  package func get(_ key: String, limit: Int) throws(StorageError) -> Bytes? {
    guard let bytes = memory.files.withLock({ $0[path(key)] }) else { return nil }
    guard bytes.count <= limit else { throw .tooLarge(path: path(key), bytes: bytes.count, limit: limit) }
    return bytes
  }

  package func get(_ key: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    guard let bytes = memory.files.withLock({ $0[path(key)] }) else { return nil }
    let begin = min(max(0, offset), bytes.count)
    return try copy(bytes, begin, min(max(0, count), bytes.count - begin), key)
  }

  package func get(_ key: String, last count: Int) throws(StorageError) -> (bytes: Bytes, size: Int)? {
    guard let bytes = memory.files.withLock({ $0[path(key)] }) else { return nil }
    let count = min(max(0, count), bytes.count)
    return (try copy(bytes, bytes.count - count, count, key), bytes.count)
  }

  private func copy(_ bytes: Bytes, _ begin: Int, _ count: Int, _ key: String) throws(StorageError) -> Bytes {
    try bytes.withBytes { source throws(StorageError) in try Self.copy(UnsafeRawBufferPointer(rebasing: source[begin..<(begin + count)]), path(key)) }
  }

  private static func copy(_ source: UnsafeRawBufferPointer, _ path: String) throws(StorageError) -> Bytes {
    let bytes: Bytes
    do { bytes = try Bytes(count: source.count) } catch { throw .noMemory(path: path, bytes: source.count) }
    bytes.fill { $0.copyMemory(from: source) }
    return bytes
  }

  package func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    let copy = try Self.copy(bytes, path(key))
    memory.files.withLock { $0[path(key)] = copy }
  }

  package func remove(_ key: String) { _ = memory.files.withLock { $0.removeValue(forKey: path(key)) } }

  package func removeTree(_ key: String) {
    let whole = path(key), below = whole + "/"
    memory.files.withLock { files in for name in files.keys where name == whole || name.hasPrefix(below) { files[name] = nil } }
  }

  package func list(_ key: String) -> [Files.Entry]? {
    let prefix = path(key) + "/"
    var found: [String: Bool] = [:]
    memory.files.withLock { files in
      for name in files.keys where name.hasPrefix(prefix) {
        let rest = name.dropFirst(prefix.count), first = String(rest.prefix { $0 != "/" })
        found[first] = rest.utf8.count > first.utf8.count || found[first] == true
      }
    }
    return found.isEmpty ? nil : found.map { Files.Entry(name: $0.key, isFolder: $0.value) }.sorted { $0.name < $1.name }
  }

  package func size(_ key: String) -> Int? { memory.files.withLock { $0[path(key)]?.count } }

  package func kind(_ key: String) -> Files.Kind? {
    let whole = path(key), below = whole + "/"
    return memory.files.withLock { files in
      if files[whole] != nil { return .file }
      return files.keys.contains { $0.hasPrefix(below) } ? .folder : nil
    }
  }
}
