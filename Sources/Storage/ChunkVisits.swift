// The chunks that a box of voxels touches, and which part of each.

import Execution

/// One chunk's share of a box.
struct ChunkVisit {
  /// Which chunk.
  var index: [Int]
  /// Where the share begins in the chunk, and in the box.
  var source: [Int], target: [Int]
  var shape: [Int]

  /// Whether the share is one run of bytes in a packed box: whole on every axis after the first that is longer than 1.
  func isOneRun(in box: [Int]) -> Bool {
    guard let first = shape.firstIndex(where: { $0 > 1 }) else { return true }
    return shape.indices.dropFirst(first + 1).allSatisfy { shape[$0] == box[$0] }
  }
}

/// All chunks that a box touches; none if it is empty.
struct ChunkVisits {
  private let offset: [Int], shape: [Int], chunks: [Int]
  private let first: [Int], counts: [Int]
  let count: Int

  /// - Precondition: the box lies inside the array, so no sum here can overflow.
  init(offset: [Int], shape: [Int], chunks: [Int]) {
    (self.offset, self.shape, self.chunks) = (offset, shape, chunks)
    first = zip(offset, chunks).map { $0 / $1 }
    counts = shape.indices.map { axis in shape[axis] == 0 ? 0 : (offset[axis] + shape[axis] - 1) / chunks[axis] - offset[axis] / chunks[axis] + 1 }
    count = counts.reduce(1, *)
  }

  subscript(item: Int) -> ChunkVisit {
    var rest = item, index = first
    for axis in shape.indices.reversed() {
      index[axis] += rest % counts[axis]
      rest /= counts[axis]
    }
    var visit = ChunkVisit(index: index, source: index, target: index, shape: index)
    for axis in shape.indices {
      let chunkBegin = index[axis] * chunks[axis]
      let begin = max(offset[axis], chunkBegin)
      // a chunk may reach past the largest integer, the box cannot
      let room = chunks[axis] - (begin - chunkBegin), left = offset[axis] + shape[axis] - begin
      (visit.source[axis], visit.target[axis], visit.shape[axis]) = (begin - chunkBegin, begin - offset[axis], min(room, left))
    }
    return visit
  }

  func forEach(_ pool: ThreadPool?, _ body: (_ visit: ChunkVisit, _ worker: Int) throws -> Void) throws {
    if let pool, count > 1 { try pool.forEach(count) { item, worker in try body(self[item], worker) }; return }
    for item in 0..<count { try body(self[item], 0) }
  }
}
