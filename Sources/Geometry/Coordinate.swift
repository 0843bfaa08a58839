/// Where a number counts: voxels of some array, or nanometres of the world. The two never mix.
package protocol Space: Sendable {
  associatedtype Scalar: Hashable & Comparable & Sendable & CustomStringConvertible
  static var zero: Scalar { get }
  static func add(_ a: Scalar, _ b: Scalar) throws(GeometryError) -> Scalar
  static func subtract(_ a: Scalar, _ b: Scalar) throws(GeometryError) -> Scalar
}

package enum Voxel: Space {
  package static var zero: Int { 0 }
  package static func add(_ a: Int, _ b: Int) throws(GeometryError) -> Int {
    let (value, overflow) = a.addingReportingOverflow(b)
    if overflow { throw .overflow }
    return value
  }
  package static func subtract(_ a: Int, _ b: Int) throws(GeometryError) -> Int {
    let (value, overflow) = a.subtractingReportingOverflow(b)
    if overflow { throw .overflow }
    return value
  }
}

/// Nanometres, exact.
package enum World: Space {
  package static var zero: Rational { .zero }
  package static func add(_ a: Rational, _ b: Rational) throws(GeometryError) -> Rational { try a + b }
  package static func subtract(_ a: Rational, _ b: Rational) throws(GeometryError) -> Rational { try a - b }
}

/// One number an axis, slowest axis first (z, y, x).
package struct Coordinate<S: Space>: Hashable, Sendable {
  package var values: [S.Scalar]

  package init(_ values: [S.Scalar]) { self.values = values }
  package init(repeating value: S.Scalar, count: Int) { values = Array(repeating: value, count: count) }

  package var rank: Int { values.count }
  package subscript(axis: Int) -> S.Scalar {
    @_specialize(where S == Voxel)
    get { values[axis] }
    @_specialize(where S == Voxel)
    set { values[axis] = newValue }
  }

  // Blocks are counted by the million: without the attribute other modules call these through witnesses.
  @_specialize(where S == Voxel)
  package static func + (a: Coordinate, b: Coordinate) throws(GeometryError) -> Coordinate { try a.zip(b, S.add) }
  @_specialize(where S == Voxel)
  package static func - (a: Coordinate, b: Coordinate) throws(GeometryError) -> Coordinate { try a.zip(b, S.subtract) }

  package func zip(_ other: Coordinate, _ combine: (S.Scalar, S.Scalar) throws(GeometryError) -> S.Scalar) throws(GeometryError) -> Coordinate {
    guard rank == other.rank else { throw .ranks(rank, other.rank) }
    var result = values
    for axis in values.indices { result[axis] = try combine(values[axis], other.values[axis]) }
    return Coordinate(result)
  }
}

extension Coordinate: CustomStringConvertible {
  package var description: String { "(" + values.map(\.description).joined(separator: ", ") + ")" }
}

package typealias VoxelCoordinate = Coordinate<Voxel>
package typealias WorldCoordinate = Coordinate<World>
