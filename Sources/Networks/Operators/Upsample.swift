// Nearest-neighbour upsampling: each voxel becomes a box of fz·fy·fx equal ones.
//
// input [c, z, y, x], output [c, fz z, fy y, fx x]. The gradient of a voxel is the sum over its box.
// Checked against torch.nn.Upsample(mode="nearest").

import Geometry

package struct Upsample: Operator {
  package static let word = "upsample"
  package var factors: Extent

  package init(factors: Extent) throws(NetworkError) {
    guard factors.values.allSatisfy({ (1...32).contains($0) }) else { throw .setting(name: "factors", expected: "1 to 32 along each axis", found: "\(factors)") }
    self.factors = factors
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(factors: try settings.extent("factors")) }
  package var settings: [(String, [Int])] { [("factors", factors.values)] }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try enlarged(inputs[0], factors, axis) }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { try enlarged(inputs[0], factors, axis) }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? { try (try pitch - output) / Rational(2) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.upsample(part, factors: factors, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.upsampleGradient(dy, factors: factors, into: gradient) }
  }
}

func enlarged(_ length: Int, _ factors: Extent, _ axis: Int) throws(Mismatch) -> Int {
  let (length, overflow) = length.multipliedReportingOverflow(by: factors[axis])
  guard !overflow, length <= Network.longestAxis else { throw .tooLong(axis: axis) }
  return length
}

/// Centres move out by half an old voxel less half a new one.
func enlarged(_ input: Placement, _ factors: Extent, _ axis: Int) throws(GeometryError) -> Placement {
  let pitch = try input.pitch / Rational(factors[axis])
  return Placement(origin: try input.origin - (try (try input.pitch - pitch) / Rational(2)), pitch: pitch)
}
