// Segmentation makes and judges label volumes: components, distances, filters, targets, metrics.
//
// Every function takes and gives packed arrays [y, x] or [z, y, x] (2D runs as one plane), works on one block in memory, and gives the
// same bytes for any number of threads. Each fast algorithm has a plain twin (`plain…`), its oracle in the tests.

import Arrays
import Execution

/// Why a function of this module refused its input. `function` is the name that the user called.
package enum SegmentationError: Error, Equatable, Sendable, CustomStringConvertible {
  case rank(function: String, expected: String, found: [Int])
  case dtype(function: String, expected: String, found: DType, hint: String? = nil)
  case shapes(function: String, [Int], [Int])
  case connectivity(Int, rank: Int)
  /// A parameter outside its range, or a list of the wrong length.
  case parameter(function: String, name: String, expected: String, found: String)
  case tooManyObjects(found: Int, limit: Int, dtype: DType)
  case extent(function: String, shape: [Int], limit: Int)
  case unmapped(id: UInt64, index: [Int])

  package var description: String {
    switch self {
    case .rank(let function, let expected, let found): "\(function) needs an array with \(expected), found \(found.count): \(shapeText(found))"
    case .dtype(let function, let expected, let found, _): "\(function) needs \(expected), found \(found)"
    case .shapes(let function, let a, let b): "shapes do not match in \(function): \(shapeText(a)) and \(shapeText(b))"
    case .connectivity(let value, let rank):
      rank == 3 ? "connectivity must be 1 (faces), 2 (edges) or 3 (corners), found \(value)" : "connectivity of \(rank) axes must be 1\(rank == 2 ? " or 2" : ""), found \(value)"
    case .parameter(let function, let name, let expected, let found): "\(name) of \(function) must be \(expected), found \(found)"
    case .tooManyObjects(let found, let limit, let dtype): "\(found) objects do not fit \(dtype) (at most \(limit))"
    case .extent(let function, let shape, let limit): "\(function) takes at most \(limit) voxels along an axis, found \(shapeText(shape))"
    case .unmapped(let id, let index): "no new label is given for \(id), first met at voxel \(shapeText(index))"
    }
  }

  package var hint: String? {
    switch self {
    case .dtype(_, _, _, let hint): hint
    case .tooManyObjects: "ask for uint64"
    default: nil
    }
  }
}

/// All of them say what is wrong with what was given, which another try will not change.
extension SegmentationError: LastingError {
  package var isLasting: Bool { true }
}
