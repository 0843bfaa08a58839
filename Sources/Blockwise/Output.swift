// Where blocks write: an array in memory, or one on disk with its journal.

import Arrays
import Execution
import Geometry
import Storage
import Synchronization

/// What is asked of an output.
package struct OutputSpec: Sendable {
  /// Container and key; nil keeps the result in memory.
  package var path: String?
  /// Chunks along the spatial axes; nil for the block size.
  package var chunks: [Int]?
  /// Added to the output's attributes.
  package var attributes: JSON
  /// Continue what an earlier run of the same plan began; false refuses an output that exists.
  package var resume: Bool
  /// Start anew, whatever is there. Never an input.
  package var replace: Bool

  package init(path: String? = nil, chunks: [Int]? = nil, attributes: JSON = .emptyObject, resume: Bool = true, replace: Bool = false) {
    (self.path, self.chunks, self.attributes, self.resume, self.replace) = (path, chunks, attributes, resume, replace)
  }

  package static let memory = OutputSpec()
}

/// An array in memory that several workers fill.
final class MemoryOutput: Sendable {
  private let array: Mutex<NDArray>

  /// - Throws: `BlockwiseError.budget`, `ArrayError`.
  init(_ dtype: DType, _ shape: [Int], budget: Int) throws {
    let bytes = try NDArray.byteCount(dtype, shape)
    if bytes > budget { throw BlockwiseError.budget(what: "the result", bytes: bytes, budget: budget) }
    array = Mutex(try NDArray(dtype, shape))
  }

  func write(_ block: NDArray, at offset: [Int]) throws { try array.withLock { try $0.assign(block, at: offset) } }

  var value: NDArray { array.withLock { $0 } }
}
