// What a blockwise statement is asked for, and what it gives.

import Arrays
import Execution
import Geometry
import Segmentation

/// Given the inputs at the block's `readRoi`, the block, and what it may use.
package typealias BlockKernel = @Sendable ([Volume], Block, ExecutionContext) throws -> NDArray

/// The same for several outputs: an array each, in their order.
package typealias BlockKernels = @Sendable ([Volume], Block, ExecutionContext) throws -> [NDArray]

package struct BlockwiseOptions: Sendable {
  /// For people: the function's name.
  package var name: String
  /// For the plan: everything that decides what the function computes (its source text, captured values, seed, version, kernel level).
  package var parameters: [(key: String, value: String)]
  /// Voxels along each spatial axis; nil: the chunks of an output that exists, else 64.
  package var block: [Int]?
  /// Voxels along each spatial axis, both sides; nil is none.
  package var context: [Int]?
  /// nil: all, if all inputs cover the same.
  package var roi: WorldRoi?
  /// Of what the function returns, and what blocks and context are counted in; nil: that of the first input.
  package var voxel: WorldCoordinate?
  package var pad: Pad = .reflect
  /// nil: what the function returns for the first block.
  package var dtype: DType?
  package var ids = Ids.given
  /// nil: as many as the pool has threads.
  package var workers: Int?
  /// Further tries of a block that failed.
  package var retries = 2

  package init(name: String, parameters: [(key: String, value: String)] = [], block: [Int]? = nil, context: [Int]? = nil) {
    (self.name, self.parameters, self.block, self.context) = (name, parameters, block, context)
  }
}

/// What becomes of the ids that a function gives; 0 stays 0 always.
package enum Ids: String, Sendable {
  case given = "as given"
  /// Each block's are its own: block number in the high bits, the function's id in the low ones. uint64.
  case unique
  /// The same in two words, (2, space…) uint64: no id is too large beside any number of blocks.
  case wide

  /// Channels that are put before a block.
  package var leading: [Int] { self == .wide ? [2] : [] }

  /// What a block's values become.
  func apply(to values: NDArray, of block: Block, among count: Int64) throws -> NDArray {
    switch self {
    case .given: values
    case .unique: try madeUnique(values, block: block.index, of: count)
    case .wide: try widened(values, high: UInt64(bitPattern: block.index))
    }
  }
}

/// One of the arrays that a statement makes.
package struct BlockTarget: Sendable {
  package var spec: OutputSpec
  /// nil: what the function returns for the first block.
  package var dtype: DType?
  package var ids: Ids

  package init(_ spec: OutputSpec, dtype: DType? = nil, ids: Ids = .given) { (self.spec, self.dtype, self.ids) = (spec, dtype, ids) }

  /// What is known of it before the function has run.
  package var known: BlockOutcome { BlockOutcome(dtype: ids == .given ? dtype : .uint64, leading: nil) }
}

/// What a function's results are: element type, and lengths of the axes before the spatial ones; nil where only the function can tell.
package struct BlockOutcome: Sendable {
  package var dtype: DType?
  package var leading: [Int]?
  package init(dtype: DType?, leading: [Int]?) { (self.dtype, self.leading) = (dtype, leading) }
}

package struct BlockwiseResult: Sendable {
  /// One for each output.
  package let outputs: [any ArraySource]
  package let report: Report

  /// The only one.
  package var output: any ArraySource { outputs[0] }

  init(output: any ArraySource, report: Report) { self.init(outputs: [output], report: report) }
  init(outputs: [any ArraySource], report: Report) { (self.outputs, self.report) = (outputs, report) }
}
