// A file of the local system that stays the one that was opened, whatever is renamed over it.

import Arrays
import Glibc

/// An open file of the local system.
final class HeldFile: HeldBytes {
  private let file: Int32
  private let path: String
  let size: Int
  let version: KeyVersion?

  private init(file: Int32, path: String, size: Int, version: KeyVersion) { (self.file, self.path, self.size, self.version) = (file, path, size, version) }
  deinit { close(file) }

  /// nil if there is no file.
  static func open(_ path: String) throws(StorageError) -> HeldFile? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .from(errno: errno, path, doing: "read")
    }
    var info = stat()
    guard fstat(file, &info) == 0 else {
      let code = errno
      close(file)
      throw .from(errno: code, path, doing: "read")
    }
    guard info.st_mode & S_IFMT != S_IFDIR else { close(file); return nil }
    return HeldFile(file: file, path: path, size: Int(info.st_size), version: KeyVersion(info))
  }

  func all(limit: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
    return try part(from: 0, count: size, scratch)
  }

  func last(_ count: Int, _ scratch: Scratch) throws(StorageError) -> (bytes: UnsafeRawBufferPointer, size: Int)? {
    try part(from: max(0, size - count), count: count, scratch).map { ($0, size) }
  }

  func part(from offset: Int, count: Int, _ scratch: Scratch) throws(StorageError) -> UnsafeRawBufferPointer? {
    let range = range(from: offset, count: count), buffer: UnsafeMutableRawBufferPointer
    do { buffer = try scratch.encoded(range.count) } catch { throw .noMemory(path: path, bytes: range.count) }
    return UnsafeRawBufferPointer(rebasing: buffer[..<(try read(from: range.lowerBound, into: buffer))])
  }

  /// The same into memory of its own.
  func bytes(from offset: Int, count: Int) throws(StorageError) -> Bytes {
    let range = range(from: offset, count: count)
    var bytes: Bytes
    do { bytes = try Bytes(count: range.count) } catch { throw .noMemory(path: path, bytes: range.count) }
    bytes.truncate(to: try bytes.fill { target throws(StorageError) in try read(from: range.lowerBound, into: target) })
    return bytes
  }

  private func range(from offset: Int, count: Int) -> Range<Int> {
    let begin = min(max(0, offset), size)
    return begin..<begin + min(max(0, count), size - begin)
  }

  /// - Returns: how many bytes there were.
  private func read(from offset: Int, into target: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let got = pread(file, base + done, target.count - done, offset + done)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw .from(errno: errno, path, doing: "read") }
      if got == 0 { break }
      done += got
    }
    return done
  }
}

extension KeyVersion {
  /// Kernels stamp files with a clock that ticks every few milliseconds: younger than a tenth of a second is fresh.
  fileprivate init(_ info: stat) {
    let changed = max(UInt64(info.st_ctim.tv_sec) &* 1_000_000_000 &+ UInt64(info.st_ctim.tv_nsec), 0)
    let written = UInt64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ UInt64(info.st_mtim.tv_nsec)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let time = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec), latest = max(changed, written)
    self.init(words: [UInt64(info.st_dev), UInt64(info.st_ino), UInt64(info.st_size), changed, written], isFresh: latest &+ 100_000_000 > time)
  }
}
