// Linear upsampling (bilinear, trilinear): values between the centres of neighbouring voxels, in proportion.
//
// input [c, z, y, x], output [c, fz z, fy y, fx x]
// corners  false: boxes coincide, and what lies beyond the outermost centre has its value (align_corners=False of torch.nn.Upsample);
//          true: the outermost centres coincide, so that places depend on the input's length, and shifts of the input do not shift the output
// Checked against torch.nn.Upsample: Tests/Fixtures/networks.

import Geometry

package struct LinearUpsample: Operator {
  package static let word = "upsample_linear"
  package var factors: Extent
  package var corners: Bool

  package init(factors: Extent, corners: Bool = false) throws(NetworkError) {
    guard factors.values.allSatisfy({ (1...32).contains($0) }) else { throw .setting(name: "factors", expected: "1 to 32 along each axis", found: "\(factors)") }
    (self.factors, self.corners) = (factors, corners)
  }
  package init(settings: [String: [Int]]) throws(NetworkError) { try self.init(factors: try settings.extent("factors"), corners: settings["corners"] == [1]) }
  package var settings: [(String, [Int])] { [("factors", factors.values)] + (corners ? [("corners", [1])] : []) }
  package var summary: String { "upsample \(factors) linear" }

  package func length(_ inputs: [Int], axis: Int) throws(Mismatch) -> Int { try enlarged(inputs[0], factors, axis) }
  package func place(_ inputs: [Placement], lengths: [Int], output: Int, axis: Int) throws(GeometryError) -> Placement { try enlarged(inputs[0], factors, axis) }
  package func reach(pitch: Rational, output: Rational, axis: Int) throws(GeometryError) -> Rational? {
    if factors[axis] == 1 { return .zero }
    return corners ? nil : try pitch - (try output / Rational(2))
  }
  package var inventsBorder: Bool { factors != .one }
  package func work(_ inputs: [Int], _ channels: Int, _ extent: Extent) -> Double { 21 * Double(channels) * Double(extent.count) }

  package func forward(_ call: ForwardCall) {
    forEachPart(call.inputs[0], call.output) { part, output, _ in call.backend.upsampleLinear(part, factors: factors, corners: corners, into: output) }
  }

  package func backward(_ call: BackwardCall) {
    forEachGradient(call) { dy, gradient in call.backend.upsampleLinearGradient(dy, factors: factors, corners: corners, into: gradient) }
  }
}
