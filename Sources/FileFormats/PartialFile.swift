import Glibc
import Storage

/// A file that is being written: under a temporary name, which becomes its own when it is whole. Given up, it leaves nothing.
final class PartialFile {
  let path: String
  private let temporary: String
  private let descriptor: Int32
  private(set) var count = 0
  private var isWhole = false

  /// - Throws: `StorageError.permission`, `.diskFull`, `.system`.
  init(_ path: String) throws(StorageError) {
    let folder = Files.parent(path)
    if !folder.isEmpty { try Files.makeFolders(folder) }
    temporary = Files.join(folder, Files.temporaryName())
    descriptor = Glibc.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    self.path = path
    guard descriptor >= 0 else { throw .from(errno: errno, path, doing: "write") }
  }

  deinit {
    close(descriptor)
    if !isWhole { unlink(temporary) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    try write(bytes, at: count)
    count += bytes.count
  }

  func write(_ bytes: [UInt8]) throws(StorageError) {
    try bytes.withUnsafeBufferPointer { typed throws(StorageError) in try write(UnsafeRawBufferPointer(typed)) }
  }

  /// Over what is there, or behind it.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let wrote = pwrite(descriptor, base + done, bytes.count - done, offset + done)
      if wrote < 0 && errno == EINTR { continue }
      if wrote < 0 { throw .from(errno: errno, path, doing: "write") }
      done += wrote
    }
  }

  /// Takes its own name, in place of a file that is there.
  func finish() throws(StorageError) {
    if Glibc.rename(temporary, path) != 0 {
      let code = errno
      throw code == EISDIR ? .exists(path: path, what: "a folder") : .from(errno: code, path, doing: "write")
    }
    isWhole = true
  }
}
