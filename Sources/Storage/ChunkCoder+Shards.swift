// A whole shard in memory: all inner chunks to elements and back. For shards in shards, and for shards that a codec is wrapped around.

import Arrays

extension ChunkCoder {
  /// Decodes all inner chunks into the elements of the shard, in the shard's own order; missing ones are the fill value.
  func decodeShard(_ bytes: UnsafeRawBufferPointer, _ sharding: Sharding, _ target: UnsafeMutableRawBufferPointer) throws(CodecFailure) {
    guard let base = target.baseAddress else { return }
    let index = try ShardIndex(of: bytes, sharding)
    let coder = ChunkCoder(metadata: sharding.inner), scratch = Scratch()
    let box = BoxTarget(base: base, shape: metadata.chunks, strides: strides(of: metadata.chunks))
    for number in 0..<sharding.count {
      let visit = sharding.visit(number)
      guard let range = index[number] else { coder.fill(visit, box); continue }
      do { try coder.withElements(UnsafeRawBufferPointer(rebasing: bytes[range]), scratch) { coder.copy($0, $1, visit, box) } } catch {
        throw error.inside("inner chunk \(sharding.key(number))")
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
      copyBox(block, from: from, strides, to: to, coder.strides(of: block), elementSize: size)
      if coder.isFill(UnsafeRawBufferPointer(values)) { continue }
      parts[number] = .fresh(try coder.encode(values, block: block).kept(UnsafeRawBufferPointer(values)))
    }
    return try wrapped(try parts.withPieces(of: nil) { pieces throws(CodecFailure) in try joined(pieces) })
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

/// The inner chunks of a shard that is to be written, by their number.
struct ShardParts: Sendable {
  enum Part: Sendable {
    case missing
    case fresh(Bytes)
    /// As it stands in the shard that is replaced.
    case old(Range<Int>)
  }

  private let sharding: Sharding
  private var parts: [Part]

  init(_ sharding: Sharding) { (self.sharding, parts) = (sharding, [Part](repeating: .missing, count: sharding.count)) }

  subscript(number: Int) -> Part {
    get { parts[number] }
    set { parts[number] = newValue }
  }

  var isEmpty: Bool { parts.allSatisfy { if case .missing = $0 { true } else { false } } }

  /// The pieces of the shard in the order in which they follow each other. `old`: the bytes of the shard that is replaced.
  func withPieces<R, E: Error>(of old: UnsafeRawBufferPointer?, _ body: ([UnsafeRawBufferPointer]) throws(E) -> R) throws(E) -> R {
    var index = ShardIndex(empty: sharding.count), pieces: [UnsafeRawBufferPointer] = []
    var end = sharding.isIndexAtEnd ? 0 : sharding.indexBytes
    for (number, part) in parts.enumerated() {
      switch part {
      case .missing: continue
      case .fresh(let bytes): bytes.withBytes { pieces.append($0) }   // held by `parts` until the end
      case .old(let range): if let old { pieces.append(UnsafeRawBufferPointer(rebasing: old[range])) }
      }
      index[number] = end..<end + part.count
      end += part.count
    }
    defer { withExtendedLifetime(parts) {} }
    return try index.encoded(sharding).withUnsafeBufferPointer { index throws(E) in
      let index = UnsafeRawBufferPointer(index)
      return try body(sharding.isIndexAtEnd ? pieces + [index] : [index] + pieces)
    }
  }
}

extension ShardParts.Part {
  var count: Int {
    switch self {
    case .missing: 0
    case .fresh(let bytes): bytes.count
    case .old(let range): range.count
    }
  }
}
