// A file that is written piece by piece and is there as a whole or not at all.

import Arrays
import Glibc

package final class NewFile {
  package let path: String
  private let temporary: String
  private var file: Int32
  /// Bytes written so far.
  package private(set) var count = 0

  /// - Throws: `.permission`, `.system`. Folders above are made.
  package init(_ path: String) throws(StorageError) {
    (self.path, temporary) = (path, Files.join(Files.parent(path), Files.temporaryName()))
    file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if file < 0 && errno == ENOENT {
      try Files.makeFolders(Files.parent(path))
      file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .from(errno: errno, path, doing: "write") }
  }

  /// What was not finished is gone.
  deinit {
    guard file >= 0 else { return }
    close(file)
    unlink(temporary)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    try Files.write(bytes, to: file, path)
    count += bytes.count
  }

  package func write(_ bytes: [UInt8]) throws(StorageError) {
    try bytes.withUnsafeBufferPointer { typed throws(StorageError) in try write(UnsafeRawBufferPointer(typed)) }
  }

  /// Puts it in its place.
  ///
  /// - Parameter sync: also survive a power cut.
  package func finish(sync: Bool = true) throws(StorageError) {
    if sync && fsync(file) != 0 { throw .from(errno: errno, path, doing: "write") }
    guard rename(temporary, path) == 0 else { throw errno == EISDIR ? .exists(path: path, what: "a folder") : .from(errno: errno, path, doing: "write") }
    close(file)
    file = -1
    if sync { Files.syncFolder(Files.parent(path)) }
  }
}
