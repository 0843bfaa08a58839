// A whole shard in memory: all inner chunks to elements and back. For shards in shards, and for shards that a codec is wrapped around.

import Arrays

extension ChunkCoder {
  /// Decodes all inner chunks into the elements of the shard, in the shard's own order; missing ones are the fill value.
  func decodeShard(_ bytes: UnsafeRawBufferPointer, _ sharding: Sharding, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) {
    guard let base = target.baseAddress else { return }
    guard bytes.count >= sharding.indexBytes else { throw CodecFailure("it has \(bytes.count) bytes, the index of a shard has \(sharding.indexBytes)") }
    let at = sharding.isIndexAtEnd ? bytes.count - sharding.indexBytes : 0
    let index = try ShardIndex(UnsafeRawBufferPointer(rebasing: bytes[at..<at + sharding.indexBytes]), sharding, size: bytes.count)
    let coder = ChunkCoder(metadata: sharding.inner), scratch = Scratch()
    let box = BoxTarget(base: base, shape: metadata.chunks, strides: strides(of: metadata.chunks))
    for number in 0..<sharding.count {
      let visit = sharding.visit(number)
      guard let range = index[number] else { coder.fill(visit, box); continue }
      do { try coder.withElements(UnsafeRawBufferPointer(rebasing: bytes[range]), scratch) { coder.copy($0, $1, visit, box) } } catch {
        throw CodecFailure("inner chunk \(sharding.key(number)): \(error.reason)")
      }
    }
  }

  /// Encodes the elements of a shard, in the shard's own order. Inner chunks that hold the fill value alone are left out.
  func encodeShard(_ elements: UnsafeRawBufferPointer, _ sharding: Sharding) throws(CodecFailure) -> Bytes {
    guard let base = elements.baseAddress else { throw CodecFailure("a shard without elements") }
    let coder = ChunkCoder(metadata: sharding.inner), scratch = Scratch(), size = metadata.dtype.size
    let strides = strides(of: metadata.chunks), block = sharding.inner.chunks
    var parts = ShardParts(sharding)
    for number in 0..<sharding.count {
      let visit = sharding.visit(number)
      let values = try scratch.decoded(sharding.inner.chunkBytes)
      guard let to = values.baseAddress else { continue }
      let from = base + zip(visit.target, strides).reduce(0) { $0 + $1.0 * $1.1 }
      BoxCopy(shape: block, source: strides, target: coder.strides(of: block), elementSize: size).run(from: from, to: to)
      if coder.isFill(UnsafeRawBufferPointer(values)) { continue }
      parts.add(try coder.encode(values, block: block), number)
    }
    return try wrapped(try parts.joined())
  }

  /// A shard inside the codecs around it.
  func wrapped(_ shard: Bytes) throws(CodecFailure) -> Bytes {
    var bytes = shard
    for codec in metadata.codecs { bytes = try bytes.withBytes { source throws(CodecFailure) in try codec.encode(source, metadata.dtype.size) } }
    return bytes
  }
}

extension Sharding {
  /// An inner chunk as its share of the whole shard.
  func visit(_ number: Int) -> ChunkVisit {
    let index = index(number)
    return ChunkVisit(index: index, source: index.map { _ in 0 }, target: zip(index, inner.chunks).map { $0 * $1 }, shape: inner.chunks)
  }
}

/// Encoded inner chunks on their way into one shard, in the order of the index.
struct ShardParts {
  private let sharding: Sharding
  private var parts: [(number: Int, bytes: Bytes)] = []

  init(_ sharding: Sharding) { self.sharding = sharding }

  var isEmpty: Bool { parts.isEmpty }
  mutating func add(_ bytes: Bytes, _ number: Int) { parts.append((number, bytes)) }

  /// The shard.
  func joined() throws(CodecFailure) -> Bytes {
    var index = ShardIndex(empty: sharding.count)
    var end = sharding.isIndexAtEnd ? 0 : sharding.indexBytes
    for part in parts {
      index[part.number] = end..<end + part.bytes.count
      end += part.bytes.count
    }
    let bytes = try encoded(capacity: end + (sharding.isIndexAtEnd ? sharding.indexBytes : 0))
    bytes.fill { target in
      for part in parts {
        guard let range = index[part.number] else { continue }
        part.bytes.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[range]).copyMemory(from: $0) }
      }
      UnsafeMutableRawBufferPointer(rebasing: target[(sharding.isIndexAtEnd ? end : 0)...]).copyBytes(from: index.encoded(sharding))
    }
    return bytes
  }
}
