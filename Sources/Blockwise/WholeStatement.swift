// Results that depend on everything at once, such as a flooding: made in memory, then written block by block.
//
// Nothing is read where the output is finished already, and a kill while writing costs only the making. What would not fit is refused before any work, by whoever knows the words.

import Arrays
import Execution
import Geometry
import Storage

package struct WholeStatement: Sendable {
  package let sources: [any ArraySource]
  private let grid: Grid
  private let dtype: DType
  private let bytes: Int
  private let options: BlockwiseOptions
  private let spec: OutputSpec
  private let tiling: Tiling
  private let names: [Identity]

  /// - Parameter grid: of the result, axes of space. - Parameter bytes: held at once.
  /// - Throws: `BlockwiseError`.
  package init(_ sources: [any ArraySource], shape: [Int], grid: Grid, dtype: DType, bytes: Int, options: BlockwiseOptions, to spec: OutputSpec) throws {
    tiling = try Tiling(total: try VoxelRoi(shape: shape), block: options.block ?? spec.usualBlock(over: shape), context: shape.map { _ in 0 })
    names = try sources.map { try Identity(of: $0, content: spec.path != nil) }
    (self.sources, self.grid, self.dtype, self.bytes, self.options, self.spec) = (sources, grid, dtype, bytes, options, spec)
  }

  package func plan() throws -> BlockwisePlan {
    let output = try plannedOutput(spec, grid: grid, dtype: dtype, leading: [], tiling)
    let read = try sources.reduce(0) { saturatedSum($0, try NDArray.byteCount($1.dtype, $1.shape)) }
    let stage = BlockwisePlan.StagePlan(name: "whole", tiling: tiling, bytesRead: read, bytesWritten: try NDArray.byteCount(dtype, output.shape), bytesPerWorker: bytes)
    return BlockwisePlan(title: options.name, inputs: zip(sources, names).map { BlockwisePlan.Input($0, $1) }, output: output, stages: [stage], parameters: options.parameters)
  }

  /// - Parameter make: all of the result, and what it adds to the attributes; called once, if anything is missing.
  /// - Throws: `BlockwiseError`, what `make` throws.
  package func execute(_ context: ExecutionContext, make: (ExecutionContext) throws -> (NDArray, JSON)) throws -> BlockwiseResult {
    let plan = try plan(), place = try spec.path.map { try Location($0).description }
    let isNew = try place.map { try spec.replace || JournalFolder.look(at: $0) == .nothing } ?? false
    let output = try BlockOutput(plan, spec, leading: [], total: tiling.total, dtype: dtype, inputs: sources, context)
    if let finished = try output.finished(plan) { return finished }
    let values: NDArray, attributes: JSON
    do { (values, attributes) = try make(context) } catch {
      // an output that holds nothing would only be in the way of the corrected call
      if isNew, let place, let made = try? Location(place) { try? made.store.removeTree(made.key) }
      throw error
    }
    let whole = try values.cast(to: dtype)
    if case .stored(let array, _) = output.place { try array.setAttributes(attributes) }
    return try finishBlocks(of: plan, tiling, into: output, workers: options.workers, retries: options.retries, context) { _, _ in
      { block, _ in try whole.slice(offset: block.writeRoi.offset.values, shape: block.writeRoi.shape.values) }
    }
  }
}
