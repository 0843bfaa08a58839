// DEFLATE without a wrapper (RFC 1951), as the members of zip archives are packed.

import CZlib

/// One way through a packed member. Used by one thread at a time.
package final class Inflation {
  private var stream = z_stream()

  package enum Outcome: Equatable { case more, end, failed(Int32) }

  /// nil where there is no memory.
  package init?() {
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
  }

  deinit { inflateEnd(&stream) }

  /// Unpacks until `source` is used up or `target` is full.
  ///
  /// - Returns: the bytes that were taken and given, and `more`, `end` of the member, or `failed` with zlib's number; no progress is a failure.
  package func step(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> (outcome: Outcome, took: Int, gave: Int) {
    let piece = 1 << 30   // zlib counts in 32 bits
    let given = min(source.count, piece), room = min(target.count, piece)
    stream.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(given)
    stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(room)
    let status = inflate(&stream, Z_NO_FLUSH)
    let took = given - Int(stream.avail_in), gave = room - Int(stream.avail_out)
    let outcome: Outcome = switch status {
    case Z_STREAM_END: .end
    case Z_OK where took + gave > 0, Z_BUF_ERROR where took + gave > 0: .more
    default: .failed(status)
    }
    return (outcome, took, gave)
  }
}
