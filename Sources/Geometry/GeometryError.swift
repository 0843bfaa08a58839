package enum GeometryError: Error, Equatable, Sendable, CustomStringConvertible {
  case overflow
  case divisionByZero
  case ranks(Int, Int)
  case emptyVoxelSize(axis: String)
  case negativeShape
  case offGrid(axis: String, value: Rational, below: Rational, above: Rational)

  package var description: String {
    switch self {
    case .overflow: "a coordinate is too large for 128-bit arithmetic"
    case .divisionByZero: "division by zero"
    case .ranks(let a, let b): "ranks do not match: \(a) axes and \(b) axes"
    case .emptyVoxelSize(let axis): "the voxel size of axis \(axis) must be above 0"
    case .negativeShape: "a shape cannot be negative"
    case .offGrid(let axis, let value, let below, let above):
      "\(axis) at \(value) nm is not on the voxel grid; nearest \(below) or \(above)"
    }
  }
}
