// Bends patches: the points of a lattice are moved by normal displacements, and a smooth field goes through them (gunpowder's ElasticAugment with its
// control points; there cubic splines of scipy, here Catmull–Rom). Spacing and displacement are lengths, so anisotropic data bend as the tissue would.

import Execution

extension Augmentation {
  /// - Parameter spacing: nm between control points; 0: 32 of the smallest voxels.
  /// - Parameter displacement: standard deviation in nm along each axis; 0: an eighth of the spacing.
  /// - Parameter rotation: degrees, as `rotate(angle:)`; 0: none.
  package static func elastic(spacing: Double = 0, displacement: Double = 0, rotation: Double = 0, probability: Double = 1) throws(TrainingError) -> Augmentation {
    guard spacing >= 0, spacing.isFinite else { throw .settings(name: "spacing", expected: "a length above 0", found: "\(spacing) nm") }
    guard displacement >= 0, displacement.isFinite else { throw .settings(name: "displacement", expected: "a length of 0 or more", found: "\(displacement) nm") }
    guard rotation >= 0, rotation <= 180 else { throw .settings(name: "rotation", expected: "from 0 to 180 degrees", found: "\(rotation)") }
    let settings = [("spacing", spacing), ("displacement", displacement), ("rotation", rotation)].map { (key: $0.0, value: $0.1) }
    return Augmentation("elastic", settings: settings, probability: probability, warp: { warp, frame, random in
      let axes = (3 - frame.rank)..<3, finest = axes.map { frame.voxelSize[$0] }.min() ?? 1
      let step = spacing > 0 ? spacing : 32 * finest, deviation = displacement > 0 ? displacement : step / 8
      // one cell more than the patch on either side, so that each place lies between four points
      var points = [4, 4, 4]
      for axis in axes { points[axis] = 4 + Int(min(1e6, (frame.extent[axis] / step).rounded(.up))) }
      let size = points.reduce(1, *)
      guard size <= 1 << 22 else { throw TrainingError.settings(name: "spacing", expected: "at most 4 million control points in a patch", found: "\(size)") }
      var shifts = [Float](repeating: 0, count: 3 * size)
      for axis in axes { for point in 0..<size { shifts[axis * size + point] = Float(deviation * random.normal()) } }
      warp.fields.append(Warp.Field(points: points, spacing: [step, step, step], shifts: shifts))
      if rotation > 0 { warp.turn(by: turn(angle: rotation, plane: false, frame, &random)) }
    })
  }
}

extension Augmentation.Kind {
  package static let elastic = Augmentation.Kind(
    name: "elastic", doc: "Bends patches by displacements of control points, in world units.", defaults: [("spacing", 0), ("displacement", 0), ("rotation", 0)]
  ) { v, probability throws(TrainingError) in try .elastic(spacing: v[0], displacement: v[1], rotation: v[2], probability: probability) }
}
