// Turns patches by any angle around their centre. Axes of equal voxel size turn into each other, and no others: sections of anisotropic data stay
// sections. With isotropic voxels all orientations in space are equally likely (Shoemake 1992: a uniform unit quaternion).

import Execution

#if canImport(Glibc)
import Glibc
#endif

extension Augmentation {
  /// - Parameter angle: degrees; 180 is any orientation, less turns by at most so much around a random axis.
  /// - Parameter plane: turns in the plane of the last two axes only.
  package static func rotate(angle: Double = 180, plane: Bool = false, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard angle > 0, angle <= 180 else { throw .settings(name: "angle", expected: "above 0 and at most 180 degrees", found: "\(angle)") }
    return Augmentation("rotate", settings: [("angle", angle), ("plane", plane ? 1 : 0)], probability: probability, warp: { warp, frame, random in
      warp.turn(by: turn(angle: angle, plane: plane, frame, &random))
    })
  }

  /// A random rotation matrix, rows z, y, x.
  static func turn(angle: Double, plane: Bool, _ frame: Warp.Frame, _ random: inout KeyedGenerator) -> [Double] {
    let axes = Array((3 - frame.rank)..<3)
    if axes.count < 2 { return Warp().matrix }
    let groups = axes.map { axis in axes.filter { frame.voxelSize[$0] == frame.voxelSize[axis] } }
    var turning = groups.max { $0.count < $1.count } ?? axes
    if plane || turning.count < 2 { turning = Array(axes.suffix(2)) }
    if turning.count == 2 {
      let phi = random.uniform(-angle, angle) * .pi / 180
      var matrix = Warp().matrix
      matrix[turning[0] * 3 + turning[0]] = cos(phi)
      matrix[turning[1] * 3 + turning[1]] = cos(phi)
      matrix[turning[0] * 3 + turning[1]] = -sin(phi)
      matrix[turning[1] * 3 + turning[0]] = sin(phi)
      return matrix
    }
    var (w, a, b, c) = (random.normal(), random.normal(), random.normal(), random.normal())
    if angle < 180 {
      let length = (a * a + b * b + c * c).squareRoot(), half = random.uniform(-angle, angle) * .pi / 360
      if length > 1e-9 { (w, a, b, c) = (cos(half), a / length * sin(half), b / length * sin(half), c / length * sin(half)) } else { (w, a, b, c) = (1, 0, 0, 0) }
    }
    let norm = (w * w + a * a + b * b + c * c).squareRoot()
    guard norm > 1e-9 else { return Warp().matrix }
    (w, a, b, c) = (w / norm, a / norm, b / norm, c / norm)
    return [
      1 - 2 * (b * b + c * c), 2 * (a * b - c * w), 2 * (a * c + b * w),
      2 * (a * b + c * w), 1 - 2 * (a * a + c * c), 2 * (b * c - a * w),
      2 * (a * c - b * w), 2 * (b * c + a * w), 1 - 2 * (a * a + b * b),
    ]
  }
}

extension Augmentation.Kind {
  package static let rotate = Augmentation.Kind(
    name: "rotate", doc: "Turns patches by any angle, among axes of equal voxel size.", defaults: [("angle", 180), ("plane", 0)]
  ) { v, probability throws(TrainingError) in try .rotate(angle: v[0], plane: v[1] != 0, probability: probability) }
}
