// Reading a box out of shards: the index of each shard first, then only the inner chunks that the box needs, each once.
//
// Shards go in waves: the indices of a wave are read in parallel, then the chunks of the whole wave. Chunks that lie near each other
// in a shard are fetched by one read, as long as that leaves every thread something to do: a whole shard by a few long reads.

import Arrays
import Execution
import Synchronization

struct ShardReads {
  private let array: StoredArray
  private let sharding: Sharding
  private let coder: ChunkCoder
  private let target: BoxTarget
  private let scratch: [Scratch]

  /// Unwanted bytes that are read along rather than asking twice, and the longest read of several chunks.
  private static let gap = 32 << 10, longest = 8 << 20

  init(_ array: StoredArray, _ sharding: Sharding, _ target: BoxTarget, _ scratch: [Scratch]) {
    (self.array, self.sharding, self.target, self.scratch) = (array, sharding, target, scratch)
    coder = ChunkCoder(metadata: sharding.inner)
  }

  /// Some chunks of a shard that are fetched together.
  private struct Fetch {
    let unit: [Int]
    let shard: Shard
    var bytes: Range<Int>
    var chunks: [(number: Int, bytes: Range<Int>, visit: ChunkVisit, place: ChunkCache.Place?)]
  }

  func run(_ visits: ChunkVisits, _ pool: ThreadPool?, _ cancellation: Cancellation?) throws {
    let wave = max(16, 4 * scratch.count)
    for first in stride(from: 0, to: visits.count, by: wave) {
      let count = min(wave, visits.count - first)
      let wanted = Slots<[Fetch]>(count)
      try each(count, pool) { item, worker in
        try cancellation?.check()
        wanted[item] = try wants(visits[first + item], scratch[worker])
      }
      let fetches = merged(wanted.all.flatMap { $0 })
      try each(fetches.count, pool) { item, worker in
        try cancellation?.check()
        try read(fetches[item], scratch[worker])
      }
    }
  }

  private func each(_ count: Int, _ pool: ThreadPool?, _ body: (Int, Int) throws -> Void) throws {
    if let pool, count > 1 { try pool.forEach(count, body); return }
    for item in 0..<count { try body(item, 0) }
  }

  /// The stored chunks that a visit to a shard needs, in the order in which they lie there; those that are missing are filled.
  private func wants(_ visit: ChunkVisit, _ scratch: Scratch) throws -> [Fetch] {
    guard let shard = try array.whileItStays({ try array.openShard(visit.index, sharding, scratch) }) else { coder.fill(visit, target); return [] }
    let inner = ChunkVisits(offset: visit.source, shape: visit.shape, chunks: sharding.inner.chunks)
    var fetches: [Fetch] = []
    for item in 0..<inner.count {
      var chunk = inner[item]
      for axis in chunk.target.indices { chunk.target[axis] += visit.target[axis] }
      let number = sharding.number(chunk.index)
      guard let bytes = shard.index[number] else { coder.fill(chunk, target); continue }
      let place = array.place(chunk, of: visit.index, inner: (number, zip(chunk.index, sharding.inner.chunks).map { $0 * $1 }), shard.held.version)
      if let kept = place?.chunk { coder.copy(kept, chunk, target); continue }
      fetches.append(Fetch(unit: visit.index, shard: shard, bytes: bytes, chunks: [(number, bytes, chunk, place)]))
    }
    return fetches.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
  }

  private func merged(_ fetches: [Fetch]) -> [Fetch] {
    let total = fetches.reduce(0) { $0 + $1.bytes.count }
    let longest = min(Self.longest, total / (2 * scratch.count))
    var merged: [Fetch] = []
    for fetch in fetches {
      if let last = merged.last, last.unit == fetch.unit, fetch.bytes.lowerBound - last.bytes.upperBound <= Self.gap,
         fetch.bytes.upperBound - last.bytes.lowerBound <= longest {
        merged[merged.count - 1].bytes = last.bytes.lowerBound..<max(last.bytes.upperBound, fetch.bytes.upperBound)
        merged[merged.count - 1].chunks += fetch.chunks
      } else {
        merged.append(fetch)
      }
    }
    return merged
  }

  private func read(_ fetch: Fetch, _ scratch: Scratch) throws {
    let bytes: UnsafeRawBufferPointer
    do { bytes = try fetch.shard.bytes(fetch.bytes, scratch, fetch.chunks.last?.number ?? 0, fetch.unit, array) } catch StorageError.remote(_, .changed) {
      for chunk in fetch.chunks { try readAnew(chunk.number, chunk.visit, fetch.unit, scratch) }
      return
    }
    for chunk in fetch.chunks {
      let from = chunk.bytes.lowerBound - fetch.bytes.lowerBound
      try deliver(UnsafeRawBufferPointer(rebasing: bytes[from..<from + chunk.bytes.count]), chunk.number, chunk.visit, fetch.unit, scratch, keeping: chunk.place)
    }
  }

  /// One chunk of a shard that was replaced since its index was read.
  private func readAnew(_ number: Int, _ visit: ChunkVisit, _ unit: [Int], _ scratch: Scratch) throws {
    try array.whileItStays {
      guard let shard = try array.openShard(unit, sharding, scratch), let range = shard.index[number] else { coder.fill(visit, target); return }
      try deliver(try shard.bytes(range, scratch, number, unit, array), number, visit, unit, scratch, keeping: nil)
    }
  }

  private func deliver(_ bytes: UnsafeRawBufferPointer, _ number: Int, _ visit: ChunkVisit, _ unit: [Int], _ scratch: Scratch, keeping place: ChunkCache.Place?) throws {
    do throws(CodecFailure) { try coder.deliver(bytes, visit, to: target, scratch, keeping: place) } catch { throw array.unread(unit, error.inside("inner chunk \(sharding.key(number))")) }
  }
}

/// One place an item for what workers find.
final class Slots<Value: Sendable>: Sendable {
  private let values: Mutex<[Value?]>
  init(_ count: Int) { values = Mutex([Value?](repeating: nil, count: count)) }
  subscript(item: Int) -> Value? {
    get { values.withLock { $0[item] } }
    set { values.withLock { $0[item] = newValue } }
  }
  var all: [Value] { values.withLock { $0.compactMap { $0 } } }
}

