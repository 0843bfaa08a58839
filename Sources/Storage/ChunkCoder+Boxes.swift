// What a box wants of a chunk: decoded in place where the chunk lies in the box as it is stored, else copied out of scratch memory.

import Arrays

/// The memory that a box of voxels is read into: `base` is its first voxel, strides are in bytes.
struct BoxTarget: @unchecked Sendable {   // each visit writes to voxels of its own
  let base: UnsafeMutableRawPointer
  let shape: [Int]
  let strides: [Int]

  func start(_ visit: ChunkVisit) -> UnsafeMutableRawPointer {
    var start = base
    for axis in strides.indices { start += visit.target[axis] * strides[axis] }
    return start
  }
}

extension ChunkCoder {
  /// The share of a chunk that is not stored.
  func fill(_ visit: ChunkVisit, _ target: BoxTarget) {
    fillBox(target.start(visit), shape: visit.shape, strides: target.strides, metadata.fill, elementSize: metadata.dtype.size)
  }

  /// Decodes the bytes of a stored chunk and puts its share of a box in its place.
  ///
  /// - Parameter place: where the decoded chunk stays for later boxes.
  func deliver(_ bytes: UnsafeRawBufferPointer, _ visit: ChunkVisit, to target: BoxTarget, _ scratch: Scratch, keeping place: ChunkCache.Place? = nil) throws(CodecFailure) {
    let (block, payload) = try block(bytes)
    let size = metadata.dtype.size
    if block == visit.shape, isCOrder, visit.source.allSatisfy({ $0 == 0 }), visit.isOneRun(in: target.shape) {
      // the chunk lies in the result exactly as it is stored
      try decode(payload, into: UnsafeMutableRawBufferPointer(start: target.start(visit), count: block.reduce(size, *)))
      return
    }
    let count = block.reduce(size, *)
    try require(count, of: payload)
    guard let place else {
      let elements = try scratch.decoded(count)
      try decode(payload, into: elements, range: range(of: visit, in: block))
      copy(UnsafeRawBufferPointer(elements), block, visit, target)
      return
    }
    let chunk = ChunkCache.Chunk(elements: try encoded(capacity: count), block: block)
    try chunk.elements.fill { elements throws(CodecFailure) in try decode(payload, into: elements) }
    copy(chunk, visit, target)
    place.keep(chunk)
  }

  /// From the first to the last byte that a visit takes of a stored block.
  private func range(of visit: ChunkVisit, in block: [Int]) -> Range<Int> {
    var first = 0, last = 0
    for (axis, stride) in strides(of: block).enumerated() {
      let begin = min(visit.source[axis], block[axis]), end = min(visit.source[axis] + visit.shape[axis], block[axis])
      if begin >= end { return 0..<0 }
      first += begin * stride
      last += (end - 1) * stride
    }
    return first..<last + metadata.dtype.size
  }

  func copy(_ chunk: ChunkCache.Chunk, _ visit: ChunkVisit, _ target: BoxTarget) { chunk.elements.withBytes { copy($0, chunk.block, visit, target) } }

  /// Copies the share of a decoded chunk; what the chunk lacks of it is the fill value.
  func copy(_ elements: UnsafeRawBufferPointer, _ block: [Int], _ visit: ChunkVisit, _ target: BoxTarget) {
    let available = zip(visit.source, zip(visit.shape, block)).map { begin, extents in max(0, min(extents.0, extents.1 - begin)) }
    if available != visit.shape { fill(visit, target) }
    guard let base = elements.baseAddress, !available.contains(0) else { return }
    let strides = strides(of: block)
    let source = base + zip(visit.source, strides).reduce(0) { $0 + $1.0 * $1.1 }
    copyBox(available, from: source, strides, to: target.start(visit), target.strides, elementSize: metadata.dtype.size)
  }

  /// The elements of a stored chunk as `use` sees them, in the chunk's own order.
  func withElements(_ bytes: UnsafeRawBufferPointer, _ scratch: Scratch, _ use: (_ elements: UnsafeRawBufferPointer, _ block: [Int]) -> Void) throws(CodecFailure) {
    let (block, payload) = try block(bytes)
    let count = block.reduce(metadata.dtype.size, *)
    try require(count, of: payload)
    let elements = try scratch.decoded(count)
    try decode(payload, into: elements)
    use(UnsafeRawBufferPointer(elements), block)
  }

  private var isCOrder: Bool { metadata.order.indices.allSatisfy { metadata.order[$0] == $0 } }
}
