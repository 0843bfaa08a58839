/// A half-open box, [offset, offset + shape) on each axis.
package struct Roi<S: Space>: Hashable, Sendable {
  package var offset: Coordinate<S>
  package var shape: Coordinate<S>

  /// - Throws: `GeometryError.ranks`, `.negativeShape`, and `.overflow` if the end cannot be represented.
  @_specialize(where S == Voxel)
  package init(offset: Coordinate<S>, shape: Coordinate<S>) throws(GeometryError) {
    guard offset.rank == shape.rank else { throw .ranks(offset.rank, shape.rank) }
    for axis in shape.values.indices {
      if shape.values[axis] < S.zero { throw .negativeShape }
      _ = try S.add(offset.values[axis], shape.values[axis])
    }
    (self.offset, self.shape) = (offset, shape)
  }

  /// Without looking: for whoever knows that ranks agree, that no length is negative and that the end exists.
  package init(unchecked offset: Coordinate<S>, _ shape: Coordinate<S>) { (self.offset, self.shape) = (offset, shape) }

  /// From `begin` to `end`; an axis where `end` is before `begin` is empty.
  @_specialize(where S == Voxel)
  package init(from begin: Coordinate<S>, to end: Coordinate<S>) throws(GeometryError) {
    let shape = try end - begin
    try self.init(offset: begin, shape: Coordinate(shape.values.map { max(S.zero, $0) }))
  }

  package var rank: Int { offset.rank }
  package var isEmpty: Bool { shape.values.contains(S.zero) }

  /// The corner after the last one.
  package var end: Coordinate<S> {
    @_specialize(where S == Voxel)
    get { (try? offset + shape) ?? offset }   // the initialiser has proved that the sum exists
  }

  @_specialize(where S == Voxel)
  package func intersection(_ other: Roi) throws(GeometryError) -> Roi {
    let begin = try offset.zip(other.offset) { (a, b) throws(GeometryError) in max(a, b) }
    let end = try self.end.zip(other.end) { (a, b) throws(GeometryError) in min(a, b) }
    return try Roi(from: begin, to: end)
  }

  /// The smallest box around both.
  package func union(_ other: Roi) throws(GeometryError) -> Roi {
    let begin = try offset.zip(other.offset) { (a, b) throws(GeometryError) in min(a, b) }
    let end = try self.end.zip(other.end) { (a, b) throws(GeometryError) in max(a, b) }
    return try Roi(from: begin, to: end)
  }

  @_specialize(where S == Voxel)
  package func contains(_ other: Roi) -> Bool {
    guard rank == other.rank else { return false }
    for axis in 0..<rank {
      guard offset.values[axis] <= other.offset.values[axis], let end = try? S.add(offset.values[axis], shape.values[axis]),
        let theirs = try? S.add(other.offset.values[axis], other.shape.values[axis]), theirs <= end
      else { return false }
    }
    return true
  }

  package func contains(_ point: Coordinate<S>) -> Bool {
    rank == point.rank && (0..<rank).allSatisfy { offset[$0] <= point[$0] && point[$0] < end[$0] }
  }

  @_specialize(where S == Voxel)
  package func shifted(by delta: Coordinate<S>) throws(GeometryError) -> Roi { try Roi(offset: try offset + delta, shape: shape) }

  /// Larger by `before` at its begin and `after` at its end; negative amounts shrink.
  @_specialize(where S == Voxel)
  package func grown(before: Coordinate<S>, after: Coordinate<S>) throws(GeometryError) -> Roi {
    try Roi(from: try offset - before, to: try end + after)
  }
}

extension Roi where S == Voxel {
  package init(shape: [Int]) throws(GeometryError) {
    try self.init(offset: Coordinate(repeating: 0, count: shape.count), shape: Coordinate(shape))
  }

  /// How many voxels lie inside.
  package func count() throws(GeometryError) -> Int {
    var product = 1
    for extent in shape.values {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { throw .overflow }
      product = value
    }
    return product
  }
}

extension Roi: CustomStringConvertible {
  package var description: String {
    "[" + (0..<rank).map { "\(offset[$0]):\(end[$0])" }.joined(separator: ", ") + "]"
  }
}

package typealias VoxelRoi = Roi<Voxel>
package typealias WorldRoi = Roi<World>
