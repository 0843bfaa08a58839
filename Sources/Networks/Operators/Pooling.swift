// Pooling over windows that do not overlap.
//
// input   [c, z, y, x], each length a multiple of its factor (as DaCapo demands: else translations would not commute)
// output  [c, z / fz, y / fy, x / fx]: the maximum (first of equals), or the mean
// The gradient of a maximum goes to the voxel that was chosen; the mean's is shared out.
// Checked against torch.nn.MaxPool3d, AvgPool3d.

import Geometry

package struct Pooling: PicksElements {
  package static let word = "max_pool"
  package var factors: Extent
  package var masksRelu = false

  package init(factors: Extent) throws(NetworkError) { self.factors = try poolingFactors(factors) }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(factors: try settings.extent("factors")) }
  package var settings: [(String, [Int])] { [("factors", factors.values)] }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try pooled(inputs[0], factors, axis) }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { try pooled(inputs[0], factors, axis) }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try pitch * Rational(Int128(factors[axis] - 1), over: 2) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(factors.count) * Double(channels) * Double(extent.count) }

  package func workspace(_ inputs: [[TensorView]], _ output: TensorView, training: Bool, inputWanted: Bool, backend: any Backend) -> Workspace {
    Workspace(saved: training ? (output.channels * output.extent.count + 1) / 2 : 0, masksFirst: masksRelu)
  }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, first in
      call.backend.maxPool(part, factors: factors, into: output, chosen: call.training ? chosen(call.saved, output, first) : nil)
    }
  }

  package func backward(_ call: BackwardCall) {
    guard let gradients = call.inputGradients[0] else { return }
    var first = 0
    for gradient in gradients {
      let dy = call.outputGradient.channelRange(first, gradient.view.channels)
      call.backend.maxPoolGradient(dy, factors: factors, chosen: chosen(call.saved, dy, first), into: gradient)
      first += gradient.view.channels
    }
  }

  /// Positions are 16-bit, two a float; a range of channels begins at an element, so places are counted in elements there.
  private func chosen(_ saved: StoragePlace, _ output: TensorView, _ first: Int) -> StoragePlace {
    StoragePlace(storage: saved.storage, offset: saved.offset, halves: first * output.extent.count)
  }
}

package struct MeanPooling: Operator {
  package static let word = "avg_pool"
  package var factors: Extent

  package init(factors: Extent) throws(NetworkError) { self.factors = try poolingFactors(factors) }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(factors: try settings.extent("factors")) }
  package var settings: [(String, [Int])] { [("factors", factors.values)] }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try pooled(inputs[0], factors, axis) }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { try pooled(inputs[0], factors, axis) }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try pitch * Rational(Int128(factors[axis] - 1), over: 2) }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { Double(factors.count) * Double(channels) * Double(extent.count) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.meanPool(part, factors: factors, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.meanPoolGradient(dy, factors: factors, into: gradient) }
  }
}

private func poolingFactors(_ factors: Extent) throws(NetworkError) -> Extent {
  guard factors.values.allSatisfy({ (1...32).contains($0) }) else { throw .setting(name: "factors", expected: "1 to 32 along each axis", found: "\(factors)") }
  return factors
}

private func pooled(_ length: Int, _ factors: Extent, _ axis: Int) throws(Mismatch) -> Int {
  guard length % factors[axis] == 0 else { throw .indivisible(axis: axis, length: length, factor: factors[axis]) }
  return length / factors[axis]
}

/// Centres of windows: half a window, less half a voxel, further in.
private func pooled(_ input: Placement, _ factors: Extent, _ axis: Int) throws(GeometryError) -> Placement {
  let shift = try input.pitch * Rational(Int128(factors[axis] - 1), over: 2)
  return Placement(origin: try input.origin + shift, pitch: try input.pitch * Rational(factors[axis]))
}
