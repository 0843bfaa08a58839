// A place in a container: the container's own path and the key inside it.

/// "data/a.zarr/em/s0" is root "data/a.zarr" and key "em/s0".
///
/// The root is the first component that ends in .zarr or .n5; without one, the topmost folder, upwards without a gap, that holds
/// Zarr or N5 metadata; else the path itself. Keys cannot leave the root.
package struct Location: Hashable, Sendable, CustomStringConvertible {
  package let root: String
  package let key: String

  /// - Throws: `StorageError.badPath`; `.unsupported` for schemes other than files.
  package init(_ text: String) throws(StorageError) {
    var text = text
    if let scheme = text.firstRange(of: "://") {
      let name = text[..<scheme.lowerBound]
      guard name == "file" else { throw .unsupported(path: text, feature: "the store \(name)://") }
      text = String(text[scheme.upperBound...])
    }
    guard !text.isEmpty else { throw .badPath(path: text, reason: "it is empty") }
    guard !text.utf8.contains(0) else { throw .badPath(path: text, reason: "it holds a zero byte") }
    let parts = text.split(separator: "/").map(String.init).filter { $0 != "." }
    let prefix = text.hasPrefix("/") ? "/" : ""
    let count = Self.rootCount(parts, prefix)
    let root = prefix + parts[..<count].joined(separator: "/")
    self.root = root.isEmpty ? "." : root
    key = try Self.key(parts[count...].joined(separator: "/"), in: text)
  }

  package init(root: String, key: String) throws(StorageError) {
    self.root = root
    self.key = try Self.key(key, in: Files.join(root, key))
  }

  package var description: String { Files.join(root, key) }
  package var store: any ByteStore {
    let files = FileStore(root: root)
    return StoreObserver.around?(files) ?? files
  }

  /// Groups above, nearest first, up to the root.
  package var ancestors: [String] {
    var keys: [String] = [], rest = key
    while !rest.isEmpty {
      rest = Files.parent(rest)
      keys.append(rest)
    }
    return keys
  }

  /// A key inside a container: components joined by "/", none of them "." or "..". `container`: the whole path, for messages.
  static func key(_ text: String, in container: String) throws(StorageError) -> String {
    let parts = text.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw .badPath(path: container, reason: ".. would leave the container") }
    guard !text.utf8.contains(0) else { throw .badPath(path: container, reason: "it holds a zero byte") }
    return parts.joined(separator: "/")
  }

  private static let metadataNames = [".zgroup", ".zarray", "zarr.json", "attributes.json"]

  private static func rootCount(_ parts: [String], _ prefix: String) -> Int {
    if let named = parts.firstIndex(where: { $0.hasSuffix(".zarr") || $0.hasSuffix(".n5") }) { return named + 1 }
    var count = parts.count
    func holdsMetadata(_ count: Int) -> Bool {
      let folder = prefix + parts[..<count].joined(separator: "/")
      return metadataNames.contains { Files.kind(Files.join(folder.isEmpty ? "." : folder, $0)) == .file }
    }
    while count > 1, holdsMetadata(count - 1) { count -= 1 }
    return count
  }
}
