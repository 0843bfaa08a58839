// Crops are views: nothing is copied. What they cut off gets no gradient.
//
// CropLike      x cut about its centre to the lengths of another tensor: offset (a − b) / 2, rounded down, as DaCapo crops skips.
// CropToFactor  x cut about its centre so that (length − Σ(k − 1)) is the largest multiple of `factor`, k over the kernels of the
//               convolutions that follow: then a shift of the input by `factor` shifts the output alike (Funke's crop_to_factor).

import Geometry

package struct CropLike: Operator {
  package static let word = "crop"
  package init() {}
  package init(settings: [String: [Int]]) throws(NetworkError) {}
  /// The tensor to cut, the tensor that says the size.
  package var inputCount: ClosedRange<Int> { 2...2 }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    guard inputs[1] <= inputs[0] else { throw .cropGrows(axis: axis, length: inputs[0], to: inputs[1]) }
    return inputs[1]
  }

  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    try cropped(inputs[0], from: lengths[0], to: output)
  }

  package var isView: Bool { true }
  package func views(_ inputs: [[TensorView]]) -> [TensorView]? {
    guard let target = inputs[1].first?.extent else { return inputs[0] }
    return inputs[0].map { centred($0, target) }
  }
}

package struct CropToFactor: Operator {
  package static let word = "crop_to_factor"
  package var factor: Extent
  /// Σ(k − 1) of the convolutions that follow.
  package var convolutions: Extent

  package init(factor: Extent, convolutions: Extent) throws(NetworkError) {
    guard factor.values.allSatisfy({ (1...1 << 16).contains($0) }) else { throw .setting(name: "factor", expected: "1 to 65536 along each axis", found: "\(factor)") }
    guard convolutions.values.allSatisfy({ (0...1 << 16).contains($0) }) else { throw .setting(name: "convolutions", expected: "0 to 65536 along each axis", found: "\(convolutions)") }
    (self.factor, self.convolutions) = (factor, convolutions)
  }
  package init(settings: [String: [Int]]) throws(NetworkError) {
    try self.init(factor: try settings.extent("factor"), convolutions: try settings.extent("convolutions"))
  }
  package var settings: [(String, [Int])] { [("factor", factor.values), ("convolutions", convolutions.values)] }
  package var summary: String { "crop to a multiple of \(factor) + \(convolutions)" }

  /// A length that needs no cut passes even if the convolutions lose all of it: with same padding they lose nothing.
  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int {
    let target = cut(inputs[0], axis)
    guard target == inputs[0] || target > convolutions[axis] else { throw .cropEmpty(axis: axis, length: inputs[0], factor: factor[axis], convolutions: convolutions[axis]) }
    return target
  }

  private func cut(_ length: Int, _ axis: Int) -> Int {
    let surplus = (length - convolutions[axis]) % factor[axis]
    return length - (surplus < 0 ? surplus + factor[axis] : surplus)
  }

  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement {
    try cropped(inputs[0], from: lengths[0], to: output)
  }

  package var isView: Bool { true }
  package func views(_ inputs: [[TensorView]]) -> [TensorView]? {
    inputs[0].map { part in
      var target = part.extent
      for axis in 0..<3 { target[axis] = cut(target[axis], axis) }
      return centred(part, target)
    }
  }
}

func centred(_ view: TensorView, _ target: Extent) -> TensorView { view.crop(at: centre(view.extent, target), to: target) }

/// Where the centre of `extent` begins.
func centre(_ extent: Extent, _ target: Extent) -> Extent {
  Extent((extent.z - target.z) / 2, (extent.y - target.y) / 2, (extent.x - target.x) / 2)
}

private func cropped(_ input: Placement, from length: Int, to target: Int) throws(GeometryError) -> Placement {
  Placement(origin: try input.origin + (try input.pitch * Rational((length - target) / 2)), pitch: input.pitch)
}
