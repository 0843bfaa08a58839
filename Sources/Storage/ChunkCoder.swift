// Turns the bytes of one chunk into elements and back: header (N5), codecs, byte order.

import Arrays
import Glibc

struct ChunkCoder: Sendable {
  let metadata: ArrayMetadata

  /// Encoded chunks above this are refused unread.
  var encodedLimit: Int { metadata.codecs.encodedLimit(valueLimit) + (1 << 16) }

  /// The most bytes that a chunk can have before its codecs: its values, or a shard with its index.
  private var valueLimit: Int {
    guard let sharding = metadata.sharding else { return metadata.chunkBytes }
    return sharding.count * ChunkCoder(metadata: sharding.inner).encodedLimit + sharding.indexBytes
  }

  /// Strides in bytes of a stored block of this shape, for the array's axes.
  func strides(of block: [Int]) -> [Int] {
    let packed = NDArray.packedStrides(metadata.order.map { block[$0] })
    var strides = [Int](repeating: 0, count: block.count)
    for (place, axis) in metadata.order.enumerated() { strides[axis] = packed[place] * metadata.dtype.size }
    return strides
  }

  /// The extents of a stored chunk: N5's own header, else the chunk shape; and where its payload begins.
  func block(_ bytes: UnsafeRawBufferPointer) throws(CodecFailure) -> (shape: [Int], payload: UnsafeRawBufferPointer) {
    guard metadata.format == .n5 else { return (metadata.chunks, bytes) }
    let header = try N5.header(bytes, chunks: metadata.chunks)
    return (header.shape, UnsafeRawBufferPointer(rebasing: bytes[header.length...]))
  }

  /// Refuses bytes that cannot become so many: before memory is asked for, as a size in the metadata may be a lie.
  func require(_ count: Int, of payload: UnsafeRawBufferPointer) throws(CodecFailure) {
    if metadata.sharding != nil { return }   // missing inner chunks take no bytes at all
    guard most(from: payload) >= count else { throw CodecFailure("its \(byteText(payload.count)) cannot hold a chunk of \(byteText(count))") }
  }

  /// The most bytes that the codecs make of a payload.
  private func most(from payload: UnsafeRawBufferPointer) -> Int {
    metadata.codecs.reduce(payload.count) { count, codec in
      let (product, overflow) = count.multipliedReportingOverflow(by: codec.expansion)
      return overflow ? .max : product
    }
  }

  /// Decodes a payload into `target`, which has exactly the bytes of the block; native byte order, bools 0 or 1.
  func decode(_ payload: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws(CodecFailure) {
    if target.isEmpty { return }
    if let sharding = metadata.sharding {
      if metadata.codecs.isEmpty { try decodeShard(payload, sharding, target); return }
      try unwrapped(payload).withBytes { bytes throws(CodecFailure) in try decodeShard(bytes, sharding, target) }
      return
    }
    let count = try decode(payload, metadata.codecs.count, target)
    guard count == target.count else { throw CodecFailure("it decodes to \(count) bytes, expected \(target.count)") }
    settle(target)
  }

  /// Decodes at least a range of a payload's bytes, whole elements, where the codec can do so; the rest of `target` may be anything.
  func decode(_ payload: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, range: Range<Int>) throws(CodecFailure) {
    guard metadata.sharding == nil, metadata.codecs.count == 1, let part = metadata.codecs[0].decodePart, range.count < target.count else { try decode(payload, into: target); return }
    if range.isEmpty { return }
    try part(payload, range, target)
    settle(UnsafeMutableRawBufferPointer(rebasing: target[range]))
  }

  /// Stored elements become native ones, bools 0 or 1.
  private func settle(_ elements: UnsafeMutableRawBufferPointer) {
    if metadata.isBigEndian { swapBytes(elements, metadata.dtype.size) }
    if metadata.dtype == .bool { for i in elements.indices { elements[i] = elements[i] == 0 ? 0 : 1 } }
  }

  /// What the codecs of a shard are wrapped around: index and inner chunks.
  func unwrapped(_ payload: UnsafeRawBufferPointer) throws(CodecFailure) -> Bytes {
    var bytes = try encoded(capacity: min(valueLimit, most(from: payload)))
    bytes.truncate(to: try bytes.fill { target throws(CodecFailure) in try decode(payload, metadata.codecs.count, target) })
    return bytes
  }

  private func decode(_ source: UnsafeRawBufferPointer, _ remaining: Int, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) -> Int {
    guard remaining > 0 else { return try Codec.raw.decode(source, target) }
    let codec = metadata.codecs[remaining - 1]
    if remaining == 1 { return try codec.decode(source, target) }
    // an inner stage: how long its output is, only the next codec knows
    var stage = try encoded(capacity: Array(metadata.codecs[..<(remaining - 1)]).encodedLimit(target.count))
    stage.truncate(to: try stage.fill { bytes throws(CodecFailure) in try codec.decode(source, bytes) })
    return try stage.withBytes { bytes throws(CodecFailure) in try decode(bytes, remaining - 1, target) }
  }

  /// Whether every element is the fill value, bit for bit.
  func isFill(_ elements: UnsafeRawBufferPointer) -> Bool {
    let size = metadata.dtype.size
    guard let base = elements.baseAddress, elements.count >= size else { return true }
    var bits = metadata.fill.bits.littleEndian
    // equal to the fill at its start, and to itself one element later
    return memcmp(base, &bits, size) == 0 && memcmp(base, base + size, elements.count - size) == 0
  }

  /// Encodes a block of elements, native byte order, which are swapped in place where the format wants it.
  func encode(_ elements: UnsafeMutableRawBufferPointer, block: [Int]) throws(CodecFailure) -> EncodedChunk {
    let header = metadata.format == .n5 ? N5.header(shape: block) : []
    if let sharding = metadata.sharding { return EncodedChunk(header: header, bytes: try encodeShard(UnsafeRawBufferPointer(elements), sharding)) }
    if metadata.isBigEndian { swapBytes(elements, metadata.dtype.size) }
    guard let first = metadata.codecs.first else { return EncodedChunk(header: header, bytes: nil) }
    var bytes = try first.encode(UnsafeRawBufferPointer(elements), metadata.dtype.size)
    for codec in metadata.codecs.dropFirst() {
      bytes = try bytes.withBytes { source throws(CodecFailure) in try codec.encode(source, metadata.dtype.size) }
    }
    return EncodedChunk(header: header, bytes: bytes)
  }
}

/// A chunk as it is stored.
struct EncodedChunk {
  /// What N5 writes before a block.
  let header: [UInt8]
  /// nil: the elements as they are.
  let bytes: Bytes?

  func withParts<R, E: Error>(_ elements: UnsafeRawBufferPointer, _ body: ([UnsafeRawBufferPointer]) throws(E) -> R) throws(E) -> R {
    try header.withUnsafeBufferPointer { header throws(E) in
      let head = header.isEmpty ? [] : [UnsafeRawBufferPointer(header)]
      guard let bytes else { return try body(head + [elements]) }
      return try bytes.withBytes { bytes throws(E) in try body(head + [bytes]) }
    }
  }

  /// Bytes that outlive the elements.
  func kept(_ elements: UnsafeRawBufferPointer) throws(CodecFailure) -> Bytes {
    if let bytes { return bytes }
    let copy = try encoded(capacity: elements.count)
    copy.fill { $0.copyMemory(from: elements) }
    return copy
  }
}

/// Reverses the bytes of each element.
package func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, _ elementSize: Int) {
  func swap<T: FixedWidthInteger>(_: T.Type) {
    guard let base = bytes.baseAddress else { return }
    for offset in stride(from: 0, to: bytes.count / MemoryLayout<T>.size * MemoryLayout<T>.size, by: MemoryLayout<T>.size) {
      base.storeBytes(of: base.loadUnaligned(fromByteOffset: offset, as: T.self).byteSwapped, toByteOffset: offset, as: T.self)
    }
  }
  switch elementSize {
  case 2: swap(UInt16.self)
  case 4: swap(UInt32.self)
  case 8: swap(UInt64.self)
  default: break
  }
}
