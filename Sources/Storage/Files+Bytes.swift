// Reading and writing whole files, ranges and lines.

import Arrays
import Glibc

/// Bytes in memory that a codec or a file fills: never more than were asked for, and no trap if there is no memory.
package struct Bytes: Sendable {
  private let buffer: Buffer
  package private(set) var count: Int

  /// Uninitialised.
  ///
  /// - Throws: `ArrayError.noMemory`.
  package init(count: Int) throws(ArrayError) {
    buffer = try Buffer(count: count, zeroed: false)
    self.count = count
  }

  package init(_ bytes: [UInt8]) throws(ArrayError) {
    try self.init(count: bytes.count)
    bytes.withUnsafeBytes { if let source = $0.baseAddress { buffer.bytes.copyMemory(from: source, byteCount: $0.count) } }
  }

  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(buffer) {} }
    return try body(UnsafeRawBufferPointer(start: buffer.bytes, count: count))
  }

  /// The bytes, to be filled by whoever just made them; they are shared, not copied, by copies of this value.
  package func fill<R, E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(buffer) {} }
    return try body(UnsafeMutableRawBufferPointer(start: buffer.bytes, count: count))
  }

  /// Keeps the first `count` bytes.
  package mutating func truncate(to count: Int) { self.count = min(self.count, max(0, count)) }

  package var array: [UInt8] { withBytes { Array($0) } }
}

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
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .from(errno: errno, path, doing: "read")
    }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw .from(errno: errno, path, doing: "read") }
    guard info.st_mode & S_IFMT != S_IFDIR else { return nil }
    guard info.st_size <= limit else { throw .tooLarge(path: path, bytes: Int(info.st_size), limit: limit) }
    return try read(file, from: 0, count: Int(info.st_size), path)
  }

  /// `count` bytes of a file from `offset` on, fewer if it ends before; nil if there is no file.
  package static func readIfPresent(_ path: String, from offset: Int, count: Int) throws(StorageError) -> Bytes? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .from(errno: errno, path, doing: "read")
    }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw .from(errno: errno, path, doing: "read") }
    let length = Int(info.st_size)
    let begin = min(max(0, offset), length)
    return try read(file, from: begin, count: min(max(0, count), length - begin), path)
  }

  private static func read(_ file: Int32, from offset: Int, count: Int, _ path: String) throws(StorageError) -> Bytes {
    var bytes: Bytes
    do { bytes = try Bytes(count: count) } catch { throw .noMemory(path: path, bytes: count) }
    let done = try bytes.fill { target throws(StorageError) in
      var done = 0
      while done < count, let base = target.baseAddress {
        let got = pread(file, base + done, count - done, offset + done)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { throw .from(errno: errno, path, doing: "read") }
        if got == 0 { break }
        done += got
      }
      return done
    }
    bytes.truncate(to: done)
    return bytes
  }

  /// Replaces a file as a whole, or makes it. Folders above are made.
  ///
  /// - Parameter sync: also survive a power cut, at the cost of waiting for the disk.
  /// - Throws: `.diskFull`, `.permission`, `.system`; the old file is then untouched and nothing is left behind.
  package static func writeAtomically(_ bytes: UnsafeRawBufferPointer, _ path: String, sync: Bool) throws(StorageError) {
    try writeAtomically([bytes], path, sync: sync)
  }

  /// The same from pieces that follow each other.
  static func writeAtomically(_ parts: [UnsafeRawBufferPointer], _ path: String, sync: Bool) throws(StorageError) {
    let temporary = join(parent(path), temporaryName())
    var file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if file < 0 && errno == ENOENT {
      try makeFolders(parent(path))
      file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .from(errno: errno, path, doing: "write") }
    do throws(StorageError) {
      defer { close(file) }
      for bytes in parts { try write(bytes, to: file, path) }
      if sync && fsync(file) != 0 { throw .from(errno: errno, path, doing: "write") }
    } catch {
      unlink(temporary)
      throw error
    }
    if Glibc.rename(temporary, path) != 0 {
      let code = errno
      unlink(temporary)
      throw code == EISDIR ? .exists(path: path, what: "a folder") : .from(errno: code, path, doing: "write")
    }
    if sync { syncFolder(parent(path)) }
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

  private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws(StorageError) {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let wrote = Glibc.write(file, base + done, bytes.count - done)
      if wrote < 0 && errno == EINTR { continue }
      if wrote < 0 { throw .from(errno: errno, path, doing: "write") }
      done += wrote
    }
  }

  private static func syncFolder(_ path: String) {
    let folder = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 { fsync(folder); close(folder) }
  }

  // MARK: Temporary names

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
}
