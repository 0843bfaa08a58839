// How often each segment meets each true object: what every score between two segmentations is made of. Sparse, and counts of blocks add.
//
// segmentation, truth  [z, y, x], bool or integer, nothing negative       mask  voxels to count

import Arrays
import Execution

package struct Contingency: Equatable, Sendable {
  package struct Cell: Equatable, Sendable {
    package var segmentation, truth: UInt64
    package var count: Int

    package init(segmentation: UInt64, truth: UInt64, count: Int) { (self.segmentation, self.truth, self.count) = (segmentation, truth, count) }
  }
  /// Ascending by segmentation, then truth; counts above 0.
  package private(set) var cells: [Cell] = []

  package init() {}
  init(sorted cells: [Cell]) { self.cells = cells }

  /// Any order; equal pairs are added.
  package init(_ cells: [Cell]) {
    for cell in cells.sorted(by: { ($0.segmentation, $0.truth) < ($1.segmentation, $1.truth) }) where cell.count > 0 {
      if let last = self.cells.last, last.segmentation == cell.segmentation, last.truth == cell.truth { self.cells[self.cells.count - 1].count += cell.count }
      else { self.cells.append(cell) }
    }
  }

  package var total: Int { cells.reduce(0) { $0 + $1.count } }

  package static func += (a: inout Contingency, b: Contingency) {
    if a.cells.isEmpty { a = b; return }
    var merged: [Cell] = []
    merged.reserveCapacity(a.cells.count + b.cells.count)
    var i = 0
    for cell in b.cells {
      let place = (cell.segmentation, cell.truth)
      while i < a.cells.count, (a.cells[i].segmentation, a.cells[i].truth) < place { merged.append(a.cells[i]); i += 1 }
      if i < a.cells.count, (a.cells[i].segmentation, a.cells[i].truth) == place {
        merged.append(Cell(segmentation: cell.segmentation, truth: cell.truth, count: a.cells[i].count + cell.count))
        i += 1
      } else { merged.append(cell) }
    }
    merged += a.cells[i...]
    a.cells = merged
  }
}

/// Counts one block, or a whole volume.
///
/// - Parameter function: that the user called.
/// - Throws: `SegmentationError.shapes`, `.dtype`; `ArrayError.noMemory`; `Cancelled`.
/// - Complexity: O(voxels), one look-up a run of equal pairs; memory per pair that occurs.
package func contingency(_ segmentation: NDArray, _ truth: NDArray, mask: NDArray? = nil, for function: String = "contingency", _ context: ExecutionContext) throws -> Contingency {
  try checkSameShape(function, segmentation, truth)
  for array in [segmentation, truth] { try checkIds(function, array, context) }
  if let mask {
    try checkSameShape(function, segmentation, mask)
    try checkDiscrete(function, mask)
  }
  let cells = try countPairs(segmentation.contiguous(), truth.contiguous(), mask: mask.map { try asBytes($0, context) }, context)
  return Contingency(sorted: cells.map { .init(segmentation: $0.a, truth: $0.b, count: Int(clamping: $0.count)) })
}
