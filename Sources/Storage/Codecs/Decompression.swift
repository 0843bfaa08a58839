// Decompressors that are fed piece by piece (zlib, bzip2, liblzma) have one loop.

/// What one step of a decompressor did.
struct DecompressionStep {
  var took: Int, gave: Int
  /// The stream is over; another may follow.
  var ended: Bool
}

/// Fills `target` from one or several streams in a row.
///
/// - Parameter step: reads and writes some of what it is given; at most 2³⁰ bytes, as C libraries count in 32 bits.
/// - Parameter restart: makes ready for the next stream.
/// - Throws: if data are missing, follow the end, or decode to more than `target` holds.
func decompress(
  _ library: String, _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, restart: () throws(CodecFailure) -> Void,
  step: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(CodecFailure) -> DecompressionStep
) throws(CodecFailure) -> Int {
  let window = 1 << 30
  var read = 0, written = 0
  // Once the target is full the end must follow; a spare byte shows if more data come instead.
  let spare = try encoded(capacity: 1)
  while true {
    let isFull = written == target.count
    let input = UnsafeRawBufferPointer(rebasing: source[read..<min(source.count, read + window)])
    let done = if isFull {
      try spare.fill { output throws(CodecFailure) in try step(input, output) }
    } else {
      try step(input, UnsafeMutableRawBufferPointer(rebasing: target[written..<min(target.count, written + window)]))
    }
    read += done.took
    if isFull && done.gave > 0 { throw CodecFailure("it decodes to more than the expected \(target.count) bytes") }
    written += done.gave
    if done.ended {
      if read == source.count { return written }
      try restart()
    } else if done.took == 0 && done.gave == 0 {
      if read == source.count { throw CodecFailure("the compressed data end after \(written) of \(target.count) bytes") }
      throw CodecFailure("\(library): no progress at byte \(read)")
    }
  }
}
