// Bends patches: the points of a lattice are moved by normal displacements, and a smooth field goes through them (gunpowder's ElasticAugment with its
// control points and cubic splines). Spacing and displacement are lengths, so anisotropic data bend as the tissue would, or voxels of each axis: a
// displacement of 0 along the first axis keeps sections what they are.

import Execution

extension Augmentation {
  /// A value an axis (z, y, x), in nm or voxels; one value is for all axes.
  package struct AxisValues: Sendable, Equatable {
    package let values: [Double], inVoxels: Bool
    package init(_ values: [Double], inVoxels: Bool = false) { (self.values, self.inVoxels) = (values, inVoxels) }

    /// nm
    func length(_ axis: Int, _ frame: Warp.Frame) -> Double {
      let fromEnd = values.count == 1 ? 0 : max(0, values.count - 3 + axis)
      return values[min(fromEnd, values.count - 1)] * (inVoxels ? frame.voxelSize[axis] : 1)
    }

    /// "spacing" of one length, else "spacing_z" …, "spacing_in_voxels".
    fileprivate func settings(_ name: String) -> [(key: String, value: Double)] {
      let unit = inVoxels ? [(key: name + "_in_voxels", value: 1.0)] : []
      return values.count == 1 ? [(key: name, value: values[0])] + unit : zip(["z", "y", "x"].suffix(values.count), values).map { (key: "\(name)_\($0)", value: $1) } + unit
    }

    fileprivate init?(_ name: String, _ all: [String: Double]) {
      let axes = ["z", "y", "x"].map { all["\(name)_\($0)"] ?? -1 }, inVoxels = all[name + "_in_voxels"] == 1
      let each = axes.filter { $0 >= 0 || $0.isNaN }
      if !each.isEmpty { self.init(each, inVoxels: inVoxels); return }
      guard let value = all[name], value != 0 else { return nil }
      self.init([value], inVoxels: inVoxels)
    }
  }

  /// - Parameter spacing: between control points; nil: 32 of the smallest voxels.
  /// - Parameter displacement: standard deviation along each axis; nil: an eighth of the spacing.
  /// - Parameter rotation: degrees, as `rotate(angle:)`; 0: none.
  package static func elastic(spacing: AxisValues? = nil, displacement: AxisValues? = nil, rotation: Double = 0, probability: Double = 1) throws(TrainingError) -> Augmentation {
    for value in spacing?.values ?? [] where !(value > 0 && value.isFinite) { throw .settings(name: "spacing", expected: "a length above 0", found: "\(value)") }
    for value in displacement?.values ?? [] where !(value >= 0 && value.isFinite) { throw .settings(name: "displacement", expected: "a length of 0 or more", found: "\(value)") }
    guard rotation >= 0, rotation <= 180 else { throw .settings(name: "rotation", expected: "from 0 to 180 degrees", found: "\(rotation)") }
    let settings = (spacing ?? AxisValues([0])).settings("spacing") + (displacement ?? AxisValues([0])).settings("displacement") + [(key: "rotation", value: rotation)]
    return Augmentation("elastic", settings: settings, probability: probability, warp: { warp, frame, random in
      let axes = (3 - frame.rank)..<3, finest = axes.map { frame.voxelSize[$0] }.min() ?? 1
      // one cell more than the patch on either side, so that each place lies between control points
      var points = [1, 1, 1], steps = [1.0, 1, 1], deviations = [0.0, 0, 0]
      for axis in axes {
        steps[axis] = spacing?.length(axis, frame) ?? 32 * finest
        deviations[axis] = displacement?.length(axis, frame) ?? steps[axis] / 8
        points[axis] = 4 + Int(min(1e6, (frame.extent[axis] / steps[axis]).rounded(.up)))
      }
      let size = points.reduce(1, *)
      guard size <= 1 << 22 else { throw TrainingError.settings(name: "spacing", expected: "at most 4 million control points in a patch", found: "\(size)") }
      var shifts = [Float](repeating: 0, count: 3 * size)
      for axis in axes { for point in 0..<size { shifts[axis * size + point] = Float(deviations[axis] * random.normal()) } }
      warp.fields.append(Warp.Field(points: points, spacing: steps, shifts: shifts))
      if rotation > 0 { warp.turn(by: turn(angle: rotation, plane: false, frame, &random)) }
    })
  }
}

extension Augmentation.Kind {
  private static let axisKeys = ["spacing", "displacement"].flatMap { name in ["z", "y", "x"].map { (key: "\(name)_\($0)", value: -1.0) } + [(key: name + "_in_voxels", value: 0.0)] }

  package static let elastic = Augmentation.Kind(
    name: "elastic", doc: "Bends patches by displacements of control points, in world units or voxels.", defaults: [("spacing", 0), ("displacement", 0), ("rotation", 0)] + axisKeys
  ) { v, probability throws(TrainingError) in
    let all = Dictionary(zip(["spacing", "displacement", "rotation"] + axisKeys.map(\.key), v)) { $1 }
    for (key, value) in all where key.hasSuffix("_in_voxels") && value != 0 && value != 1 { throw .settings(name: key, expected: "0 or 1", found: "\(value)") }
    for (key, value) in all where !key.hasSuffix("_in_voxels") && !(value >= 0 || (value == -1 && key.contains("_"))) { throw .settings(name: key, expected: "0 or more", found: "\(value)") }
    return try .elastic(spacing: .init("spacing", all), displacement: .init("displacement", all), rotation: v[2], probability: probability)
  }
}
