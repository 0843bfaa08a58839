// Reading whole files and ranges.

import Glibc

extension Files {
  /// Metadata and small records; larger ones are refused before memory is asked for.
  package static let smallFileLimit = 1 << 28

  /// All bytes of a file.
  ///
  /// - Throws: `.notFound`, `.permission`, `.tooLarge`, `.system`.
  package static func read(_ path: String, limit: Int = smallFileLimit) throws(StorageError) -> [UInt8] {
    guard let bytes = try readIfPresent(path, limit: limit) else { throw .from(errno: ENOENT, path, doing: "read") }
    return bytes.array
  }

  /// All bytes of a file, nil if there is none.
  package static func readIfPresent(_ path: String, limit: Int) throws(StorageError) -> Bytes? {
    guard let file = try HeldFile.open(path) else { return nil }
    guard file.size <= limit else { throw .tooLarge(path: path, bytes: file.size, limit: limit) }
    return try file.bytes(from: 0, count: file.size)
  }

  /// `count` bytes of a file from `offset` on, fewer if it ends before; nil if there is no file.
  package static func readIfPresent(_ path: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    try HeldFile.open(path)?.bytes(from: offset, count: count)
  }
}
