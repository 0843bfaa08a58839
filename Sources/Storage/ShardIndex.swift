// The index of a shard: where each inner chunk lies in it. Offset and length, eight bytes each; both 2⁶⁴ − 1 where there is none.

import Arrays

struct ShardIndex: Sendable {
  /// Byte ranges by place in the index; an empty one at −1 is missing.
  private var entries: [(offset: Int, length: Int)]

  init(empty count: Int) { entries = [(offset: Int, length: Int)](repeating: (-1, 0), count: count) }

  /// Where an inner chunk lies; nil if it is not stored.
  subscript(number: Int) -> Range<Int>? {
    get {
      let entry = entries[number]
      return entry.offset < 0 ? nil : entry.offset..<entry.offset + entry.length
    }
    set { entries[number] = newValue.map { ($0.lowerBound, $0.count) } ?? (-1, 0) }
  }

  /// Checks what a damaged index gets wrong: its checksum, ranges outside the shard or over the index, ranges that overlap.
  ///
  /// - Parameter size: bytes of the whole shard where they are known; else reading beyond the end is noticed by who reads.
  init(_ bytes: UnsafeRawBufferPointer, _ sharding: Sharding, size: Int?) throws(CodecFailure) {
    let length = sharding.count * 16
    guard bytes.count == sharding.indexBytes else { throw CodecFailure("it has \(bytes.count) bytes, the index of a shard has \(sharding.indexBytes)") }
    if sharding.isIndexChecked {
      let stored = bytes.loadUnaligned(fromByteOffset: length, as: UInt32.self).littleEndian
      guard crc32c(UnsafeRawBufferPointer(rebasing: bytes[..<length])) == stored else { throw CodecFailure("the checksum (CRC-32C) of its index does not match") }
    }
    func word(_ at: Int) -> UInt64 {
      let word = bytes.loadUnaligned(fromByteOffset: at * 8, as: UInt64.self)
      return sharding.isIndexBigEndian ? word.bigEndian : word.littleEndian
    }
    let begin = sharding.isIndexAtEnd ? 0 : bytes.count
    let end = sharding.isIndexAtEnd ? size.map { $0 - bytes.count } ?? .max : size ?? .max
    let limit = ChunkCoder(metadata: sharding.inner).encodedLimit
    entries = []
    entries.reserveCapacity(sharding.count)
    var last = begin, isSorted = true
    for number in 0..<sharding.count {
      let (offset, length) = (word(2 * number), word(2 * number + 1))
      if offset == .max && length == .max { entries.append((-1, 0)); continue }
      guard let from = Int(exactly: offset), let count = Int(exactly: length), from >= begin, from <= end, count <= end - from else {
        throw CodecFailure("its index places inner chunk \(sharding.key(number)) at bytes \(offset) + \(length), outside the shard\(size.map { " of \($0) bytes" } ?? "")")
      }
      guard count <= limit else { throw CodecFailure("its index gives inner chunk \(sharding.key(number)) \(byteText(count)), its values are \(byteText(sharding.inner.chunkBytes))") }
      if from < last { isSorted = false }
      last = from + count
      entries.append((from, count))
    }
    if isSorted { return }
    let order = entries.indices.filter { entries[$0].length > 0 }.sorted { entries[$0].offset < entries[$1].offset }
    for (one, next) in zip(order, order.dropFirst()) where entries[one].offset + entries[one].length > entries[next].offset {
      throw CodecFailure("its index lets inner chunks \(sharding.key(one)) and \(sharding.key(next)) overlap")
    }
  }

  /// The index of a whole shard in memory.
  init(of shard: UnsafeRawBufferPointer, _ sharding: Sharding) throws(CodecFailure) {
    guard shard.count >= sharding.indexBytes else { throw CodecFailure("it has \(shard.count) bytes, the index of a shard has \(sharding.indexBytes)") }
    let at = sharding.isIndexAtEnd ? shard.count - sharding.indexBytes : 0
    try self.init(UnsafeRawBufferPointer(rebasing: shard[at..<at + sharding.indexBytes]), sharding, size: shard.count)
  }

  /// As it stands in the shard.
  func encoded(_ sharding: Sharding) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(sharding.indexBytes)
    func append(_ word: UInt64) { withUnsafeBytes(of: sharding.isIndexBigEndian ? word.bigEndian : word.littleEndian) { bytes.append(contentsOf: $0) } }
    for entry in entries {
      append(entry.offset < 0 ? .max : UInt64(entry.offset))
      append(entry.offset < 0 ? .max : UInt64(entry.length))
    }
    if sharding.isIndexChecked { withUnsafeBytes(of: bytes.withUnsafeBytes(crc32c).littleEndian) { bytes.append(contentsOf: $0) } }
    return bytes
  }
}

extension Sharding {
  /// "0/3/1".
  func key(_ number: Int) -> String { index(number).map(String.init).joined(separator: "/") }
}
