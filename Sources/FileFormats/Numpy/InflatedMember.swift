// A member of a zip archive that was packed by deflate (RFC 1951), read in order.
//
// Deflate has no places to begin at: reading goes on from where the last read ended, and begins anew for what lies before. Members of up to
// `keptLimit` bytes are unpacked whole at their first read and kept. The checksum is compared when a pass reaches the end.

import Arrays
import CZlib
import Storage
import Synchronization

final class InflatedMember: ByteRange {
  let count: Int
  private let file: OpenFile, path: String, start: Int, packedSize: Int, checksum: UInt32
  // Held round every read: the two below are touched under it alone.
  private let lock = Mutex(())
  nonisolated(unsafe) private var kept: Bytes?
  nonisolated(unsafe) private var pass: Pass?

  private static let keptLimit = 256 << 20

  init(file: OpenFile, path: String, start: Int, packedSize: Int, count: Int, checksum: UInt32) {
    (self.file, self.path, self.start, self.packedSize, self.count, self.checksum) = (file, path, start, packedSize, count, checksum)
  }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    guard offset >= 0, target.count <= count, offset <= count - target.count else { throw StorageError.badFile(path: path, reason: "it ends at byte \(count)") }
    nonisolated(unsafe) let target = target
    try lock.withLock { _ in
      let isHeader = offset + target.count <= 1 << 16 && count > 1 << 16
      if kept == nil, count <= Self.keptLimit, !isHeader {
        let bytes: Bytes
        do { bytes = try Bytes(count: count) } catch { throw StorageError.noMemory(path: path, bytes: count) }
        let pass = try Pass(self)
        try bytes.fill { try pass.read(into: $0) }
        (kept, self.pass) = (bytes, nil)
      }
      if let kept {
        kept.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + target.count)])) }
        return
      }
      let pass: Pass
      if let open = self.pass, open.position <= offset { pass = open } else { pass = try Pass(self) }
      self.pass = nil   // one that fails is not gone on with
      try pass.skip(to: offset)
      try pass.read(into: target)
      self.pass = pass
    }
  }

  /// One way through the member. Used under the lock of its owner alone.
  private final class Pass {
    private let member: InflatedMember
    private let inflation: Inflation
    private var input = [UInt8](repeating: 0, count: 1 << 18)
    /// Of `input`: bytes that were read, and bytes that were used up; and all that were used up.
    private var taken = 0, given = 0, consumed = 0
    private(set) var position = 0
    private var checksum: UInt = 0

    init(_ member: InflatedMember) throws {
      self.member = member
      guard let inflation = Inflation() else { throw StorageError.noMemory(path: member.path, bytes: 1 << 16) }
      self.inflation = inflation
    }

    func skip(to offset: Int) throws {
      if position >= offset { return }
      let scratch = try Scratch(min(offset - position, 1 << 20), limit: 1 << 20, of: member.path)
      while position < offset { try read(into: UnsafeMutableRawBufferPointer(rebasing: scratch.bytes[..<min(offset - position, scratch.bytes.count)])) }
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws {
      func bad(_ reason: String) -> StorageError { .badFile(path: member.path, reason: "it is damaged: \(reason)") }
      var done = 0
      while done < target.count, let base = target.baseAddress {
        if given == taken {
          let piece = min(input.count, member.packedSize - consumed)
          if piece <= 0 { throw bad("it ends at byte \(position) of \(member.count)") }
          try input.withUnsafeMutableBytes { try member.file.read(at: member.start + consumed, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<piece])) }
          (given, taken) = (0, piece)
        }
        let (outcome, read, wrote) = input.withUnsafeBytes { bytes in
          inflation.step(UnsafeRawBufferPointer(rebasing: bytes[given..<taken]), into: UnsafeMutableRawBufferPointer(rebasing: target[done...]))
        }
        given += read
        consumed += read
        if wrote > 0 { checksum = crc32_z(checksum, (base + done).assumingMemoryBound(to: UInt8.self), wrote) }
        done += wrote
        position += wrote
        if outcome == .end, position < member.count { throw bad("it ends at byte \(position) of \(member.count)") }
        if case .failed(let number) = outcome { throw bad("zlib error \(number) at byte \(position)") }
      }
      if position == member.count, UInt32(truncatingIfNeeded: checksum) != member.checksum { throw bad("its checksum is another one") }
    }
  }
}
