// What a zip file holds, by its central directory: read once, entries by range after that.
//
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.6 layout, 4.3.16 end record, 4.3.14 and 4.5.3 zip64)
// Read: stored and deflated entries, zip64. Refused by name: encryption, other methods. An entry that was written twice is its last version.
// Every size and offset is checked against the file's length before it is used.

import Arrays

package struct ZipEntry: Sendable, Equatable {
  package enum Method: Sendable { case stored, deflated }

  /// Of its own header.
  package let offset: Int
  package let packed: Int, size: Int, crc: UInt32
  let code: Int, isEncrypted: Bool, nameLength: Int

  /// Bytes of its own header before name and extra field.
  package static let headerSize = 30
  /// Deflate packs at most 1,032 bytes into one.
  private static let ratio = 1033

  /// - Parameter path: of the entry, named in errors.
  /// - Throws: `.unsupported` for what is not read; `.badFile` for sizes that cannot be, before memory is asked for.
  package func method(_ path: String) throws(StorageError) -> Method {
    if isEncrypted { throw .unsupported(path: path, feature: "encryption in zip files") }
    switch code {
    case 0 where packed == size: return .stored
    case 8 where size / Self.ratio <= packed: return .deflated
    case 0, 8: throw .badFile(path: path, reason: "its sizes in the zip file do not agree")
    default: throw .unsupported(path: path, feature: "the zip method \(code)")
    }
  }

  /// Bytes from `offset` to its data, by its own header.
  package func dataOffset(header: [UInt8], _ path: String) throws(StorageError) -> Int {
    let record = Record(bytes: header)
    guard record.int(0, 4) == 0x0403_4b50 else { throw .badFile(path: path, reason: "the zip file has no entry where its directory says") }
    return Self.headerSize + record.int(26, 2) + record.int(28, 2)
  }
}

package struct ZipArchive: Sendable {
  package let path: String
  package let length: Int
  package private(set) var entries: [String: ZipEntry] = [:]
  /// What is directly below each folder, "" for the top.
  private(set) var folders: [String: [String: Bool]] = ["": [:]]

  private static let endSize = 22
  /// So many of the last bytes hold the end record, its longest comment, and what leads to the one of zip64.
  package static let tailLength = 65_535 + endSize + 20

  /// - Parameter tail: the last `tailLength` bytes, or all.
  /// - Parameter read: bytes from an offset on.
  /// - Throws: `.badFile`, and what `read` throws.
  package init(path: String, tail: Bytes, length: Int, read: (_ offset: Int, _ count: Int) throws(StorageError) -> Bytes?) throws(StorageError) {
    (self.path, self.length) = (path, length)
    let tailBytes = tail.array, start = length - tailBytes.count
    guard let end = Self.endRecord(tailBytes) else { throw bad("it is no zip file: it has no end record") }
    var record = Record(bytes: Array(tailBytes[end...]))
    var (count, size, offset) = (record.int(10, 2), record.int(12, 4), record.int(16, 4))
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF, end >= 20 {
      let locator = Record(bytes: Array(tailBytes[(end - 20)..<end]))
      if locator.int(0, 4) == 0x0706_4b50 {
        guard let at = locator.long(8), at >= 0, at <= length - 56, let bytes = try read(at, 56), bytes.count == 56 else { throw bad("its zip64 end record lies outside") }
        record = Record(bytes: bytes.array)
        guard record.int(0, 4) == 0x0606_4b50, let many = record.long(32), let long = record.long(40), let far = record.long(48) else { throw bad("its zip64 end record is none") }
        (count, size, offset) = (many, long, far)
      }
    }
    guard size >= 0, offset >= 0, size <= length, offset <= length - size, count >= 0, count <= size / 46 else { throw bad("its directory lies outside") }
    let directory: [UInt8]
    if offset >= start, offset + size <= length { directory = Array(tailBytes[(offset - start)..<(offset - start + size)]) } else {
      guard let bytes = try read(offset, size), bytes.count == size else { throw bad("its directory is cut off") }
      directory = bytes.array
    }
    try parse(Record(bytes: directory), count)
  }

  package func bad(_ reason: String) -> StorageError { .badFile(path: path, reason: reason) }

  /// Where the end record begins: the last place whose comment reaches exactly to the end.
  private static func endRecord(_ tail: [UInt8]) -> Int? {
    guard tail.count >= endSize else { return nil }
    let record = Record(bytes: tail)
    return stride(from: tail.count - endSize, through: 0, by: -1).first { at in
      tail[at] == 0x50 && record.int(at, 4) == 0x0605_4b50 && at + endSize + record.int(at + 20, 2) == tail.count
    }
  }

  private mutating func parse(_ record: Record, _ count: Int) throws(StorageError) {
    var at = 0
    for _ in 0..<count {
      guard at + 46 <= record.bytes.count, record.int(at, 4) == 0x0201_4b50 else { throw bad("its directory is damaged at byte \(at)") }
      let nameLength = record.int(at + 28, 2), extraLength = record.int(at + 30, 2), next = at + 46 + nameLength + extraLength + record.int(at + 32, 2)
      guard next <= record.bytes.count else { throw bad("its directory is damaged at byte \(at)") }
      let name = String(decoding: record.bytes[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self)
      var (packed, size, offset) = (record.int(at + 20, 4), record.int(at + 24, 4), record.int(at + 42, 4))
      try widen(record, at + 46 + nameLength, extraLength, &size, &packed, &offset)
      guard packed >= 0, size >= 0, offset >= 0, offset <= length - ZipEntry.headerSize, packed <= length - ZipEntry.headerSize - offset else { throw bad("\(name) lies outside of it") }
      add(name, ZipEntry(
        offset: offset, packed: packed, size: size, crc: UInt32(record.int(at + 16, 4)), code: record.int(at + 10, 2),
        isEncrypted: record.int(at + 8, 2) & 1 == 1, nameLength: nameLength))
      at = next
    }
  }

  /// Sizes that do not fit 32 bits stand in an extra field, in this order, those only that are all ones above.
  private func widen(_ record: Record, _ begin: Int, _ count: Int, _ size: inout Int, _ packed: inout Int, _ offset: inout Int) throws(StorageError) {
    guard [size, packed, offset].contains(0xFFFF_FFFF) else { return }
    var at = begin
    while at + 4 <= begin + count {
      let id = record.int(at, 2), length = record.int(at + 2, 2)
      var field = at + 4
      at = field + length
      guard id == 1 else { continue }
      func wide(_ value: Int) throws(StorageError) -> Int {
        guard value == 0xFFFF_FFFF else { return value }
        guard field + 8 <= min(at, begin + count), let long = record.long(field) else { throw bad("a zip64 field is cut off") }
        field += 8
        return long
      }
      (size, packed, offset) = (try wide(size), try wide(packed), try wide(offset))
      return
    }
  }

  private mutating func add(_ name: String, _ entry: ZipEntry) {
    let parts = name.split(separator: "/").filter { $0 != "." }
    if parts.isEmpty || parts.contains("..") || parts.count > 64 { return }   // nothing leads out of a zip file
    let isFolder = name.hasSuffix("/")
    var folder = ""
    for (place, part) in parts.enumerated() {
      let isLast = place == parts.count - 1
      let isFolderHere = !isLast || isFolder
      if folders[folder]?[String(part)] != true { folders[folder, default: [:]][String(part)] = isFolderHere }
      folder = Files.join(folder, String(part))
      if isFolderHere, folders[folder] == nil { folders[folder] = [:] }
    }
    if !isFolder { entries[folder] = entry }
  }
}

/// Little-endian numbers at places of a record; 0 beyond its end.
private struct Record {
  let bytes: [UInt8]

  func int(_ at: Int, _ size: Int) -> Int {
    guard at >= 0, at + size <= bytes.count else { return 0 }
    return (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }

  /// nil beyond what an Int holds.
  func long(_ at: Int) -> Int? {
    guard at >= 0, at + 8 <= bytes.count, bytes[at + 7] < 128 else { return nil }
    return int(at, 8)
  }
}
