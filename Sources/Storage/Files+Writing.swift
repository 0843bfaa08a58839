// Replacing whole files, and adding lines to them.

import Glibc

extension Files {
  /// Replaces a file as a whole, or makes it. Folders above are made.
  ///
  /// - Parameter sync: also survive a power cut, at the cost of waiting for the disk.
  /// - Throws: `.diskFull`, `.permission`, `.system`; the old file is then untouched and nothing is left behind.
  package static func writeAtomically(_ bytes: UnsafeRawBufferPointer, _ path: String, sync: Bool) throws(StorageError) {
    try writeAtomically([bytes], path, sync: sync)
  }

  /// The same from pieces that follow each other.
  static func writeAtomically(_ parts: [UnsafeRawBufferPointer], _ path: String, sync: Bool) throws(StorageError) {
    let file = try NewFile(path)
    for bytes in parts { try file.write(bytes) }
    try file.finish(sync: sync)
  }

  package static func writeAtomically(_ bytes: [UInt8], _ path: String, sync: Bool = true) throws(StorageError) {
    try bytes.withUnsafeBufferPointer { typed throws(StorageError) in try writeAtomically(UnsafeRawBufferPointer(typed), path, sync: sync) }
  }

  package static func writeAtomically(_ text: String, _ path: String, sync: Bool = true) throws(StorageError) {
    try writeAtomically(Array(text.utf8), path, sync: sync)
  }

  /// Appends one line (a newline is added) in one write, so that lines of several writers do not mix.
  ///
  /// A file whose last line was cut off by a crash gets a newline first, so the cut line stays by itself.
  package static func appendLine(_ line: String, _ path: String, sync: Bool = true) throws(StorageError) {
    var file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    if file < 0 && errno == ENOENT {
      try makeFolders(parent(path))
      file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .from(errno: errno, path, doing: "write") }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw .from(errno: errno, path, doing: "write") }
    var last = UInt8(ascii: "\n")
    if info.st_size > 0 { _ = pread(file, &last, 1, info.st_size - 1) }
    let text = (last == UInt8(ascii: "\n") ? "" : "\n") + line + "\n"
    do throws(StorageError) {
      try Array(text.utf8).withUnsafeBufferPointer { typed throws(StorageError) in try write(UnsafeRawBufferPointer(typed), to: file, path) }
    } catch {
      ftruncate(file, info.st_size)   // half a line is worse than none
      throw error
    }
    if sync && fsync(file) != 0 { throw .from(errno: errno, path, doing: "write") }
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws(StorageError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let wrote = Glibc.write(file, base + done, bytes.count - done)
      if wrote < 0 && errno == EINTR { continue }
      if wrote < 0 { throw .from(errno: errno, path, doing: "write") }
      done += wrote
    }
  }

  static func syncFolder(_ path: String) {
    let folder = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 { fsync(folder); close(folder) }
  }
}
