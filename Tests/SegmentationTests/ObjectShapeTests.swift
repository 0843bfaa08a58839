import Arrays
import Execution
import Testing
import Segmentation

/// Surfaces, Euler numbers and axes of objects.
@Suite struct ObjectShapeTests {
  @Test(arguments: discreteTypes) func cornersAreTheirDefinition(_ dtype: DType) throws {
    for shape in shapes([1, 2, 5], ranks: 1...3) {
      let labels = try randomLabels(dtype, shape, values: 4, density: 0.7, seed: 21), expected = try plainObjectCorners(labels)
      for context in [alone, crowd] {
        let found = try objectCorners(labels, context)
        #expect(found.mapValues(\.faces) == expected.mapValues(\.faces) && found.mapValues(\.eulerNumber) == expected.mapValues(\.euler), "\(shape)")
      }
    }
  }

  @Test func ballRingAndShell() throws {
    func euler(_ kept: (Int, Int, Int) -> Bool) throws -> Int? {
      let voxels = (0..<125).map { UInt8(kept($0 / 25 - 2, $0 / 5 % 5 - 2, $0 % 5 - 2) ? 1 : 0) }
      return try objectCorners(NDArray(voxels, [5, 5, 5]), alone)[1]?.eulerNumber
    }
    #expect(try euler { $0 * $0 + $1 * $1 + $2 * $2 <= 4 } == 1)
    #expect(try euler { z, y, x in z == 0 && max(abs(y), abs(x)) == 1 } == 0)
    #expect(try euler { max(abs($0), abs($1), abs($2)) == 1 } == 2)
    #expect(try euler { abs($0) == 2 && abs($1) == 2 && abs($2) == 2 } == 8)
  }

  /// Blocks own their lower corners; the last ones own the upper ends too.
  @Test func cornersOfBlocksAddUp() throws {
    let shape = [5, 6, 7], labels = try randomLabels(.uint16, shape, values: 4, density: 0.8, seed: 22), whole = try objectCorners(labels, alone)
    var padded = try NDArray(.uint16, shape.map { $0 + 2 })
    try padded.assign(labels, at: [1, 1, 1])
    for block in [[2, 3, 4], [1, 1, 1], [5, 2, 7]] {
      var sum: [UInt64: ObjectCorners] = [:]
      for z in stride(from: 0, to: shape[0], by: block[0]) { for y in stride(from: 0, to: shape[1], by: block[1]) { for x in stride(from: 0, to: shape[2], by: block[2]) {
        let begin = [z, y, x], extent = zip(zip(begin, block), shape).map { min($0.1, $1 - $0.0) }
        let own = begin.indices.map { 1..<1 + extent[$0] + (begin[$0] + extent[$0] == shape[$0] ? 1 : 0) }
        for (id, part) in try objectCorners(padded.slice(offset: begin, shape: extent.map { $0 + 2 }), own: own, crowd) where sum[id]?.add(part) == nil { sum[id] = part }
      } } }
      #expect(sum == whole)
    }
  }

  @Test func axesOfARod() throws {
    let direction = [0.6, 0, 0.8]
    let axes = principalAxes(covariance: direction.map { a in direction.map { a * $0 * 45 } })
    #expect(zip(axes.lengths, [30, 0, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(zip(axes.directions[0], direction).allSatisfy { abs($0 - $1) < 1e-12 })
    let far = try ObjectTable(rank: 2, moments: true)
    try far.add(objects(NDArray([UInt8](repeating: 1, count: 9), [1, 9]), alone), offset: [1 << 40, 1 << 40], alone)
    #expect(abs(far[0].covariance[1][1] - 60.0 / 9) < 1e-12 && far[0].covariance[0] == [0, 0])
  }

  /// In any number of dimensions, of any matrix, vectors are orthonormal and give back the matrix.
  @Test func axesOfRandomCovariances() throws {
    var random = KeyedGenerator(seed: 23, purpose: "covariance")
    for round in 0..<200 {
      let rank = 1 + round % 3, points = (0..<4).map { _ in (0..<rank).map { _ in Double(random.index(below: 7)) - 3 } }
      let matrix = (0..<rank).map { i in (0..<rank).map { j in points.reduce(0) { $0 + $1[i] * $1[j] } } }, axes = principalAxes(covariance: matrix)
      for i in 0..<rank { for j in 0..<rank {
        let dot = zip(axes.directions[i], axes.directions[j]).reduce(0) { $0 + $1.0 * $1.1 }
        let again = (0..<rank).reduce(0) { $0 + axes.lengths[$1] * axes.lengths[$1] / Double(4 * (rank + 2)) * axes.directions[$1][i] * axes.directions[$1][j] }
        #expect(abs(dot - (i == j ? 1 : 0)) < 1e-12 && abs(again - matrix[i][j]) < 1e-10)
      } }
      #expect(axes.lengths == axes.lengths.sorted(by: >))
    }
  }
}
