import Geometry

package enum ArrayError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(shape: [Int])
  case overBudget(bytes: Int, budget: Int)
  case noMemory(bytes: Int)
  case shapes([Int], [Int])
  case rank(expected: Int, found: [Int])
  case outside(axis: Int, begin: Int, end: Int, length: Int)
  case dtypes(DType, DType)
  case dtype(expected: String, found: DType)
  /// `count` of `total` values do not fit, the first of them at `index`.
  case doesNotFit(DType, count: Int, total: Int, first: String, index: [Int])
  case overflow(operation: String, index: [Int])
  case divisionByZero(index: [Int])
  /// An operation that needs at least one value got none.
  case empty(String)
  /// A setting outside what has a meaning.
  case parameter(String, expected: String, found: String)
  /// A negative power of an integer.
  case negativePower(index: [Int])
  /// An axis that both operands have, with different lengths; where both lie along it, if both grids are known.
  case lengths(axis: String, NamedShape, NamedShape, AxisExtents? = nil)
  /// An axis that both operands have, at different places.
  case grids(axis: String, AxisPlace, AxisPlace)
  /// A name that two axes of one operand share, so that nothing can be matched by it.
  case axisTwice(String)

  package var description: String {
    switch self {
    case .tooLarge(let shape): "an array of shape \(shape) is too large to count its bytes"
    case .overBudget(let bytes, let budget): "this would hold \(byteText(bytes)) in memory (budget \(byteText(budget)))"
    case .noMemory(let bytes): "the system gave no memory for \(byteText(bytes))"
    case .shapes(let a, let b): "shapes do not match: \(shapeText(a)) and \(shapeText(b))"
    case .rank(let expected, let found): "expected \(expected) axes, found \(found.count): \(shapeText(found))"
    case .outside(let axis, let begin, let end, let length): "[\(begin):\(end)] lies outside axis \(axis) of length \(length)"
    case .dtypes(let a, let b): "element types do not match: \(a) and \(b)"
    case .dtype(let expected, let found): "expected \(expected), found \(found)"
    case .doesNotFit(let dtype, let count, let total, let first, let index): "\(count) of \(total) values do not fit \(dtype), first \(first) at voxel \(shapeText(index))"
    case .overflow(let operation, let index): "\(operation) overflows at voxel \(shapeText(index))"
    case .divisionByZero(let index): "division by zero at voxel \(shapeText(index))"
    case .empty(let operation): "\(operation) of no values"
    case .parameter(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
    case .negativePower(let index): "an integer has no negative power, at voxel \(shapeText(index))"
    case .lengths(_, let a, let b, _): "shapes do not match: \(a) and \(b)"
    case .grids(let axis, let a, let b): "grids do not match along \(axis): \(a) and \(b)"
    case .axisTwice(let name): "two axes are called \(name), so they cannot be matched by name"
    }
  }
}

/// Voxel size and corner along one axis, in nm.
package struct AxisPlace: Equatable, Sendable, CustomStringConvertible {
  package let size: Rational, corner: Rational
  package init(size: Rational, corner: Rational) { (self.size, self.corner) = (size, corner) }
  package var description: String { "voxel \(size) nm from \(corner) nm" }
}

package func shapeText(_ shape: [Int]) -> String { "(" + shape.map(String.init).joined(separator: ", ") + ")" }

/// "113.9 GiB", "512 B".
package func byteText(_ bytes: Int) -> String {
  var value = Double(bytes), unit = 0
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  while value >= 1024 && unit < units.count - 1 { value /= 1024; unit += 1 }
  let tenths = Int((value * 10).rounded())
  return unit == 0 || tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
