// A source at a whole multiple of its voxel size: blocks of `factor` voxels become one, read on the fly.
//
// mean      the average, rounded half to even for integers: as pyramid levels are stored
// majority  the most frequent value; ties go to a value other than 0, then to the smallest. For a mask that is "mean ≥ ½".
// A rest of fewer than `factor` voxels at the end is dropped. Offsets are corners, so the grid keeps its offset (plus `origin`).

import Arrays
import Execution
import Geometry
import Synchronization

package struct DownsampledSource: ArraySource {
  package enum Method: Sendable { case mean, majority }

  package let source: any ArraySource
  package let method: Method
  /// One an axis of `source`; 1 for channels.
  package let factor: [Int]
  /// First voxel that is used, an axis.
  package let origin: [Int]
  package let shape: [Int]
  package let grid: Grid
  package var dtype: DType { source.dtype }
  package var inputs: [any ArraySource] { [source] }

  /// - Parameter factor: one a *spatial* axis, at least 1.
  /// - Parameter origin: in voxels of `source`, one a spatial axis; lets two arrays be cut into the same blocks.
  package init(_ source: any ArraySource, by factor: [Int], _ method: Method, origin: [Int]? = nil) throws {
    let spatial = source.grid.spatialAxes
    guard factor.count == spatial.count, factor.allSatisfy({ $0 >= 1 && $0 <= 1 << 20 }) else {
      throw TrainingError.settings(name: "downsample", expected: "\(spatial.count) factors of at least 1", found: shapeText(factor))
    }
    var full = [Int](repeating: 1, count: source.shape.count), first = [Int](repeating: 0, count: source.shape.count)
    for (axis, index) in spatial.enumerated() {
      full[index] = factor[axis]
      first[index] = origin?[axis] ?? 0
    }
    shape = source.shape.indices.map { max(0, source.shape[$0] - first[$0]) / full[$0] }
    let corner = try source.grid.shifted(to: first)
    var voxel = corner.voxelSize
    for axis in spatial.indices { voxel[axis] = try voxel[axis] * Rational(factor[axis]) }
    grid = try Grid(axes: corner.axes, voxelSize: voxel, offset: corner.offset, isKnown: corner.isKnown)
    (self.source, self.method, self.factor, self.origin) = (source, method, full, first)
  }

  /// Chunks of the source that make whole voxels; where factors do not divide them, blocks that are about as large.
  package var chunking: Chunking? {
    guard let chunks = source.chunking else { return nil }
    return Chunking(shape: shape.indices.map { max(1, chunks.shape[$0] / factor[$0]) }, origin: shape.indices.map { (chunks.origin[$0] &- origin[$0]) / factor[$0] })
  }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    // what is in memory is cut into slabs, one a thread at a time; what is stored is read by all threads
    guard source is Volume, roi.rank == shape.count, let long = shape.indices.max(by: { (roi.shape[$0], -$0) < (roi.shape[$1], -$1) }) else { return try reduced(roi, context) }
    let whole = roi.shape.values.reduce(1, *), grain = max(1, roi.shape[long] * (1 << 16) / max(1, whole))
    guard whole > 1 << 17, let pool = context.pool else { return try reduced(roi, context) }
    let count = (roi.shape[long] + grain - 1) / grain, cancellation = context.cancellation
    let result = Mutex(try NDArray(dtype, roi.shape.values, zeroed: false))
    try pool.forEach(count) { index, _ in
      try cancellation?.check()
      var offset = roi.offset.values, box = roi.shape.values, place = [Int](repeating: 0, count: box.count)
      place[long] = index * grain
      offset[long] += place[long]
      box[long] = min(grain, box[long] - place[long])
      let part = try reduced(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), ReadContext())
      try result.withLock { try $0.assign(part, at: place) }
    }
    return result.withLock { $0 }
  }

  private func reduced(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    let offset = shape.indices.map { roi.offset[$0] * factor[$0] + origin[$0] }
    let box = shape.indices.map { roi.shape[$0] * factor[$0] }
    let fine = try source.read(try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box)), context)
    return try fine.reduced(by: factor, method)
  }
}

extension NDArray {
  /// Blocks of `factor` become one element; the shape must be a multiple.
  func reduced(by factor: [Int], _ method: DownsampledSource.Method) throws(ArrayError) -> NDArray {
    if factor.allSatisfy({ $0 == 1 }) { return self }
    // whole blocks of integers: the kernel of pyramids rounds alike
    if method == .mean && dtype.isInteger { return try downsampled(by: factor, .mean) }
    switch (dtype, method) {   // the common types named, so that their loops are specialised
    case (.float32, .mean): return try mean(Float.self, factor)
    case (_, .mean): return try mean(dtype.type, factor)
    case (.bool, .majority): return try majority(Bool.self, factor)
    case (.uint8, .majority): return try majority(UInt8.self, factor)
    case (.uint32, .majority): return try majority(UInt32.self, factor)
    case (.uint64, .majority): return try majority(UInt64.self, factor)
    case (_, .majority): return try majority(dtype.type, factor)
    }
  }

  private func mean<T: Element>(_: T.Type, _ factor: [Int]) throws(ArrayError) -> NDArray {
    let size = Double(factor.reduce(1, *))
    return try blocks(T.self, factor) { block in
      var sum = 0.0
      for value in block { sum += value.double }
      return T(saturating: sum / size)
    }
  }

  private func majority<T: Element>(_: T.Type, _ factor: [Int]) throws(ArrayError) -> NDArray {
    try blocks(T.self, factor) { block in
      guard let first = block.first else { return T.zero }
      if block.allSatisfy({ $0 == first }) { return first }
      var best = first, bestCount = 0
      for (i, value) in block.enumerated() where !block[..<i].contains(value) {
        var count = 0
        for other in block[i...] where other == value { count += 1 }
        let wins = count > bestCount || (count == bestCount && (best == T.zero || (value != T.zero && value.double < best.double)))
        if wins { (best, bestCount) = (value, count) }
      }
      return best
    }
  }

  private func blocks<T: Element>(_: T.Type, _ factor: [Int], _ combine: (UnsafeMutableBufferPointer<T>) -> T) throws(ArrayError) -> NDArray {
    let coarse = zip(shape, factor).map { $0 / $1 }
    let packed = try contiguous(), steps = packed.strides, size = factor.reduce(1, *)
    var inner = [Int](repeating: 0, count: size)   // where each voxel of a block lies
    for i in 0..<size {
      var rest = i
      for axis in stride(from: rank - 1, through: 0, by: -1) { inner[i] += rest % factor[axis] * steps[axis]; rest /= factor[axis] }
    }
    var result = try NDArray(dtype, coarse, zeroed: false)
    let total = result.count
    result.withMutableElements(T.self) { out in
      packed.withElements(T.self) { fine in
        withUnsafeTemporaryAllocation(of: T.self, capacity: max(1, size)) { block in
          var place = [Int](repeating: 0, count: rank), base = 0
          for i in 0..<total {
            for k in 0..<size { block[k] = fine[base + inner[k]] }
            out[i] = combine(UnsafeMutableBufferPointer(rebasing: block[0..<size]))
            var axis = rank - 1
            while axis >= 0 {
              place[axis] += 1
              base += factor[axis] * steps[axis]
              if place[axis] < coarse[axis] { break }
              base -= coarse[axis] * factor[axis] * steps[axis]
              place[axis] = 0
              axis -= 1
            }
          }
        }
      }
    }
    return result
  }
}
