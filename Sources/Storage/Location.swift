// A place in a container: the container's own path or address and the key inside it.

/// "data/a.zarr/em/s0" is root "data/a.zarr" and key "em/s0"; "s3://bucket/a.zarr/em" is root "s3://bucket/a.zarr" and key "em".
///
/// The root is the first component that ends in .zarr or .n5; without one, the topmost folder, upwards without a gap, that holds
/// Zarr or N5 metadata; else the path itself. A component that ends in .zip and is no folder holds a container, or folders of them. Keys cannot leave the root.
package struct Location: Hashable, Sendable, CustomStringConvertible {
  package let root: String
  package let key: String
  /// The zip file that the root is or lies in.
  let zip: String?

  /// Costs nothing for names that end in .zarr or .n5; else a look at the folders above, which for addresses are asked for once.
  ///
  /// - Throws: `StorageError.badPath`; `.unsupported` for unknown schemes; `.remote`.
  package init(_ text: String) throws(StorageError) {
    guard !text.isEmpty else { throw .badPath(path: text, reason: "it is empty") }
    guard !text.utf8.contains(0) else { throw .badPath(path: text, reason: "it holds a zero byte") }
    var (prefix, rest) = ("", text)
    if let (scheme, after) = Address.split(text) {
      switch scheme {
      case "file": rest = after
      case _ where Address.schemes.contains(scheme): (prefix, rest) = try Self.authority(scheme, after, text)
      default: throw .unsupported(path: text, feature: "the store \(scheme)://")
      }
    }
    if prefix.isEmpty && rest.hasPrefix("/") { prefix = "/" }
    let parts = rest.split(separator: "/").map(String.init).filter { $0 != "." }
    let count = try Self.rootCount(parts, prefix)
    try self.init(root: Self.path(prefix, parts[..<count]), key: parts[count...].joined(separator: "/"), text)
  }

  package init(root: String, key: String) throws(StorageError) { try self.init(root: root, key: key, Files.join(root, key)) }

  private init(root: String, key: String, _ text: String) throws(StorageError) {
    if Address.isRemote(root), root.split(separator: "/").contains("..") { throw .badPath(path: text, reason: ".. has no meaning in an address") }
    self.root = root
    self.key = try Self.key(key, in: text)
    zip = ZipStore.file(in: root)
  }

  package var description: String { Files.join(root, key) }

  /// Whether its bytes are elsewhere: reading them takes a network.
  package var isRemote: Bool { Address.isRemote(root) && !root.hasPrefix("memory:") }

  package var store: any ByteStore {
    let store = Self.store(root, zip)
    return StoreObserver.around?(store) ?? store
  }

  private static func store(_ root: String, _ zip: String?) -> any ByteStore {
    if let zip { return ZipStore(file: zip, root: root) { Self.store(Files.parent(zip), nil) } }
    switch Address.split(root)?.scheme {
    case "http", "https":
      let remote = Remote.current
      return CachedStore(WebStore(root: root, remote: remote), root: root, remote: remote)
    case "s3", "gs":
      let remote = Remote.current
      return CachedStore(S3Store(root: root, remote: remote), root: root, remote: remote)
    case "memory": return MemoryStore(root: root)
    default: return FileStore(root: root)
    }
  }

  /// What stands there; nil for nothing.
  package func kind() throws(StorageError) -> Files.Kind? { try store.kind(key) }

  /// The one that a path names, whatever is asked of it.
  package static func kind(_ path: String) throws(StorageError) -> Files.Kind? {
    Address.split(path) == nil && ZipStore.file(in: path) == nil ? Files.kind(path) : try Location(path).kind()
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

  /// Whether a name is that of a container.
  package static func isContainer(_ name: some StringProtocol) -> Bool {
    let name = name.hasSuffix(".zip") ? name.dropLast(4) : name[...]
    return name.hasSuffix(".zarr") || name.hasSuffix(".n5")
  }

  /// Whether a path leads into a container, where files are parts of arrays.
  package static func isInContainer(_ path: String) -> Bool { path.split(separator: "/").contains { isContainer($0) } }

  // MARK: Roots

  private static func path(_ prefix: String, _ parts: ArraySlice<String>) -> String {
    let path = prefix.hasSuffix("/") || prefix.isEmpty ? prefix + parts.joined(separator: "/") : Files.join(prefix, parts.joined(separator: "/"))
    return path.isEmpty ? "." : path
  }

  /// "s3://bucket" and what follows.
  private static func authority(_ scheme: String, _ after: String, _ text: String) throws(StorageError) -> (String, String) {
    let name = after.prefix { $0 != "/" }
    guard !name.isEmpty, !name.hasPrefix(".") else { throw .badPath(path: text, reason: scheme.hasPrefix("http") ? "it names no host" : scheme == "memory" ? "it has no name" : "it names no bucket") }
    if scheme.hasPrefix("http") {
      let shown = String(text.prefix { $0 != "?" && $0 != "@" })
      if name.contains("@") { throw .badPath(path: "\(scheme)://…@…", reason: "a password in an address is seen by others; it is not taken") }
      if after.contains("?") || after.contains("#") { throw .badPath(path: shown, reason: "it has a query (?, #), which cannot stand before keys") }
    }
    return ("\(scheme)://\(name)", String(after.dropFirst(name.count)))
  }

  private static func rootCount(_ parts: [String], _ prefix: String) throws(StorageError) -> Int {
    let named = parts.firstIndex { $0.hasSuffix(".zarr") || $0.hasSuffix(".n5") }
    if let zip = parts.firstIndex(where: { $0.hasSuffix(".zip") }), zip < named ?? .max, ZipStore.isZip(path(prefix, parts[...zip])) {
      return (named ?? zip) + 1
    }
    if let named { return named + 1 }
    var count = parts.count
    let isAddress = Address.isRemote(prefix)
    while count > (isAddress ? 0 : 1), try holdsMetadata(path(prefix, parts[..<(count - 1)])) { count -= 1 }
    return count
  }

  private static func holdsMetadata(_ folder: String) throws(StorageError) -> Bool {
    let store = store(folder, nil)
    try store.warm(MetadataNames.making)
    for name in MetadataNames.making { if try store.size(name) != nil { return true } }
    return false
  }
}
