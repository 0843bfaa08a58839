// Keeps writers in several processes apart that change parts of one chunk: each locks a byte of one hidden file beside the chunks.
//
// Locks belong to the open file (Linux, F_OFD_SETLK), so they end with the process however it ends, and work over NFS where its server
// has locks. Where the file system has none, or the file cannot be made, writers go on without: then parts of one chunk are to be written
// by one process alone. The file is left there: removing it would let two writers hold locks on two files of one name.

import Glibc

package final class LockFile: Sendable {
  static let name = ".dcs-lock"
  private let file: Int32

  /// nil where it cannot be made.
  init?(folder: String) {
    file = open(Files.join(folder, Self.name), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if file < 0 { return nil }
  }

  deinit { close(file) }

  /// Runs `body` while no other process holds `byte`. Threads of this process are kept apart by other means.
  ///
  /// - Parameter waiting: called now and then while another process holds it; it may throw.
  func hold<R>(_ byte: Int, waiting: () throws -> Void, _ body: () throws -> R) throws -> R {
    var pause: UInt32 = 100
    while !set(Int16(F_WRLCK), byte) {
      guard errno == EAGAIN || errno == EACCES || errno == EINTR else { return try body() }   // no locks here
      try waiting()
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    defer { _ = set(Int16(F_UNLCK), byte) }
    return try body()
  }

  private func set(_ type: Int16, _ byte: Int) -> Bool {
    var lock = flock()
    (lock.l_type, lock.l_whence, lock.l_start, lock.l_len) = (type, Int16(SEEK_SET), byte, 1)
    let ofdSetLock: Int32 = 37   // F_OFD_SETLK
    return fcntl(file, ofdSetLock, &lock) == 0
  }
}
