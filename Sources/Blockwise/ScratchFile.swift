// Numbers between two stages, too many for memory: one file without structure, written and read by position from any thread.

import Glibc
import Storage

final class ScratchFile: Sendable {
  let path: String
  private let descriptor: CInt

  /// Opens a file, or makes it.
  ///
  /// - Throws: `BlockwiseError.system`.
  init(_ path: String) throws {
    try Files.makeFolders(Files.parent(path))
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw BlockwiseError.failed("open", path) }
    self.path = path
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { throw errno == ENOSPC ? StorageError.diskFull(path: path) : BlockwiseError.failed("write", path) }
      done += count
    }
  }

  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw BlockwiseError.failed("read", path) }
      done += count
    }
  }
}
