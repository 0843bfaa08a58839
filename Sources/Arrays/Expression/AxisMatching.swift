import Geometry

/// A shape with the names of its axes: "(z 256, y 256, x 250)".
package struct NamedShape: Sendable, Equatable, CustomStringConvertible {
  package let names: [String]
  package let shape: [Int]
  package init(_ axes: [Axis], _ shape: [Int]) { (names, self.shape) = (axes.map(\.name), shape) }
  package var description: String { "(" + zip(names, shape).map { "\($0) \($1)" }.joined(separator: ", ") + ")" }
}

/// The axes, shape and place of what two operands make together.
///
/// The operand with more axes gives the order; an axis that only the other one has goes before the next one they share, and where none
/// follows, to its place among z, y, x, else last:
///
///     (c, z, y, x) with (z, y, x) → (c, z, y, x)      (c, y, x) with (z, y, x) → (c, z, y, x)      (z, y, x) with (x) → (z, y, x)
///     (z, y) with (x) → (z, y, x)                     (x) with (z) → (z, x)
///
/// - Throws: `ArrayError.axisTwice`, `.lengths`, `.grids`.
func matched(_ a: ArrayExpression, _ b: ArrayExpression) throws(ArrayError) -> (shape: [Int], grid: Grid) {
  if b.shape.isEmpty { return (a.shape, a.grid) }
  if a.shape.isEmpty { return (b.shape, b.grid) }
  for operand in [a, b] {
    let names = operand.grid.axes.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }), a.grid.axes != b.grid.axes { throw .axisTwice(twice) }
  }
  let (lead, other) = a.shape.count >= b.shape.count ? (a, b) : (b, a)
  var axes = lead.grid.axes, shape = lead.shape
  // From the last axis of `other` back: `place` is where the axis after it stands in the result.
  var place: Int?
  for (axis, length) in zip(other.grid.axes, other.shape).reversed() {
    if let shared = axes.firstIndex(where: { $0.name == axis.name }) {
      guard shape[shared] == length else {
        throw .lengths(axis: axis.name, NamedShape(a.grid.axes, a.shape), NamedShape(b.grid.axes, b.shape), AxisExtents(axis.name, a, b))
      }
      place = shared
    } else {
      let at = place ?? usualPlace(of: axis, among: axes)
      axes.insert(axis, at: at)
      shape.insert(length, at: at)
      place = at
    }
  }
  return (shape, try placed(axes, lead.grid, other.grid, isSwapped: a.shape.count < b.shape.count))
}

/// Before the first axis that follows it in z, y, x.
private func usualPlace(of axis: Axis, among axes: [Axis]) -> Int {
  let order = ["z", "y", "x"]
  guard let rank = order.firstIndex(of: axis.name) else { return axes.count }
  return axes.firstIndex { order.firstIndex(of: $0.name).map { $0 > rank } ?? false } ?? axes.count
}

private func placed(_ axes: [Axis], _ lead: Grid, _ other: Grid, isSwapped: Bool) throws(ArrayError) -> Grid {
  let a = places(lead), b = places(other)
  let spatial = axes.filter { $0.kind == .space }
  var sizes: [Rational] = [], corners: [Rational] = []
  for axis in spatial {
    let left = a[axis.name], right = b[axis.name]
    if lead.isKnown, other.isKnown, let left, let right, left != right {
      throw isSwapped ? .grids(axis: axis.name, right, left) : .grids(axis: axis.name, left, right)
    }
    // What nobody measured gives way to what somebody did.
    guard let place = lead.isKnown || !other.isKnown ? left ?? right : right ?? left else { continue }
    sizes.append(place.size)
    corners.append(place.corner)
  }
  do throws(GeometryError) {
    return try Grid(axes: axes, voxelSize: Coordinate(sizes), offset: Coordinate(corners), isKnown: lead.isKnown || other.isKnown)
  } catch { return Grid(unknown: axes) }
}

/// Where two operands lie along an axis that they share, in nanometres.
package struct AxisExtents: Sendable, Equatable {
  package let left: Extent, right: Extent

  package struct Extent: Sendable, Equatable {
    package let begin: Rational, end: Rational, voxel: Rational
  }

  /// nil unless both grids are known along the axis.
  init?(_ axis: String, _ a: ArrayExpression, _ b: ArrayExpression) {
    guard let left = Self.extent(axis, a), let right = Self.extent(axis, b) else { return nil }
    (self.left, self.right) = (left, right)
  }

  private static func extent(_ axis: String, _ operand: ArrayExpression) -> Extent? {
    guard operand.grid.isKnown, let place = places(operand.grid)[axis], let position = operand.grid.axes.firstIndex(where: { $0.name == axis }) else { return nil }
    guard let length = try? place.size * Rational(operand.shape[position]), let end = try? place.corner + length else { return nil }
    return Extent(begin: place.corner, end: end, voxel: place.size)
  }
}

private func places(_ grid: Grid) -> [String: AxisPlace] {
  var result: [String: AxisPlace] = [:]
  for (position, axis) in grid.spatialAxes.enumerated() { result[grid.axes[axis].name] = AxisPlace(size: grid.voxelSize[position], corner: grid.offset[position]) }
  return result
}
