// Which chunks a picture asks for, along one axis at a time.

import Arrays

/// Which chunks of the base an axis of a view walks over.
struct ChunkAxis {
  private(set) var walk: SourceView.Walk, chunk: Int

  /// - Parameter origin: where a chunk of the base begins.
  init(_ walk: SourceView.Walk, chunk: Int, origin: Int) {
    (self.walk, self.chunk) = (walk, max(1, chunk))
    // counted from the begin of a chunk that lies before all voxels
    self.walk.begin += (self.chunk - origin % self.chunk) % self.chunk
  }

  /// How many chunks hold the voxels `begin ..< end` of the view; all between the first and the last are read.
  func chunks(_ begin: Int, _ end: Int) -> Int {
    if end <= begin { return 0 }
    let first = walk.begin + begin * walk.step, last = walk.begin + (end - 1) * walk.step
    return max(first, last) / chunk - min(first, last) / chunk + 1
  }

  /// The voxels of the view in the `count` chunks in its middle.
  func middle(_ count: Int) -> (begin: Int, end: Int) {
    let ends = [walk.begin, walk.begin + max(0, walk.count - 1) * walk.step]
    let low = (ends.min() ?? 0) / chunk, high = (ends.max() ?? 0) / chunk
    let first = low + (high - low + 1 - count) / 2
    // base voxels first·chunk ..< (first + count)·chunk, in steps of the view
    let from = first * chunk, to = (first + count) * chunk, size = abs(walk.step)
    func up(_ distance: Int) -> Int { max(0, min(walk.count, (max(0, distance) + size - 1) / size)) }
    return walk.step > 0 ? (up(from - walk.begin), up(to - walk.begin)) : (up(walk.begin - to + 1), up(walk.begin - from + 1))
  }
}
