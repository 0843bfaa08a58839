// Names and folders of files that nobody keeps, and what is left of them when their writer was killed.

import Glibc

extension Files {
  private static let temporaryMark = ".dcs-partial-"

  /// A fresh hidden name: 64 random bits of the system, so that threads, processes and machines never meet.
  package static func temporaryName() -> String {
    temporaryMark + String(UInt64.random(in: .min ... .max), radix: 16)
  }

  /// Where files go that nobody keeps: `TMPDIR`, else /tmp.
  package static var temporaryFolder: String {
    guard let given = getenv("TMPDIR"), given.pointee != 0 else { return "/tmp" }
    return String(cString: given)
  }

  /// A path for a file that nobody keeps; nothing is there yet.
  package static func temporaryPath() -> String { join(temporaryFolder, temporaryName()) }

  /// Left behind by a writer that was killed, and safe to remove once no writer runs; or what writers lock.
  package static func isTemporary(_ name: String) -> Bool { name.hasPrefix(temporaryMark) || name == LockFile.name }

  /// Removes files of a folder that writers left when they were killed: those of temporary name that nobody wrote to for a day.
  static func removeLeftovers(_ path: String) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      guard name.hasPrefix(temporaryMark) else { continue }
      var info = stat()
      let file = join(path, name)
      guard lstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_mtim.tv_sec < now.tv_sec - 86_400 else { continue }
      unlink(file)
    }
  }

  /// Makes a new, empty folder in `temporaryFolder`, which nobody else opens: mode 700, a name of its own. Whoever made it removes it.
  package static func makeTemporaryFolder() throws(StorageError) -> String {
    var template = Array(join(temporaryFolder, "dcs-XXXXXX").utf8CString)
    let isMade = template.withUnsafeMutableBufferPointer { path in path.baseAddress.flatMap { mkdtemp($0) } != nil }
    guard isMade else { throw .from(errno: errno, temporaryFolder, doing: "make a folder in") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
