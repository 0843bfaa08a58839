import Arrays
import Geometry
import Synchronization

/// An array that pretends to be stored in chunks and counts how often each is read.
package final class ChunkedSource: ArraySource {
  package let array: NDArray
  package let grid: Grid
  package let chunks: [Int]
  private let log = Mutex<[[Int]: Int]>([:])

  package init(_ array: NDArray, chunks: [Int], grid: Grid? = nil) {
    (self.array, self.chunks, self.grid) = (array, chunks, grid ?? Grid(unknownOfRank: array.rank))
  }

  package var dtype: DType { array.dtype }
  package var shape: [Int] { array.shape }
  package var chunking: Chunking? { Chunking(shape: chunks) }

  /// Reads of each chunk so far, by chunk index.
  package var reads: [[Int]: Int] { log.withLock { $0 } }
  package var chunkCount: Int { zip(shape, chunks).reduce(1) { $0 * (($1.0 + $1.1 - 1) / $1.1) } }
  package func forget() { log.withLock { $0 = [:] } }

  package func read(_ roi: VoxelRoi, _ context: borrowing ReadContext) throws -> NDArray {
    if !roi.isEmpty {
      var touched: [[Int]] = [[]]
      for axis in shape.indices {
        let range = roi.offset[axis] / chunks[axis]...(roi.end[axis] - 1) / chunks[axis]
        touched = touched.flatMap { head in range.map { head + [$0] } }
      }
      log.withLock { for chunk in touched { $0[chunk, default: 0] += 1 } }
    }
    return try array.slice(offset: roi.offset.values, shape: roi.shape.values).contiguous()
  }
}
