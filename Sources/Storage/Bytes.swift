// Bytes of a size that data say, in memory that is not cleared first.

import Arrays

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

  /// Pieces behind each other.
  init(joining parts: [UnsafeRawBufferPointer]) throws(ArrayError) {
    try self.init(count: parts.reduce(0) { $0 + $1.count })
    fill { target in
      var at = 0
      for part in parts {
        UnsafeMutableRawBufferPointer(rebasing: target[at...]).copyMemory(from: part)
        at += part.count
      }
    }
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
