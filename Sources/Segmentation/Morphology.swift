// Erosion, dilation, opening and closing, with a box or a ball.
//
// box   least or greatest value of the window, axis after axis; any dtype, so grey values too. Wide ones of integers cost no more than narrow ones (WideBox.swift).
// ball  all voxels whose centres lie within the radius; masks only; may be anisotropic. Small ones in bits (Ball.swift), large ones by the exact distance transform.
// What lies outside the array takes no part: it neither erodes nor dilates (as scipy's binary_erosion with border_value=1, binary_dilation with 0), so an object cut
// by the edge of the array is treated as if it went on.
// Checked against plain twins and scipy (Tests/Fixtures/segmentation).

import Arrays
import CKernels
import Execution

package enum StructuringElement: Sendable, Equatable {
  /// Voxels to each side, one number an axis: a window of 2 · radius + 1.
  case box(radius: [Int])
  /// In units of `voxelSize` (one length an axis).
  case ball(radius: Double, voxelSize: [Double])
}

/// The least value under the element; for a mask, voxels whose whole neighbourhood is foreground.
///
/// - Parameter function: that the user called; so for all below.
/// - Returns: the input's dtype for a box; bool for a ball.
/// - Throws: `SegmentationError.rank`, `.dtype`, `.parameter`; `ArrayError.overBudget`; `Cancelled`.
package func erode(_ values: NDArray, _ element: StructuringElement, for function: String = "erode", _ context: ExecutionContext) throws -> NDArray {
  try morph(values, element, greatest: false, function, context)
}

/// The greatest value under the element; for a mask, voxels with any foreground in their neighbourhood.
package func dilate(_ values: NDArray, _ element: StructuringElement, for function: String = "dilate", _ context: ExecutionContext) throws -> NDArray {
  try morph(values, element, greatest: true, function, context)
}

/// Erosion, then dilation: removes what the element does not fit into.
package func opening(_ values: NDArray, _ element: StructuringElement, _ context: ExecutionContext) throws -> NDArray {
  try dilate(erode(values, element, for: "opening", context), element, for: "opening", context)
}

/// Dilation, then erosion: closes gaps that the element does not fit into.
package func closing(_ values: NDArray, _ element: StructuringElement, _ context: ExecutionContext) throws -> NDArray {
  try erode(dilate(values, element, for: "closing", context), element, for: "closing", context)
}

private func morph(_ values: NDArray, _ element: StructuringElement, greatest: Bool, _ name: String, _ context: ExecutionContext) throws -> NDArray {
  let box = try Box(values, name)
  switch element {
  case .box(let radius):
    let radii = try box.perAxis(radius, missing: 0, "radius", name)
    guard radii.allSatisfy({ (0...1 << 14).contains($0) }) else { throw SegmentationError.parameter(function: name, name: "radius", expected: "from 0 to \(1 << 14) voxels", found: "\(radius)") }
    return try boxMorph(values.contiguous(), box, radii, greatest: greatest, context)
  case .ball(let radius, let voxelSize):
    guard radius.isFinite, radius >= 0 else { throw SegmentationError.parameter(function: name, name: "radius", expected: "0 or more", found: "\(radius)") }
    try checkDiscrete(name, values)
    // roots of integer squares are correctly rounded, so the tolerance only forgives radii such as 1.41421
    let reach = radius * (1 + 1e-6), sizes = try box.perAxis(voxelSize, missing: 1, "voxel size", name)
    try checkVoxelSize(name, sizes)
    if let ball = Ball(reach, sizes, box) { return try ball.erode(values, box, background: greatest, context) }
    if !greatest { return try threshold(distanceTransform(values, voxelSize: voxelSize, context), above: reach, context) }
    return try invert(threshold(distanceTransform(isBackground(values, context), voxelSize: voxelSize, context), above: reach, context))
  }
}

private func boxMorph(_ values: NDArray, _ box: Box, _ radius: [Int], greatest: Bool, _ context: ExecutionContext) throws -> NDArray {
  var out = try result(values.dtype, values.shape, context)
  if box.isEmpty { return out }
  // floats are looked at one by one whatever the radius, so that NaN and −0 come out the same however blocks are cut
  let isWide = radius.reduce(0, +) > 12 && !values.dtype.isFloat
  try out.withMutableBytes { out in
    try values.withBytes { source in
      guard let out = out.baseAddress, let source = source.baseAddress else { return }
      if isWide { return try WideBox(box: box, dtype: values.dtype, greatest: greatest).run(radius, source, out, context) }
      try Separable(box, radius: radius, size: values.dtype.size, outside: .nearest).run(source, out, context) { _, samples, count, out in
        dcs_seg_extreme_rows(samples, Int64(samples.count), Int64(count), Int32(values.dtype.size), values.dtype.kind, greatest ? 1 : 0, out)
      }
    }
  }
  return out
}

/// Bool: true where a mask is 0.
package func isBackground(_ mask: NDArray, _ context: ExecutionContext) throws -> NDArray {
  let packed = try mask.contiguous()
  var background = try result(.bool, mask.shape, context)
  let parts = chunks(packed.count)
  try background.withMutableBytes { out in
    try packed.withBytes { source in
      try context.forEach(parts.count) { part, _ in
        guard let out = out.baseAddress, let source = source.baseAddress else { return }
        let first = parts[part].lowerBound
        dcs_seg_is_zero(source + first * packed.dtype.size, Int64(parts[part].count), Int32(packed.dtype.size), (out + first).assumingMemoryBound(to: UInt8.self))
      }
    }
  }
  return background
}

private func invert(_ mask: consuming NDArray) -> NDArray {
  var mask = mask
  mask.withMutableElements(Bool.self) { values in for i in values.indices { values[i].toggle() } }
  return mask
}

// MARK: Plain twin

/// The definition: look at every voxel under the element. As doubles; bool as 0 and 1.
package func plainMorph(_ values: NDArray, _ element: StructuringElement, dilating: Bool) throws -> [Double] {
  let box = try Box(values, "erode")
  func doubles<T: Element>(_: T.Type) throws -> [Double] { try values.elements(T.self).map(\.double) }
  let numbers = try doubles(values.dtype.type)
  let covers: (Int, Int, Int) -> Bool
  switch element {
  case .box(let radius):
    let r = try box.perAxis(radius, missing: 0, "radius", "erode")
    covers = { abs($0) <= r[0] && abs($1) <= r[1] && abs($2) <= r[2] }
  case .ball(let radius, let voxelSize):
    let s = try box.perAxis(voxelSize, missing: 1, "voxel size", "erode")
    covers = { (z, y, x) in
      let (dz, dy, dx) = (Double(z) * s[0], Double(y) * s[1], Double(x) * s[2])
      return (dz * dz + dy * dy + dx * dx).squareRoot() <= radius * (1 + 1e-6)
    }
  }
  return numbers.indices.map { voxel in
    let z = voxel / box.plane, y = voxel / box.width % box.height, x = voxel % box.width
    var best = numbers[voxel]
    for qz in 0..<box.depth { for qy in 0..<box.height { for qx in 0..<box.width where covers(qz - z, qy - y, qx - x) {
      let other = numbers[qz * box.plane + qy * box.width + qx]
      best = dilating ? max(best, other) : min(best, other)
    } } }
    return best
  }
}
