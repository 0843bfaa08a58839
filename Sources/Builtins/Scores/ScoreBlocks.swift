// The blocks in which scores read their arrays: whole chunks where these are known, whole planes else, about eight million voxels each. Sums over them do not depend on how they are cut.

import Arrays
import Blockwise
import Geometry
import Language

struct ScoreBlocks {
  private let call: Call
  private let arrays: [ArrayValue], mask: ArrayValue?
  /// Of those that hold ids of two words: 1, the channel axis, which the others do not have.
  private let leading: [Int]
  private let shape: [Int]
  private static let voxels = 1 << 23

  /// Arrays of equal shape and equal place, and the argument `mask`.
  ///
  /// - Parameter wide: whether arrays (c 2, space…) of uint64 are wide ids; at least one must be.
  /// - Throws: E5, E3, E9.
  init(_ call: Call, names: [String], wide: Bool = false) throws {
    let arrays = try names.map { try call.array($0) }, mask = try call.optionalArray("mask")
    (self.call, self.arrays, self.mask) = (call, arrays, mask)
    let leading = arrays.map { wide && $0.isWide ? 1 : 0 }, shape = arrays.first.map { Array($0.shape.dropFirst(leading[0])) } ?? []
    (self.leading, self.shape) = (leading, shape)
    guard let first = arrays.first else { return }
    if wide, !leading.contains(1) { throw call.failure(.type, "wide ids are two channels of uint64, (c 2, space…): neither of the arrays holds any", at: "wide") }
    func space(_ array: ArrayValue, _ leading: Int) throws -> Grid { leading == 0 ? array.grid : try array.grid.dropping(axis: 0) }
    for (name, (other, own)) in zip(names.dropFirst() + ["mask"], zip(arrays.dropFirst() + (mask.map { [$0] } ?? []), leading.dropFirst() + [0])) {
      if Array(other.shape.dropFirst(own)) != shape {
        throw call.failure(.shape, "shapes do not match: \(names[0]) \(first.axesText) and \(name) \(other.axesText)", at: name, hint: "r = a.roi & b.roi, then a[r], b[r]")
      }
      try call.checkGrids(try space(first, leading[0]), try space(other, own), name)
    }
  }

  /// Whether an array holds ids of two words.
  func isWide(_ position: Int) -> Bool { leading[position] > 0 }

  /// As something that is read once: each array, and the mask.
  func sources() throws -> (arrays: [any ArraySource], mask: (any ArraySource)?) {
    (try arrays.map { try $0.source(call.execution) }, try mask?.source(call.execution))
  }

  /// In order.
  ///
  /// - Throws: `Cancelled`; what reading and `body` throw.
  func forEach(_ body: ([NDArray], NDArray?) throws -> Void) throws {
    guard !arrays.isEmpty, !shape.contains(0) else { return }
    let sources = arrays.map(\.expression), masking = mask.map(\.expression), reading = call.execution.reading
    let chunk = zip(sources, leading).lazy.compactMap { source, leading in source.chunking.map { Array($0.shape.dropFirst(leading)) } }.first
    let block = Self.block(shape, chunk: chunk), counts = zip(shape, block).map { ($0 + $1 - 1) / $1 }
    let total = Int64(counts.reduce(1, saturated))
    for number in 0..<total {
      try call.execution.cancellation.check()
      var rest = number, offset = shape, box = shape
      for axis in shape.indices.reversed() {
        offset[axis] = Int(rest % Int64(counts[axis])) * block[axis]
        box[axis] = min(block[axis], shape[axis] - offset[axis])
        rest /= Int64(counts[axis])
      }
      let roi = try VoxelRoi(offset: Coordinate(offset), shape: Coordinate(box))
      try body(try zip(sources, leading).map { try $0.read($1 == 0 ? roi : try VoxelRoi(offset: Coordinate([0] + offset), shape: Coordinate([2] + box)), reading) }, try masking?.read(roi, reading))
      call.execution.progress.report(.init(call.builtin.name, done: number + 1, total: total, unit: "blocks"))
    }
    call.execution.progress.finish(call.builtin.name)
  }

  /// Chunks, one after the other along the last axis, then rows of them, then planes.
  private static func block(_ shape: [Int], chunk: [Int]?) -> [Int] {
    var block = shape.indices.map { min(shape[$0], max(1, chunk?[$0] ?? 1)) }
    func others(_ axis: Int) -> Int { shape.indices.reduce(1) { $1 == axis ? $0 : saturated($0, block[$1]) } }
    for axis in shape.indices where saturated(others(axis), block[axis]) > 8 * voxels { block[axis] = max(1, min(block[axis], 8 * voxels / others(axis))) }
    for axis in shape.indices.reversed() {
      let fit = voxels / saturated(others(axis), block[axis])
      if fit > 1 { block[axis] = min(shape[axis], saturated(block[axis], fit)) }
    }
    return block
  }
}
