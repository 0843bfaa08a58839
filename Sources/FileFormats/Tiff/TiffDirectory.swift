// The directories of a TIFF file: one a page, each a list of tags, linked one after the other.
//
// Specification: TIFF 6.0 (Adobe 1992), https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf; BigTIFF with 64-bit places,
// https://libtiff.gitlab.io/libtiff/specification/bigtiff.html
// classic     "II" or "MM", 42, first directory: 4 bytes.        Entry: tag 2, type 2, count 4, value or its place 4
// BigTIFF     "II" or "MM", 43, 8, 0, first directory: 8 bytes.  Entry: tag 2, type 2, count 8, value or its place 8

import Storage

enum TiffTag {
  static let subfileType = 254, width = 256, height = 257, bits = 258, compression = 259, photometric = 262, fillOrder = 266, description = 270
  static let stripOffsets = 273, samples = 277, rowsPerStrip = 278, stripByteCounts = 279, xResolution = 282, yResolution = 283, planar = 284
  static let resolutionUnit = 296, software = 305, tileWidth = 322, tileHeight = 323, tileOffsets = 324, tileByteCounts = 325, sampleFormat = 339
  static let subsampling = 530
}

struct TiffHeader: Sendable {
  let order: ByteOrder
  let isBig: Bool
  let first: UInt64

  /// nil for bytes that do not begin a TIFF.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 8, bytes[0] == bytes[1], bytes[0] == UInt8(ascii: "I") || bytes[0] == UInt8(ascii: "M") else { return nil }
    order = ByteOrder(isBig: bytes[0] == UInt8(ascii: "M"))
    switch order.integer(bytes, at: 2, size: 2) {
    case 42: (isBig, first) = (false, order.integer(bytes, at: 4, size: 4))
    case 43 where bytes.count >= 16 && order.integer(bytes, at: 4, size: 2) == 8: (isBig, first) = (true, order.integer(bytes, at: 8, size: 8))
    default: return nil
    }
  }
}

/// The tags of one page. Values longer than an entry stay in the file until they are asked for.
struct TiffDirectory: Sendable {
  struct Entry: Sendable {
    let type: Int, count: UInt64
    /// Of the value, in the file.
    let place: UInt64
  }

  let offset: UInt64
  /// Of the directory after this one; 0 after the last.
  let next: UInt64
  private let order: ByteOrder
  private let entries: [Int: Entry]
  /// The bytes of the directory, in which most values stand.
  private let bytes: [UInt8]

  /// - Throws: `StorageError.badFile`.
  init(_ file: OpenFile, _ header: TiffHeader, at offset: UInt64) throws(StorageError) {
    let countSize = header.isBig ? 8 : 2, entrySize = header.isBig ? 20 : 12, placeSize = header.isBig ? 8 : 4
    let order = header.order
    func bad(_ reason: String) -> StorageError { .badFile(path: file.path, reason: "the directory at byte \(offset) \(reason)") }
    guard let begin = Int(exactly: offset), begin >= 8, begin <= file.count - countSize else { throw bad("lies outside of the file") }
    var bytes = try file.upTo(1024, at: begin)   // most directories are shorter
    let count = order.integer(bytes, at: 0, size: countSize)
    guard count > 0, count <= 4096 else { throw bad("has \(count) tags") }
    let length = countSize + Int(count) * entrySize + placeSize
    if bytes.count < length { bytes = try file.bytes(at: offset, count: length) }
    var entries: [Int: Entry] = [:]
    for position in stride(from: countSize, to: countSize + Int(count) * entrySize, by: entrySize) {
      let tag = Int(order.integer(bytes, at: position, size: 2)), type = Int(order.integer(bytes, at: position + 2, size: 2))
      let count = order.integer(bytes, at: position + 4, size: placeSize), valueAt = position + 4 + placeSize
      let (size, overflow) = count.multipliedReportingOverflow(by: UInt64(Self.size(of: type)))
      let place = !overflow && size <= UInt64(placeSize) ? offset + UInt64(valueAt) : order.integer(bytes, at: valueAt, size: placeSize)
      if entries[tag] == nil, Self.size(of: type) > 0, !overflow { entries[tag] = Entry(type: type, count: count, place: place) }
    }
    next = order.integer(bytes, at: length - placeSize, size: placeSize)
    (self.offset, self.order, self.entries) = (offset, order, entries)
    self.bytes = Array(bytes.prefix(length))
  }

  static func size(of type: Int) -> Int {
    switch type {
    case 1, 2, 6, 7: 1
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16, 17, 18: 8
    default: 0
    }
  }

  func entry(_ tag: Int) -> Entry? { entries[tag] }

  /// The bytes of a value.
  ///
  /// - Throws: `.badFile` for more elements than `limit`, or where they lie outside of the file.
  private func raw(_ entry: Entry, _ file: OpenFile, limit: Int) throws(StorageError) -> [UInt8] {
    guard entry.count <= UInt64(limit) else { throw .badFile(path: file.path, reason: "a tag of the directory at byte \(offset) claims \(entry.count) values") }
    let count = Int(entry.count) * Self.size(of: entry.type)
    if entry.place >= offset, let inside = Int(exactly: entry.place - offset), inside <= bytes.count - count { return Array(bytes[inside..<(inside + count)]) }
    return try file.bytes(at: entry.place, count: count)
  }

  /// Unsigned integers; nil for a tag that is not there or holds something else.
  func integers(_ tag: Int, _ file: OpenFile, limit: Int = 1024) throws(StorageError) -> [Int]? {
    guard let entry = entries[tag], [1, 3, 4, 7, 16, 13, 18].contains(entry.type) else { return nil }
    let bytes = try raw(entry, file, limit: limit), size = Self.size(of: entry.type)
    return (0..<Int(entry.count)).map { Int(clamping: order.integer(bytes, at: $0 * size, size: size)) }
  }

  func integer(_ tag: Int, _ file: OpenFile) throws(StorageError) -> Int? { try integers(tag, file)?.first }

  /// Numerator and denominator.
  func fraction(_ tag: Int, _ file: OpenFile) throws(StorageError) -> (Int, Int)? {
    guard let entry = entries[tag], entry.type == 5, entry.count >= 1 else { return nil }
    let bytes = try raw(entry, file, limit: 16)
    return (Int(order.integer(bytes, at: 0, size: 4)), Int(order.integer(bytes, at: 4, size: 4)))
  }

  func text(_ tag: Int, _ file: OpenFile, limit: Int = 1 << 26) throws(StorageError) -> String? {
    guard let entry = entries[tag], entry.type == 2 || entry.type == 1 || entry.type == 7 else { return nil }
    return String(decoding: try raw(entry, file, limit: limit).prefix { $0 != 0 }, as: UTF8.self)
  }
}
