// Writing a box of voxels into shards: each shard that it touches is put together anew and replaced as a whole.
//
// An inner chunk that the box covers is encoded from the box; one that it covers in part is decoded, changed and encoded; the others go
// over as they are stored. A shard that is covered whole is not read. Inner chunks that hold only the fill value are left out.

import Arrays
import Execution

struct ShardWrites {
  private let array: StoredArray
  private let sharding: Sharding
  private let coder: ChunkCoder
  private let source: BoxSource
  private let scratch: [Scratch]

  init(_ array: StoredArray, _ sharding: Sharding, _ source: BoxSource, _ scratch: [Scratch]) {
    (self.array, self.sharding, self.source, self.scratch) = (array, sharding, source, scratch)
    coder = ChunkCoder(metadata: sharding.inner)
  }

  /// Shards in parallel where there are enough of them, else the inner chunks of each.
  func run(_ visits: ChunkVisits, _ pool: ThreadPool?, _ cancellation: Cancellation?) throws {
    if let pool, visits.count >= pool.threads {
      try pool.forEach(visits.count) { item, worker in try write(visits[item], nil, worker, cancellation) }
      return
    }
    for item in 0..<visits.count { try write(visits[item], pool, 0, cancellation) }
  }

  private func write(_ visit: ChunkVisit, _ pool: ThreadPool?, _ worker: Int, _ cancellation: Cancellation?) throws {
    let unit = visit.index
    if visit.shape == array.inside(unit) {
      let parts = try parts(visit, nil, pool, worker, cancellation)
      try array.writeGuard.hold(unit) { try put(parts, unit, nil) }
      return
    }
    try array.writeGuard.hold(unit, others: { array.store.lockFile(array.location.key) }, cancellation) {
      let old = try stored(unit)
      try put(try parts(visit, old, pool, worker, cancellation), unit, old)
    }
  }

  /// A shard that is to be changed, in memory.
  private struct Old {
    let bytes: Bytes
    let index: ShardIndex
  }

  private func stored(_ unit: [Int]) throws -> Old? {
    let scratch = Scratch()
    guard let held = try array.store.hold(array.chunkKey(unit)), let bytes = try array.whole(held, unit, scratch) else { return nil }
    return try array.failing(unit) { () throws(CodecFailure) in
      let shard = try ChunkCoder(metadata: array.metadata).unwrapped(bytes)
      return Old(bytes: shard, index: try shard.withBytes { bytes throws(CodecFailure) in try ShardIndex(of: bytes, sharding) })
    }
  }

  private func parts(_ visit: ChunkVisit, _ old: Old?, _ pool: ThreadPool?, _ worker: Int, _ cancellation: Cancellation?) throws -> ShardParts {
    let found = Slots<ShardParts.Part>(sharding.count)
    func one(_ number: Int, _ worker: Int) throws {
      try cancellation?.check()
      found[number] = try part(number, visit, old, scratch[worker])
    }
    if let pool { try pool.forEach(sharding.count, one) } else { for number in 0..<sharding.count { try one(number, worker) } }
    var parts = ShardParts(sharding)
    for (number, part) in found.all.enumerated() { parts[number] = part }
    return parts
  }

  private func part(_ number: Int, _ visit: ChunkVisit, _ old: Old?, _ scratch: Scratch) throws -> ShardParts.Part {
    let chunk = sharding.visit(number), inside = array.inside(visit.index)
    let begin = zip(chunk.target, visit.source).map { max($0, $1) }
    let end = chunk.target.indices.map { min(chunk.target[$0] + chunk.shape[$0], visit.source[$0] + visit.shape[$0]) }
    let share = zip(begin, end).map { max(0, $1 - $0) }
    if share.contains(0) { return old?.index[number].map { .old($0) } ?? .missing }
    let valid = chunk.target.indices.map { min(chunk.shape[$0], inside[$0] - chunk.target[$0]) }

    let elements: UnsafeMutableRawBufferPointer, bytes = sharding.inner.chunkBytes
    do throws(CodecFailure) { elements = try scratch.decoded(bytes) } catch { throw StorageError.noMemory(path: array.path, bytes: bytes) }
    guard let base = elements.baseAddress else { return .missing }
    let strides = coder.strides(of: chunk.shape), size = array.dtype.size
    if share != chunk.shape {
      fillBox(base, shape: chunk.shape, strides: strides, sharding.inner.fill, elementSize: size)
      if share != valid, let old, let range = old.index[number] {
        try array.failing(visit.index) { () throws(CodecFailure) in
          do throws(CodecFailure) { try old.bytes.withBytes { bytes throws(CodecFailure) in try coder.decode(UnsafeRawBufferPointer(rebasing: bytes[range]), into: elements) } } catch {
            throw error.inside("inner chunk \(sharding.key(number))")
          }
        }
      }
    }
    // where the share lies in the box, and in the chunk
    var from = source.base, to = base
    for axis in begin.indices {
      from += (begin[axis] - visit.source[axis] + visit.target[axis]) * source.strides[axis]
      to += (begin[axis] - chunk.target[axis]) * strides[axis]
    }
    copyBox(share, from: from, source.strides, to: to, strides, elementSize: size)
    if share == valid { array.contentSum?.add(visit.index, inner: number, UnsafeRawBufferPointer(elements), voxels: valid.reduce(1, *)) } else { array.contentSum?.spoil() }
    if coder.isFill(UnsafeRawBufferPointer(elements)) { return .missing }
    return try array.encoding(visit.index) { () throws(CodecFailure) in .fresh(try coder.encode(elements, block: chunk.shape).kept(UnsafeRawBufferPointer(elements))) }
  }

  private func put(_ parts: ShardParts, _ unit: [Int], _ old: Old?) throws {
    if parts.isEmpty { try array.store.remove(array.chunkKey(unit)); return }
    func put(_ old: UnsafeRawBufferPointer?) throws {
      try parts.withPieces(of: old) { pieces in
        if array.metadata.codecs.isEmpty { try array.put(unit, pieces); return }
        let wrapped = try array.encoding(unit) { () throws(CodecFailure) in try ChunkCoder(metadata: array.metadata).wrapped(try joined(pieces)) }
        try wrapped.withBytes { try array.put(unit, [$0]) }
      }
    }
    if let old { try old.bytes.withBytes { try put($0) } } else { try put(nil) }
  }
}
