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

  /// A file that nobody else can open, in the folder for what nobody keeps. It has no name once it is open: it goes with the process, however that ends.
  ///
  /// - Parameter bytes: that will be written; refused where there is no room for them.
  /// - Throws: `BlockwiseError.noRoom`, `.system`.
  init(temporary bytes: Int) throws {
    path = Files.temporaryPath()
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BlockwiseError.failed("open", path) }
    unlink(path)
    var space = statvfs()
    guard fstatvfs(descriptor, &space) == 0 else { return }
    let free = saturated(Int(clamping: space.f_bavail), Int(clamping: space.f_frsize))
    if bytes > free { throw BlockwiseError.noRoom(folder: Files.temporaryFolder, bytes: bytes, free: free) }
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
