// How the voxels of a patch map to the source: a linear map around the patch's centre and displacements of control points, both in nm, so
// that they mean the same whatever the voxel size. All geometric augmentations of a patch add to one warp, and it is resampled once.
//
// source position = centre + matrix · (position − centre) + Σ fields(position − centre)
// Axes are z, y, x; missing ones have one voxel of 1 nm. Raw is interpolated linearly, labels and mask take the nearest voxel.
// Checked against scipy.ndimage.map_coordinates and gunpowder's ElasticAugment (Tests/Fixtures/training).

#if canImport(Glibc)
import Glibc
#endif

package struct Warp: Sendable {
  /// Rows z, y, x.
  package var matrix: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
  package var fields: [Field] = []

  /// Displacements at the points of a lattice around the centre, joined by the cubic spline through them, mirrored at the outer points: what
  /// `scipy.ndimage.zoom(order=3)` makes of them, and so gunpowder. Beyond the outer points their values hold.
  package struct Field: Sendable {
    /// Coefficients of B-splines, one more than there are control points on each side; at least 4 an axis.
    let points: [Int]
    /// nm
    let spacing: [Double]
    let coefficients: [Float]

    /// - Parameter points: control points an axis (z, y, x), at least 1.
    /// - Parameter shifts: (3, z, y, x), nm
    package init(points: [Int], spacing: [Double], shifts: [Float]) {
      var shape = points, values = shifts
      for axis in 0..<3 {
        let inner = shape[(axis + 1)...].reduce(1, *), outer = 3 * shape[..<axis].reduce(1, *), old = shape[axis], new = max(4, old + 2)
        var wider = [Float](repeating: 0, count: outer * new * inner)
        for o in 0..<outer {
          for i in 0..<inner {
            let line = Self.coefficients((0..<old).map { Double(values[(o * old + $0) * inner + i]) })
            for k in 0..<new {   // …2 1 | 0 1 2 … n−1 | n−2…
              let place = old == 1 ? 0 : k == 0 ? 1 : k == old + 1 ? old - 2 : min(k - 1, old - 1)
              wider[(o * new + k) * inner + i] = Float(line[place])
            }
          }
        }
        (shape[axis], values) = (new, wider)
      }
      (self.points, self.spacing, coefficients) = (shape, spacing, values)
    }

    /// Of the cubic B-splines whose sum goes through `values`, mirrored at both ends (Unser 1999: one pole, there and back).
    private static func coefficients(_ values: [Double]) -> [Double] {
      let count = values.count, pole = 3.0.squareRoot() - 2
      if count < 2 { return values }
      var line = values.map { 6 * $0 }, first = line[0] + pow(pole, Double(count - 1)) * line[count - 1]
      for i in 1..<max(1, count - 1) { first += (pow(pole, Double(i)) + pow(pole, Double(2 * count - 2 - i))) * line[i] }
      line[0] = first / (1 - pow(pole, Double(2 * count - 2)))
      for i in 1..<count { line[i] += pole * line[i - 1] }
      line[count - 1] = (pole * line[count - 2] + line[count - 1]) * pole / (pole * pole - 1)
      for i in stride(from: count - 2, through: 0, by: -1) { line[i] = pole * (line[i + 1] - line[i]) }
      return line
    }
  }

  /// What an augmentation may know before it draws.
  package struct Frame: Sendable {
    /// nm (or voxels), z, y, x.
    package let voxelSize: [Double]
    /// Of the larger of raw and labels, nm.
    package let extent: [Double]
    /// 1 to 3, the last ones.
    package let rank: Int

    package init(voxelSize: [Double], shape: PatchShape) {
      rank = voxelSize.count
      let missing = [Double](repeating: 1, count: 3 - rank)
      self.voxelSize = missing + voxelSize
      extent = missing + (0..<rank).map { voxelSize[$0] * Double(max(shape.input[$0] * shape.rate[$0], shape.labels[$0])) }
    }
  }

  package init() {}
  package var isIdentity: Bool { fields.isEmpty && matrix == Warp().matrix }

  /// Applies `other` to positions first.
  package mutating func turn(by other: [Double]) {
    let mine = matrix
    for row in 0..<3 {
      for column in 0..<3 {
        var sum = 0.0
        for k in 0..<3 { sum += mine[3 * row + k] * other[3 * k + column] }
        matrix[3 * row + column] = sum
      }
    }
  }
}
