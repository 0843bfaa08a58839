// What a function returns, before its output is made: element types and channels are those of an earlier run's outputs, else of the first block.

import Arrays
import Execution
import Geometry
import Storage

/// One result of a function.
struct ResultPart: Sendable {
  let target: BlockTarget
  let dtype: DType
  /// Lengths of the axes before those of space, as the function gives them.
  let given: [Int]
  /// As they are written.
  var leading: [Int] { target.ids.leading + given }
}

extension BlockwiseStatement {
  /// What the function returns for each output.
  ///
  /// - Throws: `BlockwiseError.blocksFailed` where it fails for all blocks that are tried, `.resultCount`; `Cancelled`.
  func outcomes(_ context: ExecutionContext) throws -> [ResultPart] {
    if let there = try earlierOutcomes() { return there }
    guard tiling.count > 0 else { return targets.map { ResultPart(target: $0, dtype: $0.known.dtype ?? inputs.sources[0].dtype, given: []) } }
    // The first block says what the function returns; where it fails, the next one, until that makes no sense.
    var report = Report(stage: "blockwise \(options.name)", total: tiling.count)
    for index in 0..<min(tiling.count, Int64(context.stopsAtFirstFailure ? 1 : BlockRun.hopeless)) {
      let block = try tiling.block(index)
      for attempt in 1...(1 + max(0, options.retries)) {
        do { return try outcomes(of: block, context) } catch {
          if error is Cancelled || context.cancellation.isCancelled { throw error }
          guard attempt == 1 + max(0, options.retries) || isLasting(error) else { continue }
          report.failed.append(BlockFailure(block: block, tries: attempt, cause: error))
          break
        }
      }
    }
    throw BlockwiseError.blocksFailed(placed(report, inputs.grid, VoxelCoordinate(repeating: 0, count: tiling.rank)), path: nil)
  }

  /// Those of outputs that an earlier run has begun, all of them.
  private func earlierOutcomes() throws -> [ResultPart]? {
    var parts: [ResultPart] = []
    for target in targets {
      guard let path = target.spec.path, !target.spec.replace, case .plan = try JournalFolder.look(at: try Location(path).description),
        let array = try? StoredArray.open(path), array.shape.count >= tiling.rank + target.ids.leading.count
      else { return nil }
      parts.append(ResultPart(target: target, dtype: target.known.dtype ?? array.dtype, given: Array(array.shape.dropLast(tiling.rank).dropFirst(target.ids.leading.count))))
    }
    return parts
  }

  private func outcomes(of block: Block, _ context: ExecutionContext) throws -> [ResultPart] {
    let results = try kernel(try inputs.read(block, pad: options.pad, context.reading), block, context), whole = try inputs.whole(block)
    let isOpen = targets.count == 1 && targets[0].spec.path == nil
    guard results.count == targets.count || (isOpen && !results.isEmpty) else { throw BlockwiseError.resultCount(expected: targets.count, found: results.count) }
    return try results.enumerated().map { number, values in
      let target = target(number), given = target.ids == .wide ? [] : Array(values.shape.dropLast(tiling.rank))
      _ = try cropped(values, to: block, whole: whole, leading: given)
      return ResultPart(target: target, dtype: target.known.dtype ?? values.dtype, given: given)
    }
  }
}
