// As much of protocol buffers as a model file takes: numbers, texts and messages in messages.
//
// Specification: https://protobuf.dev/programming-guides/encoding. Large arrays stay where they are until the file is written.

import Arrays
import Storage

struct Protobuf {
  enum Part { case bytes([UInt8]), array(NDArray) }
  private(set) var parts: [Part] = []
  private(set) var count = 0

  private mutating func add(_ bytes: [UInt8]) {
    count += bytes.count
    if case .bytes(var last)? = parts.last {
      parts.removeLast()
      last += bytes
      parts.append(.bytes(last))
    } else { parts.append(.bytes(bytes)) }
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [], rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private mutating func key(_ field: Int, _ wire: Int) { add(Self.varint(UInt64(field << 3 | wire))) }

  mutating func int(_ field: Int, _ value: Int) {
    key(field, 0)
    add(Self.varint(UInt64(bitPattern: Int64(value))))
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, 5)
    add((0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) })
  }

  mutating func text(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

  mutating func bytes(_ field: Int, _ value: [UInt8]) {
    key(field, 2)
    add(Self.varint(UInt64(value.count)) + value)
  }

  /// The bytes of a contiguous array.
  mutating func array(_ field: Int, _ value: NDArray) {
    key(field, 2)
    add(Self.varint(UInt64(value.byteCount)))
    parts.append(.array(value))
    count += value.byteCount
  }

  mutating func message(_ field: Int, _ value: Protobuf) {
    key(field, 2)
    add(Self.varint(UInt64(value.count)))
    for part in value.parts { if case .bytes(let bytes) = part { add(bytes) } else { parts.append(part) } }
    count += value.parts.reduce(0) { if case .array(let array) = $1 { $0 + array.byteCount } else { $0 } }
  }

  func write(_ path: String, sync: Bool) throws {
    let file = try NewFile(path)
    for part in parts {
      switch part {
      case .bytes(let bytes): try file.write(bytes)
      case .array(let array): try array.withBytes { try file.write($0) }
      }
    }
    try file.finish(sync: sync)
  }
}
