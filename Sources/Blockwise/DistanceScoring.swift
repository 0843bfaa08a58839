// Distances between two masks of any size, tallied; equal to those of masks in memory to the last bit, however the work is cut.
//
// In memory where all of it fits the budget. Else an exact distance is made one axis at a time, as DistanceStatement makes it:
// 1. planes   slabs of whole planes, each read once: the bits of MaskPair, and the passes along x and y for both surfaces, to files column by column
// 2. columns  for blocks of lines through all planes: the pass along z, roots, tallies
//
// predicted, truth, mask  axes of space; bool or integers
// Scratch: 9 bytes a voxel in TMPDIR, in files without a name, which go with the process; refused where there is no room.
// An image is worked on as a volume whose planes are its rows. Limits: three planes must fit the budget. The last two planes of a slab wait for the next one, because a surface needs both neighbours.
// Checked against the tally in memory: DistanceScoringTests.

import Arrays
import Execution
import Geometry
import Segmentation

package struct DistanceScoring: Sendable {
  private let predicted: any ArraySource, truth: any ArraySource, mask: (any ArraySource)?
  private let clip: Double, tolerance: Double
  private let perVoxel: Int

  /// Shapes are equal: the caller sees to it.
  ///
  /// - Parameter mask: voxels to count, all if nil.
  /// - Parameter clip: distances beyond it count as it. - Parameter tolerance: errors up to it are forgiven.
  package init(_ predicted: any ArraySource, _ truth: any ArraySource, mask: (any ArraySource)?, clip: Double, tolerance: Double) {
    (self.predicted, self.truth, self.mask, self.clip, self.tolerance) = (predicted, truth, mask, clip, tolerance)
    // as read, as bytes, the bits twice, where distances begin, distances
    perVoxel = ([predicted, truth] + (mask.map { [$0] } ?? [])).reduce(7) { $0 + $1.dtype.size + 1 }
  }

  /// - Parameter voxelSize: one length an axis; the grid's own, but for a reader who wants to know what others make of it.
  /// - Throws: `SegmentationError.shapes`, `.rank`, `.dtype`, `.parameter`; `BlockwiseError.budget`, `.noRoom`, `.system`; `Cancelled`; what reading throws.
  package func tally(voxelSize: [Double], _ context: ExecutionContext) throws -> DistanceTally {
    let bytes = predicted.shape.reduce(perVoxel, saturated)
    if bytes > context.memoryBudget {
      switch (predicted.shape.count, voxelSize.count) {
      case (3, 3): return try tallyOnDisk(voxelSize, context)
      case (2, 2): return try tallyOnDisk([voxelSize[0], 1, voxelSize[1]], context)
      default: throw BlockwiseError.budget(what: "both masks with their distances", bytes: bytes, budget: context.memoryBudget)
      }
    }
    let roi = try VoxelRoi(shape: predicted.shape), reading = context.reading
    return try distanceTally(
      predicted.read(roi, reading), truth.read(roi, reading), mask: mask?.read(roi, reading), voxelSize: voxelSize, clip: clip, tolerance: tolerance, context)
  }

  private var isFlat: Bool { predicted.shape.count == 2 }
  /// [z, y, x]; an image is [y, 1, x].
  private var shape: [Int] { isFlat ? [predicted.shape[0], 1, predicted.shape[1]] : predicted.shape }

  private func read(_ source: any ArraySource, _ planes: Range<Int>, _ context: ExecutionContext) throws -> NDArray {
    var roi = try VoxelRoi(shape: predicted.shape)
    (roi.offset[0], roi.shape[0]) = (planes.lowerBound, planes.count)
    return try source.read(roi, context.reading).contiguous().reshaped([planes.count, shape[1], shape[2]])
  }

  private func tallyOnDisk(_ voxelSize: [Double], _ context: ExecutionContext) throws -> DistanceTally {
    let plane = saturated(saturated(shape[1], shape[2]), perVoxel), needed = saturated(plane, 3)
    guard needed <= context.memoryBudget else { throw BlockwiseError.budget(what: "three \(isFlat ? "rows" : "planes") of both masks with their distances", bytes: needed, budget: context.memoryBudget) }
    var tally = try DistanceTally(clip: clip, tolerance: tolerance)
    let block = column(context), squares = try ColumnLayout(shape: shape, block: block, parts: 2), bits = try ColumnLayout(shape: shape, block: block, .uint8)
    let distances = try ScratchFile(temporary: saturated(squares.byteCount / 8, 9)), flags = try ScratchFile(temporary: bits.byteCount)
    try planes(thickness: max(1, context.memoryBudget / 2 / max(1, plane) - 2), voxelSize, context) { planes, found, sites in
      try bits.write(found, planes: planes, to: flags, context.cancellation)
      for (part, side) in DistanceTally.From.allCases.enumerated() { try squares.write(try sites(side), part, planes: planes, to: distances, context.cancellation) }
    }
    let lines = shape[1] * shape[2]
    var done = 0
    for y in stride(from: 0, to: shape[1], by: block[1]) {
      for x in stride(from: 0, to: shape[2], by: block[2]) {
        try context.cancellation.check()
        let found = try bits.read(at: [0, y, x], from: flags)
        for (part, side) in DistanceTally.From.allCases.enumerated() {
          try tally.add(found, try distanceOfColumn(try squares.read(part, at: [0, y, x], from: distances), step: voxelSize[0], context), from: side, context)
        }
        done += found.shape[1] * found.shape[2]
        context.progress.report(.init("distances: columns", done: Int64(done), total: Int64(lines), unit: "lines"))
      }
    }
    context.progress.finish("distances: columns")
    return tally
  }

  /// Lines that are held at once: whole rows where they fit, else parts of one; 16 MiB of distances, or an eighth of the budget.
  private func column(_ context: ExecutionContext) -> [Int] {
    let lines = max(16, min(16 << 20, context.memoryBudget / 8) / 4 / max(1, shape[0]))
    return lines >= shape[2] ? [shape[0], max(1, min(shape[1], lines / max(1, shape[2]))), max(1, shape[2])] : [shape[0], 1, lines]
  }

  /// Goes through the volume in slabs. `body` gets the planes that are complete, their bits, and the squared distances within planes to the surface that a side looks at.
  private func planes(
    thickness: Int, _ voxelSize: [Double], _ context: ExecutionContext, _ body: (Range<Int>, NDArray, (DistanceTally.From) throws -> NDArray) throws -> Void
  ) throws {
    // no more than half a GiB, but for whole chunks where the budget allows them
    let depth = shape[0], chunk = max(1, predicted.chunking?.shape[0] ?? 1), usual = max(chunk, (1 << 29) / max(1, saturated(saturated(shape[1], shape[2]), perVoxel)))
    let affordable = min(depth, thickness, usual), step = affordable < chunk ? affordable : affordable / chunk * chunk
    // planes from `first` on, not all of which have both neighbours yet
    var waiting: NDArray?, first = 0, done = 0
    for begin in stride(from: 0, to: depth, by: max(1, step)) {
      let end = min(depth, begin + step), slab = begin..<end
      let raw = try stacked(waiting, try foregrounds(read(predicted, slab, context), read(truth, slab, context), mask: mask.map { try read($0, slab, context) }, context))
      let before = done - first, after = end < depth ? 1 : 0, complete = done..<end - after
      if !complete.isEmpty {
        let found = try markSurfaces(raw, before: before, after: after, flat: isFlat, context)
        try body(complete, found) { try distanceOfPlanes(try lacking($0.target, found, context), voxelSize: voxelSize, context) }
        done = complete.upperBound
      }
      let kept = min(raw.shape[0], 2)
      waiting = try raw.slice(offset: [raw.shape[0] - kept, 0, 0], shape: [kept, shape[1], shape[2]]).contiguous()
      first = end - kept
      context.progress.report(.init("distances: planes", done: Int64(end), total: Int64(depth), unit: "planes"))
    }
    context.progress.finish("distances: planes")
  }

  private func stacked(_ above: NDArray?, _ below: NDArray) throws -> NDArray {
    guard let above else { return below }
    var all = try NDArray(.uint8, [above.shape[0] + below.shape[0]] + below.shape.dropFirst(), zeroed: false)
    for (part, offset) in [(above, 0), (below, above.count)] {
      all.withMutableBytes { target in part.withBytes { bytes in UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + bytes.count]).copyMemory(from: bytes) } }
    }
    return all
  }
}
