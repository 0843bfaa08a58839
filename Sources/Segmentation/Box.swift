// The extents of one volume as depth, height, width, and the checks that every function of this module begins with.

import Arrays
import Execution

struct Box: Equatable {
  let depth, height, width: Int
  /// Axes of the array that it came from: 1, 2 or 3.
  let rank: Int

  /// - Throws: `SegmentationError.rank` unless there are 1 to 3 axes, `.extent` beyond 2³⁰ − 1 voxels along one.
  init(_ array: NDArray, _ function: String) throws(SegmentationError) {
    guard (1...3).contains(array.rank) else { throw .rank(function: function, expected: "2 or 3 axes", found: array.shape) }
    let limit = (1 << 30) - 1
    guard array.shape.allSatisfy({ $0 <= limit }) else { throw .extent(function: function, shape: array.shape, limit: limit) }
    let padded = [Int](repeating: 1, count: 3 - array.rank) + array.shape
    (depth, height, width, rank) = (padded[0], padded[1], padded[2], array.rank)
  }

  private init(depth: Int, height: Int, width: Int, rank: Int) { (self.depth, self.height, self.width, self.rank) = (depth, height, width, rank) }

  func with(depth: Int) -> Box { Box(depth: depth, height: height, width: width, rank: rank) }

  var extents: [Int] { [depth, height, width] }
  var plane: Int { height * width }
  var count: Int { depth * height * width }
  /// Lines along x.
  var rows: Int { depth * height }
  var isEmpty: Bool { count == 0 }

  /// The index of a voxel in the axes of the caller's array.
  func index(of voxel: Int) -> [Int] { Array([voxel / plane, voxel / width % height, voxel % width].suffix(rank)) }

  /// One number an axis from a list given by the caller, with `missing` for axes that its array lacks.
  func perAxis<T>(_ values: [T], missing: T, _ name: String, _ function: String) throws(SegmentationError) -> [T] {
    guard values.count == rank else { throw .parameter(function: function, name: name, expected: "\(rank) numbers, one an axis", found: "\(values.count)") }
    return [T](repeating: missing, count: 3 - rank) + values
  }
}

/// Refuses a result that would not fit the memory budget, before any of it is asked for.
func result(_ dtype: DType, _ shape: [Int], _ context: ExecutionContext, zeroed: Bool = false) throws(ArrayError) -> NDArray {
  let bytes = try NDArray.byteCount(dtype, shape)
  guard bytes <= context.memoryBudget else { throw .overBudget(bytes: bytes, budget: context.memoryBudget) }
  return try NDArray(dtype, shape, zeroed: zeroed)
}

func checkSameShape(_ function: String, _ a: NDArray, _ b: NDArray) throws(SegmentationError) {
  guard a.shape == b.shape else { throw .shapes(function: function, a.shape, b.shape) }
}

/// Masks and labels are bool or integers; a float array is most often a prediction that nobody thresholded.
func checkDiscrete(_ function: String, _ array: NDArray) throws(SegmentationError) {
  guard !array.dtype.isFloat else {
    throw .dtype(function: function, expected: "bool or integer voxels", found: array.dtype, hint: "compare first, e.g. a > 0.5")
  }
}

func checkVoxelSize(_ function: String, _ sizes: [Double]) throws(SegmentationError) {
  guard sizes.allSatisfy({ $0.isFinite && $0 > 0 }) else {
    throw .parameter(function: function, name: "voxel size", expected: "above 0 on every axis", found: "\(sizes)")
  }
}

/// Cuts `0..<count` into `pieces` nearly equal ranges; empty ones are left out.
func pieces(_ count: Int, _ pieces: Int) -> [Range<Int>] {
  let parts = max(1, min(count, pieces))
  return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }.filter { !$0.isEmpty }
}

/// Cuts voxels into ranges of about 2¹⁸, whatever the number of threads: what is summed range by range is then always the same.
func chunks(_ count: Int) -> [Range<Int>] { pieces(count, (count + (1 << 18) - 1) >> 18) }

extension ExecutionContext {
  /// `pool.forEach` that stops between items when asked to.
  func forEach(_ count: Int, _ body: (_ item: Int, _ worker: Int) throws -> Void) throws {
    try pool.forEach(count) { item, worker in
      try cancellation.check()
      try body(item, worker)
    }
  }
}
