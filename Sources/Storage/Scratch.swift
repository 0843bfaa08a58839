// Memory that a thread uses again for each chunk.

import Arrays
import Execution

/// Memory of one thread for the chunk in its hands: what was read, and what it decodes to.
package final class Scratch {
  private var read: Bytes?
  private var kept: Bytes?
  private var values: Bytes?

  package init() {}

  static func perThread(of pool: ThreadPool?) -> [Scratch] { (0..<max(1, pool?.threads ?? 1)).map { _ in Scratch() } }

  /// `count` bytes for what is read; valid until the next call.
  func encoded(_ count: Int) throws(ArrayError) -> UnsafeMutableRawBufferPointer {
    if (read?.count ?? -1) < count {
      read = nil
      read = try Bytes(count: count)
    }
    return Self.slice(read, count)
  }

  /// Takes hold of bytes that somebody else read, and never writes to them.
  func keep(_ bytes: Bytes) -> UnsafeRawBufferPointer {
    kept = bytes
    return UnsafeRawBufferPointer(Self.slice(bytes, bytes.count))
  }

  /// `count` bytes for decoded values; valid until the next call.
  func decoded(_ count: Int) throws(CodecFailure) -> UnsafeMutableRawBufferPointer {
    if (values?.count ?? -1) < count {
      values = nil
      values = try Storage.encoded(capacity: count)
    }
    return Self.slice(values, count)
  }

  private static func slice(_ bytes: Bytes?, _ count: Int) -> UnsafeMutableRawBufferPointer {
    guard let bytes else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    // the memory lives as long as this scratch holds it
    return bytes.fill { UnsafeMutableRawBufferPointer(rebasing: $0[..<min(count, $0.count)]) }
  }
}
