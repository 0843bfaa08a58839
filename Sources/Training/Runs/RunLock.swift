// One process trains a run at a time. The lock is the system's, so it ends with the process, however that ends.

import Glibc
import Storage

final class RunLock {
  private let descriptor: Int32

  /// - Throws: `TrainingError.busy`, `StorageError`. On file systems without locks it guards nothing.
  convenience init(_ run: Run) throws { try self.init(run.path, name: run.name) }

  init(_ folder: String, name: String) throws {
    let path = Files.join(folder, ".lock")
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw TrainingError.busy(name: name)
    }
  }

  // unlocked by name: a child that has been forked and not yet started another program still holds the descriptor
  deinit { if descriptor >= 0 { flock(descriptor, LOCK_UN); close(descriptor) } }
}
