import Arrays
import Glibc
import Storage

/// Where bytes are read from by their place: a file, or a member of an archive.
protocol ByteRange: Sendable {
  var count: Int { get }
  /// Fills `target` with the bytes from `offset` on.
  ///
  /// - Throws: `StorageError.badFile` where the bytes end before.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws
}

/// A file that is open for reading. Reads name their place, so that any number of threads share it; nothing is mapped, so that a file
/// that is cut meanwhile is an error and not a signal.
final class OpenFile: ByteRange {
  let path: String
  let count: Int
  let descriptor: Int32

  /// - Throws: `StorageError.notFound`, `.permission`, `.system`; `.badFile` for what is no regular file.
  init(_ path: String) throws(StorageError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .from(errno: errno, path, doing: "read") }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .badFile(path: path, reason: "it is no regular file")
    }
    (self.path, self.descriptor, count) = (path, descriptor, Int(info.st_size))
  }

  deinit { close(descriptor) }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < target.count, let base = target.baseAddress {
      let got = pread(descriptor, base + done, target.count - done, offset &+ done)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw StorageError.from(errno: errno, path, doing: "read") }
      if got == 0 { throw StorageError.badFile(path: path, reason: "it ends at byte \(offset + done), \(target.count - done) bytes too soon") }
      done += got
    }
  }

  /// Bytes of a small structure.
  ///
  /// - Throws: `.badFile` unless all of them lie inside the file.
  func bytes(at offset: UInt64, count wanted: Int) throws(StorageError) -> [UInt8] {
    guard wanted >= 0, let begin = Int(exactly: offset), wanted <= count, begin <= count - wanted else {
      throw .badFile(path: path, reason: "it ends before byte \(offset) + \(wanted)")
    }
    return try upTo(wanted, at: begin)
  }

  /// The same, fewer where the file ends before.
  func upTo(_ wanted: Int, at begin: Int) throws(StorageError) -> [UInt8] {
    let length = max(0, min(wanted, count - begin))
    var bytes = [UInt8](repeating: 0, count: length), failure: StorageError?
    bytes.withUnsafeMutableBytes { target in
      do { try read(at: begin, into: target) } catch { failure = error as? StorageError }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Integers of a file's byte order in a run of bytes.
struct ByteOrder: Sendable, Equatable {
  let isBig: Bool

  /// `size` bytes as an unsigned integer; 0 for places outside of `bytes`.
  func integer(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt64 {
    guard offset >= 0, offset <= bytes.count - size else { return 0 }
    return (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * (isBig ? size - 1 - $1 : $1)) }
  }
}

/// Memory for work in between, refused before it is asked for.
struct Scratch: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  /// - Throws: `StorageError.tooLarge` above `limit`, `.noMemory`.
  init(_ count: Int, limit: Int, of path: String) throws(StorageError) {
    guard count <= limit else { throw .tooLarge(path: path, bytes: count, limit: limit) }
    guard let base = malloc(max(1, count)) else { throw .noMemory(path: path, bytes: count) }
    bytes = UnsafeMutableRawBufferPointer(start: base, count: count)
  }

  deinit { free(bytes.baseAddress) }
}
