// The members of a zip archive, by its central directory: as much of the format as numpy.savez and savez_compressed write.
//
// Specification: PKWARE APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; sizes beyond 32 bits are in the zip64 records.
// Read: members that are stored, or compressed by deflate. Refused by name: other methods, encryption, archives in several files.

import Arrays
import Storage

struct ZipMember: Sendable {
  let name: String
  let method: Int
  let packedSize: Int, size: Int
  let checksum: UInt32
  /// Of its local header.
  let header: Int

  /// - Throws: `StorageError.badFile`, `.unsupported`.
  static func all(of file: OpenFile) throws(StorageError) -> [ZipMember] {
    let order = ByteOrder(isBig: false), path = file.path
    func bad(_ reason: String) -> StorageError { .badFile(path: path, reason: reason) }
    // the end record is 22 bytes and a comment of up to 65,535
    let tailStart = max(0, file.count - 22 - 65_535), tail = try file.upTo(22 + 65_535, at: tailStart)
    guard tail.count >= 22, let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: { order.integer(tail, at: $0, size: 4) == 0x0605_4B50 }) else {
      throw bad("it is no zip archive, or it was cut short")
    }
    var count = order.integer(tail, at: end + 10, size: 2), length = order.integer(tail, at: end + 12, size: 4), start = order.integer(tail, at: end + 16, size: 4)
    if count == 0xFFFF || length == 0xFFFF_FFFF || start == 0xFFFF_FFFF, end >= 20, order.integer(tail, at: end - 20, size: 4) == 0x0706_4B50 {
      let record = try file.bytes(at: order.integer(tail, at: end - 12, size: 8), count: 56)
      guard order.integer(record, at: 0, size: 4) == 0x0606_4B50 else { throw bad("its zip64 record is damaged") }
      (count, length, start) = (order.integer(record, at: 32, size: 8), order.integer(record, at: 40, size: 8), order.integer(record, at: 48, size: 8))
    }
    guard length <= 1 << 28, count <= length / 46 else { throw bad("its directory is damaged") }
    let directory = try file.bytes(at: start, count: Int(length))
    var members: [ZipMember] = [], position = 0
    for _ in 0..<count {
      guard order.integer(directory, at: position, size: 4) == 0x0201_4B50, position <= directory.count - 46 else { throw bad("its directory is damaged") }
      func field(_ offset: Int, _ size: Int) -> UInt64 { order.integer(directory, at: position + offset, size: size) }
      let nameLength = Int(field(28, 2)), extraLength = Int(field(30, 2)), next = position + 46 + nameLength + extraLength + Int(field(32, 2))
      guard next <= directory.count else { throw bad("its directory is damaged") }
      let name = String(decoding: directory[(position + 46)..<(position + 46 + nameLength)], as: UTF8.self)
      if field(8, 2) & 1 != 0 { throw .unsupported(path: Files.join(path, name), feature: "encryption") }
      var size = field(24, 4), packed = field(20, 4), header = field(42, 4)
      let wide: [UInt64] = zip64(directory, position + 46 + nameLength, extraLength, order)
      var used = 0
      func widened(_ value: UInt64) -> UInt64 {
        guard value == 0xFFFF_FFFF, used < wide.count else { return value }
        used += 1
        return wide[used - 1]
      }
      size = widened(size)
      packed = widened(packed)
      header = widened(header)
      guard let size = Int(exactly: size), let packed = Int(exactly: packed), let header = Int(exactly: header), packed <= file.count, header <= file.count else {
        throw bad("its directory is damaged: \(name)")
      }
      members.append(ZipMember(name: name, method: Int(field(10, 2)), packedSize: packed, size: size, checksum: UInt32(field(16, 4)), header: header))
      position = next
    }
    return members
  }

  /// The 64-bit fields of an extra record of kind 1.
  private static func zip64(_ bytes: [UInt8], _ start: Int, _ length: Int, _ order: ByteOrder) -> [UInt64] {
    var position = start
    while position + 4 <= start + length {
      let size = Int(order.integer(bytes, at: position + 2, size: 2))
      if order.integer(bytes, at: position, size: 2) == 1, position + 4 + size <= start + length { return (0..<(size / 8)).map { order.integer(bytes, at: position + 4 + 8 * $0, size: 8) } }
      position += 4 + size
    }
    return []
  }

  /// Its bytes, as they were before they were packed.
  ///
  /// - Throws: `StorageError.badFile`, `.unsupported` for a method other than deflate.
  func open(in file: OpenFile) throws(StorageError) -> any ByteRange {
    let local = try file.bytes(at: UInt64(header), count: 30), order = ByteOrder(isBig: false)
    guard order.integer(local, at: 0, size: 4) == 0x0403_4B50 else { throw .badFile(path: file.path, reason: "the header of \(name) is damaged") }
    let start = header + 30 + Int(order.integer(local, at: 26, size: 2)) + Int(order.integer(local, at: 28, size: 2))
    guard start <= file.count - packedSize else { throw .badFile(path: file.path, reason: "it ends inside of \(name)") }
    switch method {
    case 0:
      guard packedSize == size else { throw .badFile(path: file.path, reason: "the sizes of \(name) do not agree") }
      return FilePart(file: file, start: start, count: size)
    case 8: return InflatedMember(file: file, name: name, start: start, packedSize: packedSize, count: size, checksum: checksum)
    default: throw .unsupported(path: Files.join(file.path, name), feature: "compression method \(method) of zip")
    }
  }
}

/// Bytes inside of a file.
struct FilePart: ByteRange {
  let file: OpenFile
  let start: Int
  let count: Int
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    guard offset >= 0, target.count <= count, offset <= count - target.count else { throw StorageError.badFile(path: file.path, reason: "a member ends at byte \(count)") }
    try file.read(at: start + offset, into: target)
  }
}
